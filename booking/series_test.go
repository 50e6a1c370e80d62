package booking_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// repeat asks for a period again and again.
func repeat(rule string, p models.Period, spaces ...models.Space) booking.SeriesRequest {
	return booking.SeriesRequest{Request: request(p, spaces...), Rule: rule}
}

func (h *house) mustRepeat(t *testing.T, who *models.Member, req booking.SeriesRequest) booking.SeriesRecord {
	t.Helper()
	r, err := h.svc.ReserveSeries(t.Context(), h.as(who), req)
	if err != nil {
		t.Fatalf("reserve series: %v", err)
	}
	return r
}

// starts are the starts of bookings, those of them that hold.
func starts(rows []booking.Record) []time.Time {
	var out []time.Time
	for _, r := range rows {
		if r.Status.Holds() {
			out = append(out, r.StartsAt)
		}
	}
	return out
}

// days returns the instants at which clocks show an hour on some days after
// Monday.
func days(hour int, on ...int) []time.Time {
	var out []time.Time
	for _, day := range on {
		out = append(out, modelstest.At(day, hour, 0))
	}
	return out
}

func wantStarts(t *testing.T, rows []booking.Record, want []time.Time) {
	t.Helper()
	if got := starts(rows); !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("bookings at %v, want %v", got, want)
	}
}

func TestASeriesIsBookingsThatBelongTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	req := repeat("FREQ=WEEKLY;COUNT=3", modelstest.Hours(10, 12), h.Room, h.FarRoom)
	req.Title, req.Guests = "Jour fixe", []booking.Invitation{{Name: "Gus", Email: "gus@example.com"}}
	r := h.mustRepeat(t, h.Ann, req)
	wantStarts(t, r.Bookings, days(10, 0, 7, 14))
	read, err := h.svc.Series(t.Context(), h.as(h.Ann), r.ID)
	if err != nil || len(read.Bookings) != 3 || read.Rule != "FREQ=WEEKLY;COUNT=3" {
		t.Fatalf("read %+v, %v", read, err)
	}
	for _, b := range read.Bookings {
		passes, err := h.store.BookingPasses(t.Context(), b.ID)
		if err != nil || len(passes) != 4 || *b.SeriesID != r.ID || b.Title != "Jour fixe" || len(b.Guests) != 1 {
			t.Errorf("occurrence %+v has %d passes (%v), want one for each person and site", b.Booking, len(passes), err)
		}
	}
	for kind, want := range map[string]int{"series_confirmed": 1, "guest_series_invited": 1, "booking_confirmed": 0, "guest_invited": 0} {
		if n := h.count(t, "outbox WHERE kind = '"+kind+"'"); n != want {
			t.Errorf("%d notices %s, want %d", n, kind, want)
		}
	}
	if n := h.audited(t, "booking.create"); n != 3 {
		t.Errorf("%d bookings in the audit log, want 3", n)
	}
	if _, err := h.svc.Series(t.Context(), h.as(h.Bob), r.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("to others the series gives %v, want ErrNotFound", err)
	}
}

func TestAConflictFailsTheSeriesOrIsSkipped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := models.Period{StartsAt: modelstest.At(7, 11, 0), EndsAt: modelstest.At(7, 13, 0)}
	h.mustReserve(t, h.Bob, other, h.Room)
	req := repeat("FREQ=WEEKLY;COUNT=6", modelstest.Hours(10, 12), h.Room) // the sixth is beyond the horizon
	_, err := h.svc.ReserveSeries(t.Context(), h.as(h.Ann), req)
	r := refused(t, err, models.ErrSpaceTaken)
	if r.Occurrence == nil || !r.Occurrence.Equal(modelstest.At(7, 10, 0)) || len(r.Conflicts) != 1 || len(r.Alternatives) == 0 {
		t.Errorf("refused with %+v, want the second week, what is in the way, and what could be", r)
	}
	if n := h.count(t, "series"); n != 0 {
		t.Errorf("%d series stored after a refusal", n)
	}
	req.OnConflict = booking.OnConflictSkip
	got := h.mustRepeat(t, h.Ann, req)
	wantStarts(t, got.Bookings, days(10, 0, 14, 21, 28))
	want := []booking.Skipped{{StartsAt: modelstest.At(7, 10, 0), Code: "space_taken"}, {StartsAt: modelstest.At(35, 10, 0), Code: "too_far_ahead"}}
	if !slices.Equal(got.Skipped, want) {
		t.Errorf("skipped %v, want %v", got.Skipped, want)
	}
}

