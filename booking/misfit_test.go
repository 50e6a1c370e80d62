package booking_test

import (
	"errors"
	"maps"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestAChangeOfThePlanNamesWhatItWouldRefuse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	short := h.mustReserve(t, h.Ann, modelstest.Hours(9, 10), h.Room)
	long := h.mustReserve(t, h.Ann, modelstest.Hours(12, 16), h.Room)
	far := h.mustReserve(t, h.Bob, models.Period{StartsAt: modelstest.At(21, 9, 0), EndsAt: modelstest.At(21, 10, 0)}, h.Room)
	second := h.mustReserve(t, h.Bob, models.Period{StartsAt: modelstest.At(22, 9, 0), EndsAt: modelstest.At(22, 10, 0)}, h.Room)
	check := func(change func(*models.PlanRule)) map[models.ID]string {
		t.Helper()
		plan := *h.Plan
		plan.Rules = maps.Clone(plan.Rules)
		rule := plan.Rules[models.KindRoom]
		change(&rule)
		plan.Rules[models.KindRoom] = rule
		rows, err := h.svc.Misfits(t.Context(), h.as(h.Admin), &plan)
		if err != nil {
			t.Fatal(err)
		}
		out := map[models.ID]string{}
		for _, m := range rows {
			out[m.ID] = m.Code
		}
		return out
	}
	for name, tt := range map[string]struct {
		change func(*models.PlanRule)
		want   map[models.ID]string
	}{
		"nothing":        {func(*models.PlanRule) {}, map[models.ID]string{}},
		"shorter":        {func(r *models.PlanRule) { r.MaxMinutes = 120 }, map[models.ID]string{long.ID: "too_long"}},
		"longer":         {func(r *models.PlanRule) { r.MinMinutes = 90 }, map[models.ID]string{short.ID: "too_short", far.ID: "too_short", second.ID: "too_short"}},
		"nearer":         {func(r *models.PlanRule) { r.HorizonDays = 7 }, map[models.ID]string{far.ID: "too_far_ahead", second.ID: "too_far_ahead"}},
		"less at once":   {func(r *models.PlanRule) { r.MaxOpen = 1 }, map[models.ID]string{long.ID: "too_many_open_bookings", second.ID: "too_many_open_bookings"}},
		"less in a week": {func(r *models.PlanRule) { r.MinutesPerWeek = 90 }, map[models.ID]string{long.ID: "over_quota", second.ID: "over_quota"}},
	} {
		if got := check(tt.change); !maps.Equal(got, tt.want) {
			t.Errorf("%s: refuses %v, want %v", name, got, tt.want)
		}
	}
	if _, err := h.svc.Misfits(t.Context(), h.as(h.Desk), h.Plan); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("the desk gets %v, want ErrForbidden", err)
	}
}

func TestWhoDoesNotComeIsPausedWhereThePlanSaysSo(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	h.exec(t, "UPDATE plans SET no_show_limit = 2, no_show_pause_days = 3")
	for day := range 2 {
		h.mustReserve(t, h.Ann, models.Period{StartsAt: modelstest.At(day, 10, 0), EndsAt: modelstest.At(day, 12, 0)}, h.Room)
	}
	fake.Set(modelstest.At(1, 10, 15))
	h.keepTime(t)
	next := request(models.Period{StartsAt: modelstest.At(2, 10, 0), EndsAt: modelstest.At(2, 11, 0)}, h.Room)
	_, err := h.svc.Reserve(t.Context(), h.as(h.Ann), next)
	if r := refused(t, err, booking.ErrBookingPaused); len(r.Alternatives) != 0 {
		t.Errorf("alternatives %v for who may book nothing", r.Alternatives)
	}
	_, err = h.svc.ReserveSeries(t.Context(), h.as(h.Ann), booking.SeriesRequest{Request: next, Rule: "FREQ=DAILY;COUNT=2"})
	_ = refused(t, err, booking.ErrBookingPaused)
	forAnn := next
	forAnn.OnBehalfOf = &h.Ann.ID
	if _, err := h.svc.Reserve(t.Context(), h.as(h.Desk), forAnn); err != nil {
		t.Errorf("the desk books for who is paused: %v", err)
	}
	fake.Set(modelstest.At(4, 10, 15))
	h.mustReserve(t, h.Ann, models.Period{StartsAt: modelstest.At(4, 11, 0), EndsAt: modelstest.At(4, 12, 0)}, h.Room)
}
