package access

import (
	"strings"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// hears makes a webhook and returns a function that gives what was written for it.
func (h *house) hears(events ...models.HookEvent) func() []models.Delivery {
	h.t.Helper()
	w := models.Webhook{ID: models.NewID(), URL: "https://hooks.example/", Enabled: true, Secret: "wrapped"}
	for _, e := range events {
		w.Events = append(w.Events, string(e))
	}
	h.must(h.store.InsertWebhook(h.t.Context(), &w))
	return func() []models.Delivery {
		h.t.Helper()
		rows, err := h.store.ClaimDeliveries(h.t.Context(), w.ID, "test", 100, time.Minute)
		h.must(err)
		for i := range rows {
			h.must(h.store.FinishDelivery(h.t.Context(), &rows[i], "test"))
		}
		return rows
	}
}

func TestWebhooksHearOfDeniedPassagesAndNotWhose(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	told := h.hears(models.HookPassageDenied, models.HookBookingCheckedIn)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	pass := h.pass(b)
	code := h.sign(&pass)
	h.at(8, 0)
	h.wants(h.scan(h.colabo, code, entry.Entry), entry.TooEarly)
	got := told()
	if len(got) != 1 || got[0].Event != "passage.denied" || !strings.Contains(got[0].Payload, `"reason":"too_early"`) {
		t.Fatalf("told %+v, want one denied passage", got)
	}
	for _, secret := range []string{pass.ID, pass.Subject, h.Ann.ID.String(), h.Ann.Name, b.ID.String()} {
		if strings.Contains(got[0].Payload, secret) {
			t.Errorf("%s stands in %s", secret, got[0].Payload)
		}
	}
	h.at(10, 0)
	h.wants(h.scan(h.colabo, code, entry.Entry), entry.Granted)
	got = told()
	if len(got) != 1 || got[0].Event != "booking.checked_in" || !strings.Contains(got[0].Payload, b.ID.String()) || !strings.Contains(got[0].Payload, `"status":"checked_in"`) {
		t.Errorf("told %+v, want the booking that was checked in", got)
	}
}

func TestWebhooksHearOfWhatAGateDidAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	told := h.hears(models.HookPassageDenied, models.HookBookingCheckedIn)
	pass, a := h.pass(h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])), h.agent(h.colabo)
	h.at(8, 0)
	_, denied := a.passed(pass, entry.TooEarly, entry.Entry)
	h.at(10, 5)
	_, in := a.passed(pass, entry.Granted, entry.Entry)
	a.upload(denied, in)
	a.upload(denied, in)
	kinds := map[string]int{}
	for _, d := range told() {
		kinds[d.Event]++
	}
	if kinds["passage.denied"] != 1 || kinds["booking.checked_in"] != 1 || len(kinds) != 2 {
		t.Errorf("told %v", kinds)
	}
}

func TestWebhooksHearOfASilentGateOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	told := h.hears(models.HookGateSilent)
	h.must(h.svc.Heartbeat(t.Context(), h.colabo, entry.Heartbeat{ClockState: entry.Trusted}))
	h.fake.Advance(3 * time.Minute)
	for range 2 {
		_, err := h.svc.WatchGates(t.Context())
		h.must(err)
	}
	if got := told(); len(got) != 1 || !strings.Contains(got[0].Payload, h.colabo.Gate.ID.String()) {
		t.Errorf("told %+v, want the silence once", got)
	}
}