// TestASeriesOfWhichNothingIsLeftIsRefused: the first refusal is the answer, since
// a series without bookings is nothing.
func TestASeriesOfWhichNothingIsLeftIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mustRepeat(t, h.Bob, repeat("FREQ=DAILY;COUNT=3", modelstest.Hours(10, 12), h.Room))
	req := repeat("FREQ=DAILY;COUNT=3", modelstest.Hours(11, 12), h.Room)
	req.OnConflict = booking.OnConflictSkip
	_, err := h.svc.ReserveSeries(t.Context(), h.as(h.Ann), req)
	_ = refused(t, err, models.ErrSpaceTaken)
	if n := h.count(t, "series"); n != 1 {
		t.Errorf("%d series, want the first alone", n)
	}
}

func TestAllowancesAreUsedUpAsTheSeriesGrows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(t, "UPDATE plan_rules SET minutes_per_week = 300, max_open = 4 WHERE kind = 'room'")
	req := repeat("FREQ=DAILY;COUNT=10;BYDAY=MO,TU,WE", modelstest.Hours(10, 12), h.Room)
	_, err := h.svc.ReserveSeries(t.Context(), h.as(h.Ann), req)
	r := refused(t, err, booking.ErrOverQuota)
	if !r.Occurrence.Equal(modelstest.At(2, 10, 0)) {
		t.Errorf("refused at %s, want the third day of the week", r.Occurrence)
	}
	req.OnConflict = booking.OnConflictSkip
	got := h.mustRepeat(t, h.Ann, req)
	wantStarts(t, got.Bookings, days(10, 0, 1, 7, 8))
	codes := map[string]int{}
	for _, s := range got.Skipped {
		codes[s.Code]++
	}
	if codes["over_quota"] == 0 || codes["too_many_open_bookings"] == 0 {
		t.Errorf("skipped %v, want some over the week's allowance and some beyond the open ones", codes)
	}
	if used := h.count(t, "booking_spaces WHERE active"); used != 4 {
		t.Errorf("%d spaces held, want 4", used)
	}
}

func TestAnySpaceOfASeriesIsTheSameOneWhereThatIsPossible(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mustReserve(t, h.Bob, models.Period{StartsAt: modelstest.At(1, 9, 0), EndsAt: modelstest.At(1, 18, 0)}, h.Seats[0])
	req := booking.SeriesRequest{Request: booking.Request{
		StartsAt: modelstest.At(0, 10, 0), EndsAt: modelstest.At(0, 12, 0), Any: []booking.Want{{Site: "colabo", Kind: models.KindSeat}},
	}, Rule: "FREQ=DAILY;COUNT=4"}
	r := h.mustRepeat(t, h.Ann, req)
	for _, b := range r.Bookings {
		if b.Spaces[0].SpaceID != r.Bookings[0].Spaces[0].SpaceID || b.Spaces[0].SpaceID == h.Seats[0].ID {
			t.Errorf("booked %v, want one seat throughout, and not the one that is taken on a day", b.Spaces[0].SpaceID)
		}
	}
}

func TestASeriesIsCancelledFromAnInstantOn(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	r := h.mustRepeat(t, h.Ann, repeat("FREQ=DAILY;COUNT=5", modelstest.Hours(10, 12), h.Room))
	w := h.mustJoin(t, h.Bob, forSpace(models.Period{StartsAt: modelstest.At(3, 10, 0), EndsAt: modelstest.At(3, 12, 0)}, h.Room))
	from := modelstest.At(2, 10, 0) // inclusive
	for range 2 {
		got, err := h.svc.CancelSeries(t.Context(), h.as(h.Ann), r.ID, &from)
		if err != nil {
			t.Fatal(err)
		}
		wantStarts(t, got.Bookings, days(10, 0, 1))
	}
	h.wantState(t, h.Bob, w.ID, models.WishOffered)
	if n := h.count(t, "outbox WHERE kind = 'series_cancelled'"); n != 1 {
		t.Errorf("%d notices, want one for all", n)
	}
	if n := h.count(t, "passes WHERE revoked_at IS NOT NULL"); n != 3 {
		t.Errorf("%d passes taken back, want 3", n)
	}
	fake.Set(modelstest.At(0, 10, 30)) // the first has begun, and is left
	got, err := h.svc.CancelSeries(t.Context(), h.as(h.Ann), r.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantStarts(t, got.Bookings, days(10, 0))
	if _, err := h.svc.CancelSeries(t.Context(), h.as(h.Bob), r.ID, nil); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("others get %v, want ErrNotFound", err)
	}
}

func TestWhatIsTooLateToCancelStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(t, "UPDATE plan_rules SET cancel_notice_minutes = 1440 WHERE kind = 'room'")
	r := h.mustRepeat(t, h.Ann, repeat("FREQ=DAILY;COUNT=3", modelstest.Hours(10, 12), h.Room))
	got, err := h.svc.CancelSeries(t.Context(), h.as(h.Ann), r.ID, nil)
	if err != nil || len(got.Skipped) != 1 || got.Skipped[0].Code != "too_late_to_cancel" {
		t.Fatalf("skipped %v, %v; want today's", got.Skipped, err)
	}
	wantStarts(t, got.Bookings, days(10, 0))
	if _, err := h.svc.CancelSeries(t.Context(), h.as(h.Ann), r.ID, nil); !errors.Is(err, booking.ErrTooLateToCancel) {
		t.Errorf("with nothing else left: %v, want ErrTooLateToCancel", err)
	}
}

func TestASeriesMovesThisOneThisAndFollowingOrAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustRepeat(t, h.Ann, repeat("FREQ=DAILY;COUNT=4", modelstest.Hours(10, 12), h.Room))
	move := func(from *time.Time, start, end time.Time) booking.SeriesRecord {
		t.Helper()
		got, err := h.svc.RescheduleSeries(t.Context(), h.as(h.Ann), r.ID, booking.SeriesChange{
			Change: booking.Change{StartsAt: &start, EndsAt: &end}, From: from,
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	// All, by a day: each takes over the place of the next.
	got := move(nil, modelstest.At(1, 10, 0), modelstest.At(1, 12, 0))
	wantStarts(t, got.Bookings, days(10, 1, 2, 3, 4))
	// From the third on an hour later, and shorter.
	from := modelstest.At(3, 10, 0)
	got = move(&from, modelstest.At(3, 11, 0), modelstest.At(3, 12, 0))
	wantStarts(t, got.Bookings, append(days(10, 1, 2), days(11, 3, 4)...))
	if end := got.Bookings[3].EndsAt; !end.Equal(modelstest.At(4, 12, 0)) {
		t.Errorf("the last ends at %s, want as long as the third", end)
	}
	if n := h.count(t, "outbox WHERE kind = 'series_changed'"); n != 2 {
		t.Errorf("%d notices, want one for each change", n)
	}
	if n := h.count(t, "passes WHERE revoked_at IS NULL"); n != 4 {
		t.Errorf("%d passes in force, want one for each booking", n)
	}
	start, end := modelstest.At(1, 15, 0), modelstest.At(1, 16, 0)
	if _, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), got.Bookings[0].ID, booking.Change{StartsAt: &start, EndsAt: &end}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.svc.ExtendSeries(t.Context(), h.as(h.Ann), r.ID, booking.SeriesExtension{Count: 1}); err != nil {
		t.Fatal(err)
	}
	all, err := h.svc.Series(t.Context(), h.as(h.Ann), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []time.Time{modelstest.At(1, 15, 0), modelstest.At(2, 10, 0)}
	wantStarts(t, all.Bookings, append(want, days(11, 3, 4, 5)...))
}

func TestAMoveThatIsRefusedLeavesTheSeriesOrThatOneAsItWas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustRepeat(t, h.Ann, repeat("FREQ=DAILY;COUNT=4", modelstest.Hours(10, 12), h.Room))
	h.mustReserve(t, h.Bob, models.Period{StartsAt: modelstest.At(2, 13, 0), EndsAt: modelstest.At(2, 14, 0)}, h.Room)
	start, end := modelstest.At(0, 13, 0), modelstest.At(0, 15, 0)
	ch := booking.SeriesChange{Change: booking.Change{StartsAt: &start, EndsAt: &end}}
	_, err := h.svc.RescheduleSeries(t.Context(), h.as(h.Ann), r.ID, ch)
	_ = refused(t, err, models.ErrSpaceTaken)
	read, err := h.svc.Series(t.Context(), h.as(h.Ann), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantStarts(t, read.Bookings, days(10, 0, 1, 2, 3))
	ch.OnConflict = booking.OnConflictSkip
	got, err := h.svc.RescheduleSeries(t.Context(), h.as(h.Ann), r.ID, ch)
	if err != nil || len(got.Skipped) != 1 || !got.Skipped[0].StartsAt.Equal(modelstest.At(2, 10, 0)) {
		t.Fatalf("skipped %v, %v; want the third", got.Skipped, err)
	}
	wantStarts(t, got.Bookings, []time.Time{modelstest.At(0, 13, 0), modelstest.At(1, 13, 0), modelstest.At(2, 10, 0), modelstest.At(3, 13, 0)})
}

// TestARefusedMoveStandsInTheWayOfTheOneBefore: each would take over the place of
// the next, but the last cannot leave its own.
func TestARefusedMoveStandsInTheWayOfTheOneBefore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustRepeat(t, h.Ann, repeat("FREQ=DAILY;COUNT=3", modelstest.Hours(10, 12), h.Room))
	h.mustReserve(t, h.Bob, models.Period{StartsAt: modelstest.At(3, 10, 0), EndsAt: modelstest.At(3, 11, 0)}, h.Room)
	start, end := modelstest.At(1, 10, 0), modelstest.At(1, 12, 0)
	_, err := h.svc.RescheduleSeries(t.Context(), h.as(h.Ann), r.ID, booking.SeriesChange{
		Change: booking.Change{StartsAt: &start, EndsAt: &end}, OnConflict: booking.OnConflictSkip,
	})
	_ = refused(t, err, models.ErrSpaceTaken)
	read, err := h.svc.Series(t.Context(), h.as(h.Ann), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantStarts(t, read.Bookings, days(10, 0, 1, 2))
}

// TestASeriesKeepsItsHourOverAChangeOfTheClocks: in Berlin clocks go back on 25
// October 2026.
func TestASeriesKeepsItsHourOverAChangeOfTheClocks(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	h.exec(t, "UPDATE sites SET time_zone = 'Europe/Berlin', closed_on_holidays = false WHERE slug = 'colabo'")
	fake.Set(time.Date(2026, 10, 22, 8, 0, 0, 0, berlin))
	at := func(day, hour int) time.Time { return time.Date(2026, 10, day, hour, 0, 0, 0, berlin) }
	r := h.mustRepeat(t, h.Ann, repeat("FREQ=DAILY;COUNT=4;BYDAY=FR,SA,MO,TU", models.Period{StartsAt: at(23, 10), EndsAt: at(23, 11)}, h.Room))
	wantStarts(t, r.Bookings, []time.Time{at(23, 10), at(24, 10), at(26, 10), at(27, 10)})
	start, end := at(23, 14), at(23, 16)
	got, err := h.svc.RescheduleSeries(t.Context(), h.as(h.Ann), r.ID, booking.SeriesChange{Change: booking.Change{StartsAt: &start, EndsAt: &end}})
	must(t, err)
	wantStarts(t, got.Bookings, []time.Time{at(23, 14), at(24, 14), at(26, 14), at(27, 14)})
	more, err := h.svc.ExtendSeries(t.Context(), h.as(h.Ann), r.ID, booking.SeriesExtension{Count: 1})
	must(t, err)
	wantStarts(t, more.Bookings, []time.Time{at(30, 14)})
}

// TestABookingBecomesTheFirstOfASeries: what was booked stays as it is.
func TestABookingBecomesTheFirstOfASeries(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	r, err := h.svc.Repeat(t.Context(), h.as(h.Ann), b.ID, "FREQ=WEEKLY;COUNT=3", booking.OnConflictFail)
	if err != nil {
		t.Fatal(err)
	}
	wantStarts(t, r.Bookings, days(10, 7, 14))
	all, err := h.svc.Series(t.Context(), h.as(h.Ann), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantStarts(t, all.Bookings, days(10, 0, 7, 14))
	if all.Bookings[0].ID != b.ID || all.Bookings[0].Reference != b.Reference {
		t.Errorf("the first is %s, want the booking that was there", all.Bookings[0].Reference)
	}
	_, err = h.svc.Repeat(t.Context(), h.as(h.Ann), b.ID, "FREQ=WEEKLY;COUNT=3", booking.OnConflictFail)
	if err == nil || fault.From(err).Code != "invalid_input" {
		t.Errorf("the first of a second series: %v, want invalid input", err)
	}
}
