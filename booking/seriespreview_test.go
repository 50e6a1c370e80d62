package booking_test

import (
	"errors"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestAPreviewSaysWhatASeriesWouldBe compares the look ahead with what is then
// booked, over what is taken, closed, too far ahead and over an allowance.
func TestAPreviewSaysWhatASeriesWouldBe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(t, `UPDATE plan_rules SET minutes_per_week = 600 WHERE kind = 'room'`)
	hours := modelstest.Hours(10, 13)
	third := models.Period{StartsAt: modelstest.At(2, 9, 0), EndsAt: modelstest.At(2, 11, 0)}
	h.mustReserve(t, h.Bob, third, h.Room)
	req := booking.SeriesRequest{Request: request(hours, h.Room), Rule: "FREQ=DAILY;COUNT=40", OnConflict: booking.OnConflictSkip}
	dates, err := h.svc.PreviewSeries(t.Context(), h.as(h.Ann), req)
	if err != nil {
		t.Fatal(err)
	}
	made, err := h.svc.ReserveSeries(t.Context(), h.as(h.Ann), req)
	if err != nil {
		t.Fatal(err)
	}
	codes, booked := map[time.Time]string{}, 0
	for _, s := range made.Skipped {
		codes[s.StartsAt] = s.Code
	}
	kinds := map[string]bool{}
	for _, d := range dates {
		if d.Code != codes[d.StartsAt] {
			t.Errorf("%s: preview says %q, the series %q", d.StartsAt, d.Code, codes[d.StartsAt])
		}
		if kinds[d.Code] = true; d.Code == "" {
			booked++
		}
	}
	if booked != len(made.Bookings) || len(dates) != 40 {
		t.Errorf("%d of %d can be booked, %d were", booked, len(dates), len(made.Bookings))
	}
	for _, want := range []string{"space_taken", "over_quota", "outside_opening_hours", "too_far_ahead", ""} {
		if !kinds[want] {
			t.Errorf("no date is %q: %v", want, kinds)
		}
	}

	req.Request = request(third, h.Room)
	req.Rule = "FREQ=DAILY;COUNT=1"
	if none, err := h.svc.PreviewSeries(t.Context(), h.as(h.Ann), req); err != nil || none[0].Code == "" {
		t.Errorf("of nothing that can be booked: %v, %v", none, err)
	}
	req.Rule = "FREQ=YEARLY;COUNT=2"
	if _, err := h.svc.PreviewSeries(t.Context(), h.as(h.Ann), req); !errors.Is(err, booking.ErrInvalidRule) {
		t.Errorf("of no rule: %v, want ErrInvalidRule", err)
	}
}
