package models_test

import (
	"errors"
	"fmt"
	"testing"

	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// sealedLog writes and seals ten entries and returns the head.
func sealedLog(t *testing.T, store *models.Store) models.AuditHead {
	t.Helper()
	for i := range 10 {
		if err := store.Audit(t.Context(), models.System, "test.write", "row", fmt.Sprint(i), "", map[string]int{"n": i}); err != nil {
			t.Fatal(err)
		}
	}
	for want := 4; want > 0; {
		n, err := store.SealAudit(t.Context(), 4)
		if err != nil {
			t.Fatal(err)
		}
		want = n
	}
	head, err := store.VerifyAudit(t.Context(), models.AuditHead{})
	if err != nil || head.Seq != 10 {
		t.Fatalf("head %d (%v), want 10", head.Seq, err)
	}
	return head
}

func TestTheVerifierFindsEveryKindOfTampering(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sql string
		seq int64
	}{
		"a changed row":    {`UPDATE audit SET actor = 'member:nobody' WHERE seq = 4`, 4},
		"a changed time":   {`UPDATE audit SET at = (SELECT min(created_at) FROM plans) WHERE seq = 4`, 4},
		"a deleted row":    {`DELETE FROM audit WHERE seq = 4`, 4},
		"a first row gone": {`DELETE FROM audit WHERE seq = 1`, 1},
		"two rows swapped": {`UPDATE audit SET seq = CASE seq WHEN 4 THEN 105 ELSE 104 END WHERE seq IN (4, 5);
			UPDATE audit SET seq = seq - 100 WHERE seq > 100`, 4},
		"a row put in": {`UPDATE audit SET seq = seq + 100 WHERE seq >= 4; UPDATE audit SET seq = seq - 99 WHERE seq > 100;
			INSERT INTO audit (id, at, actor, action, entity, entity_id, data, seq, prev_hash, hash)
			SELECT '00000000-0000-4000-8000-000000000001', at, actor, action, entity, entity_id, data, 4, prev_hash, hash FROM audit WHERE seq = 5`, 4},
		"the end cut off": {`DELETE FROM audit WHERE seq > 7`, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, fake := modelstest.Open(t)
			modelstest.NewWorld(t, store)
			fake.Advance(1e9)
			kept := sealedLog(t, store)
			db, err := store.SQL()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), tt.sql); err != nil {
				t.Fatal(err)
			}
			_, err = store.VerifyAudit(t.Context(), kept)
			if !errors.Is(err, models.ErrAuditBroken) {
				t.Fatalf("got %v, want ErrAuditBroken", err)
			}
			f, _ := errors.AsType[*fault.Fault](err)
			if got := f.Data["seq"]; got != tt.seq {
				t.Errorf("named row %v, want %d", got, tt.seq)
			}
		})
	}
}

func TestErasingPersonalDataKeepsTheChain(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	sealedLog(t, store)
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE audit SET personal = ''`); err != nil {
		t.Fatal(err)
	}
	if _, err := store.VerifyAudit(t.Context(), models.AuditHead{}); err != nil {
		t.Error(err)
	}
}

// BenchmarkSealAudit measures what it costs to give an entry its place, of many
// that wait.
func BenchmarkSealAudit(b *testing.B) {
	store, _ := modelstest.Open(b)
	const lots, lot = 40, 500
	ids, data := make([]string, lot), make([]any, lot)
	for b.Loop() {
		b.StopTimer()
		for range lots {
			for i := range ids {
				ids[i] = models.NewID().String()
				data[i] = map[string]any{"spaces": ids[:1], "starts_at": modelstest.Monday}
			}
			if err := store.AuditEach(b.Context(), models.System, "booking.create", "booking", ids, data); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		for range lots {
			if n, err := store.SealAudit(b.Context(), lot); err != nil || n != lot {
				b.Fatalf("%d sealed (%v), want %d", n, err, lot)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*lots*lot), "us/entry")
}
