package notify_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"kyoten/access"
	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/notify"
)

// signing remembers the passes whose codes went with mails.
type signing struct {
	*access.Service
	signed []models.Pass
}

func (s *signing) StaticCode(ctx context.Context, p models.Pass) (string, error) {
	s.signed = append(s.signed, p)
	return s.Service.StaticCode(ctx, p)
}

// attached forgets them and returns their ids.
func (s *signing) attached() (ids []string) {
	for _, p := range s.signed {
		ids = append(ids, p.ID)
	}
	s.signed = nil
	return ids
}

// TestAMailBringsTheCodeThatOpensNow: no door takes a code of the company that its
// holder has left, and nobody who was sent one looks at a page first.
func TestAMailBringsTheCodeThatOpensNow(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	keys, err := access.OpenKeys(t.Context(), store, access.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	codes := &signing{Service: access.New(store, fake.Now, keys)}
	box, server := serveSMTP(t)
	s := notify.New(notify.Config{
		Store: store, Now: fake.Now, Sender: server, Codes: codes, From: "Kyoten <kyoten@kyoten.example>", URL: "https://kyoten.example",
		Log: slog.New(slog.DiscardHandler),
	})
	b := confirm(t, store, w)
	about := models.BookingNotice{Reference: b.Reference}
	mailed := func(kind models.NoticeKind) []string {
		t.Helper()
		if err := store.TellOrganizer(t.Context(), kind, &b, w.Ann, about); err != nil {
			t.Fatal(err)
		}
		deliver(t, s, 1)
		ids := codes.attached()
		mails := box.received()
		if pictures := strings.Count(mails[len(mails)-1], "Content-Type: image/png"); pictures != len(ids) {
			t.Errorf("%s: %d pictures of %d codes", kind, pictures, len(ids))
		}
		return ids
	}
	mustDo := func(do func(*models.Store, *models.Catalogue) error) {
		t.Helper()
		err := store.InTx(t.Context(), func(tx *models.Store) error {
			c, err := tx.Catalogue(t.Context())
			if err != nil {
				return err
			}
			return do(tx, c)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	deliver(t, s, 1) // has no code yet
	b.Guests = []models.Guest{{Name: "Carol", Email: "carol@example.com"}}
	mustDo(func(tx *models.Store, c *models.Catalogue) error {
		if err := tx.InsertGuest(t.Context(), b.ID, &b.Guests[0]); err != nil {
			return err
		}
		return tx.InsertBookingPasses(t.Context(), c, &b, w.Ann)
	})
	first := mailed(models.NoticeReminder)
	if len(first) != 1 {
		t.Fatalf("%d codes came with the reminder, want 1", len(first))
	}
	if again := mailed(models.NoticeChanged); !slices.Equal(again, first) {
		t.Errorf("another code without a reason: %v after %v", again, first)
	}

	mustDo(func(tx *models.Store, _ *models.Catalogue) error {
		w.Ann.CompanyID = &w.Acme.ID
		return tx.UpdateMember(t.Context(), w.Ann, nil)
	})
	for _, kind := range []models.NoticeKind{models.NoticeReminder, models.NoticeConfirmed} {
		got := mailed(kind)
		if len(got) != 1 || got[0] == first[0] {
			t.Fatalf("%s: codes %v after %v, want one of the new company", kind, got, first)
		}
		if p, err := store.Pass(t.Context(), got[0]); err != nil || p.CompanyID != w.Acme.ID || p.RevokedAt != nil {
			t.Errorf("%s: the code is of company %d, revoked %v (%v)", kind, p.CompanyID, p.RevokedAt, err)
		}
	}

	if err := store.TellGuests(t.Context(), models.NoticeGuestChanged, &b, w.Ann, about); err != nil {
		t.Fatal(err)
	}
	deliver(t, s, 1)
	if got := codes.attached(); len(got) != 1 {
		t.Errorf("%d codes came with the guest's mail, want 1", len(got))
	} else if p, err := store.Pass(t.Context(), got[0]); err != nil || p.GuestID == nil || *p.GuestID != b.Guests[0].ID {
		t.Errorf("the guest got the code of somebody else: %+v (%v)", p, err)
	}

	mustDo(func(tx *models.Store, _ *models.Catalogue) error { return tx.RevokeBookingPasses(t.Context(), b.ID) })
	if got := mailed(models.NoticeReminder); len(got) != 0 {
		t.Errorf("%d codes came after they were taken back", len(got))
	}
}
