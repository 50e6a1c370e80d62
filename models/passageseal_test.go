package models_test

import (
	"errors"
	"fmt"
	"testing"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// sealedPassages stores and seals ten passages in lots of four.
func sealedPassages(t *testing.T) *models.Store {
	t.Helper()
	store, _ := modelstest.Open(t)
	var rows []models.Passage
	for i := range 10 {
		rows = append(rows, models.Passage{
			ID: fmt.Sprintf("%032x", i), Site: "colabo", Direction: "entry", Decision: "allow", Reason: "granted", Opened: true,
			Subject: "0123456789abcdef", AtMS: modelstest.Monday.UnixMilli(), ClockState: "trusted", Online: true, Flags: models.Strings{},
		})
	}
	if err := store.InsertPassages(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{4, 4, 2, 0} {
		if n, err := store.SealPassages(t.Context(), 4); err != nil || n != want {
			t.Fatalf("sealed %d (%v), want %d", n, err, want)
		}
	}
	if _, err := store.SealAudit(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if n, err := store.VerifyPassages(t.Context()); err != nil || n != 10 {
		t.Fatalf("verified %d passages (%v), want 10", n, err)
	}
	return store
}

func TestAChangedPassageShows(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sql   string
		shows bool
	}{
		"another reason":       {"UPDATE passages SET reason = 'expired' WHERE id LIKE '%5'", true},
		"another person":       {"UPDATE passages SET subject = '1123456789abcdef' WHERE id LIKE '%5'", true},
		"taken away":           {"DELETE FROM passages WHERE id LIKE '%9'", true},
		"moved between lots":   {"UPDATE passages SET seal = 1 WHERE id LIKE '%9'", true},
		"unsealed":             {"UPDATE passages SET seal = NULL WHERE id LIKE '%9'", true},
		"words of staff gone":  {"UPDATE passages SET reason_text = ''", false},
		"the person forgotten": {"DELETE FROM subjects", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := sealedPassages(t)
			db, err := store.SQL()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), tt.sql); err != nil {
				t.Fatal(err)
			}
			if _, err := store.VerifyPassages(t.Context()); errors.Is(err, models.ErrAuditBroken) != tt.shows {
				t.Errorf("verify: %v, want a broken log: %t", err, tt.shows)
			}
		})
	}
}
