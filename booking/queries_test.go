package booking_test

import (
	"fmt"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestTheNumberOfQueriesDoesNotGrow counts the statements of each operation on
// little and on much of what it works on.
func TestTheNumberOfQueriesDoesNotGrow(t *testing.T) {
	t.Parallel()
	store, fake, count := modelstest.Counting(t)
	h := houseOn(t, store, fake)
	h.exec(t, "UPDATE plan_rules SET horizon_days = 400, max_open = 0, max_minutes = 0")
	rooms := h.moreRooms(t, 30)
	ann := h.as(h.Ann)
	if _, err := store.Catalogue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.svc.Reserve(t.Context(), ann, request(shifted(24), rooms[0])); err != nil { // from here on she has a handle in codes
		t.Fatal(err)
	}
	var series [2]models.ID
	h.sameCount(t, "reserve", count, 2, 25, func(i, n int) error {
		_, err := h.svc.Reserve(t.Context(), ann, request(shifted(21+i), rooms[:n]...))
		return err
	})
	look := func(i int) error {
		_, err := h.svc.Availability(t.Context(), ann, booking.Question{Site: []string{"shiojiri", "colabo"}[i], StartsAt: shifted(21).StartsAt, EndsAt: shifted(21).EndsAt})
		return err
	}
	// What is held is read at the first look, and then only what has changed since,
	// which is asked again while transactions go on elsewhere on the server.
	settled := func(site int) (fewest int) {
		for try := range 6 {
			_ = count()
			if err := look(site); err != nil {
				t.Fatal(err)
			}
			if n := count(); try == 0 || n < fewest {
				fewest = n
			}
		}
		return fewest
	}
	if little, much := settled(0), settled(1); little != much || little == 0 {
		t.Errorf("availability takes %d statements for 2 spaces and %d for 25, want the same", little, much)
	}
	h.sameCount(t, "series", count, 3, 38, func(i, n int) error {
		req := repeat(fmt.Sprintf("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=%d", n), shifted(28), rooms[i])
		req.OnConflict = booking.OnConflictSkip
		r, err := h.svc.ReserveSeries(t.Context(), ann, req)
		series[i] = r.ID
		return err
	})
	h.sameCount(t, "list", count, 3, 60, func(_, n int) error {
		_, _, err := h.svc.List(t.Context(), ann, booking.Filter{Page: models.Page{Limit: n}})
		return err
	})
	h.sameCount(t, "read series", count, 0, 1, func(i, _ int) error {
		_, err := h.svc.Series(t.Context(), ann, series[i])
		return err
	})
	start := modelstest.At(28, 13, 0)
	end := modelstest.At(28, 14, 0)
	h.sameCount(t, "move series", count, 0, 1, func(i, _ int) error {
		_, err := h.svc.RescheduleSeries(t.Context(), ann, series[i], booking.SeriesChange{
			Change: booking.Change{StartsAt: &start, EndsAt: &end}, OnConflict: booking.OnConflictSkip,
		})
		return err
	})
	h.sameCount(t, "cancel series", count, 0, 1, func(i, _ int) error {
		_, err := h.svc.CancelSeries(t.Context(), ann, series[i], nil)
		return err
	})
}

// TestWebhooksCostNothingWhereNobodyIsToBeTold counts the statements of what many
// people do, without any webhook and with one that is about something else.
func TestWebhooksCostNothingWhereNobodyIsToBeTold(t *testing.T) {
	t.Parallel()
	store, fake, count := modelstest.Counting(t)
	h := houseOn(t, store, fake)
	ann := h.as(h.Ann)
	var took []int
	for i, hook := range []bool{false, true} {
		if hook {
			w := models.Webhook{ID: models.NewID(), URL: "https://hooks.example/", Events: models.Strings{"gate.silent"}, Enabled: true}
			if err := store.InsertWebhook(t.Context(), &w); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := store.Catalogue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Reserve(t.Context(), ann, request(shifted(7*i+1), h.Seats[0])); err != nil { // from here on she has a handle in codes
			t.Fatal(err)
		}
		_ = count()
		r, err := h.svc.Reserve(t.Context(), ann, request(shifted(7*i+2), h.Seats[0]))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Cancel(t.Context(), ann, r.ID); err != nil {
			t.Fatal(err)
		}
		took = append(took, count())
	}
	if took[0] != took[1] || took[0] == 0 {
		t.Errorf("%d statements without webhooks, %d with one that does not hear", took[0], took[1])
	}
}

// shifted is an hour in the morning of a day after Monday.
func shifted(day int) models.Period {
	return models.Period{StartsAt: modelstest.At(day, 10, 0), EndsAt: modelstest.At(day, 11, 0)}
}

// sameCount does something on little and on much and compares how many statements
// that took.
func (h *house) sameCount(t *testing.T, what string, count func() int, little, much int, do func(i, n int) error) {
	t.Helper()
	var took [2]int
	for i, n := range []int{little, much} {
		_ = count()
		if err := do(i, n); err != nil {
			t.Fatalf("%s of %d: %v", what, n, err)
		}
		took[i] = count()
	}
	t.Logf("%s: %d statements", what, took[0])
	if took[0] != took[1] || took[0] == 0 {
		t.Errorf("%s takes %d statements for %d and %d for %d, want the same", what, took[0], little, took[1], much)
	}
}
