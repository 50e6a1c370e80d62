package models_test

import (
	"strings"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestTheHeadOfTheLogIsMailedOnceAWeek(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	mailed := func() (texts []string) {
		t.Helper()
		if err := store.MailAuditHead(t.Context(), 7*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		db, err := store.SQL()
		if err != nil {
			t.Fatal(err)
		}
		rows, err := db.QueryContext(t.Context(), "SELECT recipient, payload FROM outbox WHERE kind = 'audit_head'")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var recipient, payload string
			if err := rows.Scan(&recipient, &payload); err != nil {
				t.Fatal(err)
			}
			if recipient != w.Admin.Email {
				t.Errorf("mailed to %s, want the administrator alone", recipient)
			}
			texts = append(texts, payload)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return texts
	}
	if got := mailed(); len(got) != 0 {
		t.Errorf("an empty log was mailed: %v", got)
	}
	head := sealedLog(t, store)
	for range 2 {
		if got := mailed(); len(got) != 1 || !strings.Contains(got[0], head.String()) {
			t.Fatalf("mailed %v, want %s once", got, head)
		}
	}
	fake.Advance(8 * 24 * time.Hour)
	if got := mailed(); len(got) != 2 {
		t.Errorf("after a week %d mails, want 2", len(got))
	}
	if _, err := store.VerifyAudit(t.Context(), models.AuditHead{}); err != nil {
		t.Error(err)
	}
}
