package gate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"kyoten/access/entry"
)

// offers has the hall offer a seat to the holder of a pass, and book it where it
// has the passage of the refusal.
func (h *hall) offers(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/v1/gate/offers", h.gated(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"offer": {"space": "s-1", "name": "A-1", "ends_at": "2026-12-01T09:00:00Z"}}`)
	}))
	mux.HandleFunc("POST /api/v1/gate/walk-ins", h.gated(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			PassageID string `json:"passage_id"`
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		h.mu.Lock()
		defer h.mu.Unlock()
		_, known := h.byID[in.PassageID]
		switch {
		case !known:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"code": "not_found"}`)
		case h.full:
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"code": "space_taken"}`)
		default:
			h.booked++
			fmt.Fprint(w, `{"decision": "allow", "reason": "granted", "open": true, "passage_id": null, "direction": "entry",
				"message": {"ja": "", "en": ""}, "booking": {"title": "", "space": "A-1", "ends_at": "2026-12-01T09:00:00Z"}}`)
		}
	}))
}

// seatlessHall is a hall with an agent, and the code of somebody who may come in
// with a booking only.
func seatlessHall(t *testing.T) (*hall, *running, string) {
	t.Helper()
	h := openHall(t)
	h.state.Identities = []entry.Identity{{Pass: 1}}
	r := h.run(t, h.config(t))
	settled(t, r)
	return h, r, `{"code": "` + h.code(1, 0x11) + `"}`
}

func taking(passage any) string { return fmt.Sprintf(`{"passage_id": %q}`, passage) }

func TestASeatIsOfferedAndTakenAtTheDoor(t *testing.T) {
	t.Parallel()
	h, r, scan := seatlessHall(t)
	lock := &countingRelay{}
	r.door.relay = lock
	_, refused := ask(t, "POST", r.base+"/scan", scan, asJSON...)
	if refused["reason"] != "no_booking" || refused["open"] != false || refused["offer"] == nil {
		t.Fatalf("scan: %v, want a refusal with a seat", refused)
	}
	for range 2 { // the first answer may have been lost
		status, in := ask(t, "POST", r.base+"/walk-ins", taking(refused["passage_id"]), asJSON...)
		booking, _ := in["booking"].(map[string]any)
		if status != 200 || in["open"] != true || in["reason"] != "granted" || booking["space"] != "A-1" {
			t.Fatalf("walk-in: %d %v", status, in)
		}
	}
	r.door.stillOpen.Wait()
	events := read(t, r.journal, place{})
	if n := lock.count(); n != 1 || len(events) != 2 || events[1].Reason != entry.Granted || events[1].Subject != 0x11 {
		t.Errorf("%d pulses, %d events, the last %+v; want one entry", n, len(events), events[len(events)-1])
	}
	if list := r.door.Roll(); len(list.Items) != 1 {
		t.Errorf("%d people inside, want one", len(list.Items))
	}
	h.do(func() {
		if h.booked == 0 {
			t.Error("no seat was booked")
		}
	})
}

func TestNoSeatIsOfferedWithoutTheServer(t *testing.T) {
	t.Parallel()
	h, r, scan := seatlessHall(t)
	_, refused := ask(t, "POST", r.base+"/scan", scan, asJSON...)
	h.leave()
	soon(t, "the outage to be noticed", func() bool { return !r.link.online.Load() })
	if status, got := ask(t, "POST", r.base+"/walk-ins", taking(refused["passage_id"]), asJSON...); status != 503 || got["code"] != "unavailable" {
		t.Errorf("a seat while the server is away: %d %v", status, got)
	}
	if _, got := ask(t, "POST", r.base+"/scan", scan, asJSON...); got["reason"] != "no_booking" || got["offer"] != nil {
		t.Errorf("a scan while the server is away: %v, want a plain refusal", got)
	}
}

func TestSeatsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	h, r, scan := seatlessHall(t)
	_, refused := ask(t, "POST", r.base+"/scan", scan, asJSON...)
	take := func(passage any, status int, code string) {
		t.Helper()
		if got, answer := ask(t, "POST", r.base+"/walk-ins", taking(passage), asJSON...); got != status || answer["code"] != code {
			t.Errorf("%d %v, want %d %s", got, answer, status, code)
		}
	}
	take("0123456789abcdef0123456789abcdef", 409, "walk_in_over")
	h.do(func() { h.full = true })
	take(refused["passage_id"], 409, "space_taken")
	h.do(func() { h.full = false })
	r.door.mu.Lock()
	r.door.seatless[0].at = opening.Add(-2 * time.Hour)
	r.door.mu.Unlock()
	take(refused["passage_id"], 409, "walk_in_over")
	if n := len(read(t, r.journal, place{})); n != 1 {
		t.Errorf("%d events, want the refusal alone", n)
	}
}
