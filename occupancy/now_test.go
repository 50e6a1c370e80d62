package occupancy_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/occupancy"
)

func TestNowCountsWhatTheReaderMayKnowOf(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	in := modelstest.At(0, 10, 5)
	storeUse(t, store, w.Ann, w.Seats[0], modelstest.Hours(10, 12), models.BookingCheckedIn, &in)
	storeUse(t, store, w.Bob, w.Seats[1], modelstest.Hours(10, 12), models.BookingConfirmed, nil)
	storeUse(t, store, w.Bob, w.Seats[2], modelstest.Hours(12, 13), models.BookingConfirmed, nil)
	storeUse(t, store, w.Worker, w.OfficeSeat, modelstest.Hours(9, 18), models.BookingConfirmed, nil)
	fake.Set(modelstest.At(0, 11, 0))
	s := occupancy.New(store, fake.Now)
	for _, tt := range []struct {
		who              *models.Member
		colabo, shiojiri occupancy.Counts
	}{
		{w.Ann, occupancy.Counts{Total: 4, Booked: 2, CheckedIn: 1}, occupancy.Counts{}},
		{w.Worker, occupancy.Counts{Total: 4, Booked: 2, CheckedIn: 1}, occupancy.Counts{Total: 1, Booked: 1}},
		{w.Admin, occupancy.Counts{Total: 4, Booked: 2, CheckedIn: 1}, occupancy.Counts{Total: 1, Booked: 1}},
	} {
		sites, err := s.Now(t.Context(), modelstest.As(t, store, tt.who))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]occupancy.Counts{}
		for _, n := range sites {
			got[n.Site] = n.Seats
		}
		if diff := cmp.Diff(map[string]occupancy.Counts{"colabo": tt.colabo, "shiojiri": tt.shiojiri}, got); diff != "" {
			t.Errorf("%s counts (-want +got):\n%s", tt.who.Email, diff)
		}
	}
	if _, err := s.Now(t.Context(), models.Principal{}); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("a stranger got %v, want ErrForbidden", err)
	}
}

func TestPresenceIsTheEvacuationList(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	now := modelstest.At(0, 15, 0)
	fake.Set(now)
	subject := func(m *models.Member) string {
		t.Helper()
		s, err := store.SubjectOf(t.Context(), m.ID, now)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	aki := &models.Member{Email: "aki@kyoten.example", Name: "秋", Kana: "あき", Role: models.RoleMember}
	inoue := &models.Member{Email: "inoue@kyoten.example", Name: "井上", Kana: "イノウエ", Role: models.RoleMember}
	hana := &models.Member{Email: "hana@kyoten.example", Name: "花", Kana: "はな", Role: models.RoleMember}
	for _, m := range []*models.Member{hana, inoue, aki} {
		if err := store.InsertMember(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	closed := func(ago time.Duration) *int64 {
		ms := now.Add(-ago).UnixMilli()
		return &ms
	}
	zone, since := w.Entrance["colabo"], modelstest.At(0, 9, 0)
	err := store.PutPresences(t.Context(), []models.Presence{
		{Subject: subject(w.Ann), Site: "colabo", ZoneID: zone, SinceMS: since.UnixMilli()},
		{Subject: subject(w.Bob), Site: "colabo", ZoneID: zone, SinceMS: since.UnixMilli(), ClosedMS: closed(11 * time.Hour)},
		{Subject: subject(hana), Site: "colabo", ZoneID: zone, SinceMS: since.UnixMilli()},
		{Subject: subject(inoue), Site: "colabo", ZoneID: zone, SinceMS: since.UnixMilli()},
		{Subject: subject(aki), Site: "colabo", ZoneID: zone, SinceMS: since.UnixMilli()},
		{Subject: subject(w.Worker), Site: "colabo", ZoneID: zone, SinceMS: since.UnixMilli(), ClosedMS: closed(13 * time.Hour)},
		{Subject: subject(w.Manager), Site: "shiojiri", ZoneID: w.Office, SinceMS: since.UnixMilli()},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := occupancy.New(store, fake.Now)
	got, err := s.Presence(t.Context(), modelstest.As(t, store, w.Desk), "colabo")
	if err != nil {
		t.Fatal(err)
	}
	unconfirmed := map[string]bool{}
	var names []string
	for _, p := range got {
		unconfirmed[p.Name] = p.Unconfirmed
		names = append(names, p.Name)
		if !p.Since.Equal(since) || p.ZoneID != zone {
			t.Errorf("%s since %v in zone %d", p.Name, p.Since, p.ZoneID)
		}
	}
	if diff := cmp.Diff(map[string]bool{w.Ann.Name: false, w.Bob.Name: true, aki.Name: false, inoue.Name: false, hana.Name: false}, unconfirmed); diff != "" {
		t.Errorf("who is on the list (-want +got):\n%s", diff)
	}
	if want := []string{w.Bob.Name, aki.Name, inoue.Name, hana.Name, w.Ann.Name}; !slices.Equal(names, want) {
		t.Errorf("the list is sorted as %s, want %s: by reading, in either kana", names, want)
	}
	for _, m := range []*models.Member{w.Ann, w.Manager} {
		if _, err := s.Presence(t.Context(), modelstest.As(t, store, m), "colabo"); !errors.Is(err, models.ErrForbidden) {
			t.Errorf("%s read it: %v", m.Role, err)
		}
	}
	if _, err := s.Presence(t.Context(), modelstest.As(t, store, w.Desk), "shiojiri"); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("the desk of another site read it: %v", err)
	}
	heads, err := store.HeadCounts(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	if got := heads["colabo"]; got.Inside != 4 || got.Unconfirmed != 1 {
		t.Errorf("heads = %+v, want 4 inside, 1 unconfirmed", got)
	}
	if head, err := store.SealAudit(t.Context(), 100); err != nil || head == 0 {
		t.Errorf("the reading left no trace: %d rows (%v)", head, err)
	}
}
