package gate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"kyoten/access/entry"
)

// seatless is somebody whom this door refused for want of a booking.
type seatless struct {
	passage string
	place   place // of the refusal in the journal
	at      time.Time
	proven  entry.Proven
	let     *Scanned // once a seat was booked and the door opened
}

// noteSeatless keeps who may be offered a seat, for as long as that lasts.
func (d *Door) noteSeatless(in entry.Input, decision entry.Decision, id string) {
	for len(d.seatless) > 0 && in.Now.Sub(d.seatless[0].at).Abs() > entry.WalkInLasts {
		d.seatless = d.seatless[1:]
	}
	if decision.Reason == entry.NoBooking && decision.Direction == entry.Entry && id != "" {
		proven := entry.Proven{Body: decision.Body, Step: decision.Step}
		d.seatless = append(d.seatless, &seatless{passage: id, place: placeOf(d.journal.Newest()), at: in.Now, proven: proven})
	}
}

// findSeatless returns who was refused by a passage, nil when that is too long
// ago or was for another reason. The caller holds the door.
func (d *Door) findSeatless(passage string) *seatless {
	now := d.clock.Now()
	for _, s := range d.seatless {
		if s.passage == passage && now.Sub(s.at).Abs() <= entry.WalkInLasts {
			return s
		}
	}
	return nil
}

// refusal returns where in the journal the refusal stands that a seat may answer.
func (d *Door) refusal(passage string) (place, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.findSeatless(passage)
	if s == nil {
		return place{}, false
	}
	return s.place, true
}

// WalkIn decides anew about somebody who has a seat by now. What the code proved
// a moment ago is not asked again: a live code is stale by then. However often it
// is asked, it is one passage and one pulse.
func (d *Door) WalkIn(passage string) (_ Scanned, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.findSeatless(passage)
	switch {
	case s == nil:
		return Scanned{}, false
	case s.let != nil:
		return *s.let, true
	}
	site, gate := d.knows.now()
	r, booked := d.clock.Read(), true
	in := entry.Input{
		Text: "walk-in " + passage, Gate: gate, Asked: entry.Entry, Now: r.Now.UTC().Truncate(time.Millisecond),
		Clock: r.State, Widen: r.Widen, Offline: true, Site: site, Memory: d.memory,
		Proven: &s.proven, Fresh: entry.Fresh{HasBooking: &booked},
	}
	scanned := d.conclude(in, entry.Decide(in))
	if scanned.Open {
		s.let = &scanned
	}
	return scanned, true
}

// What the server is given for an answer about a seat: somebody stands there.
const (
	offerWithin = time.Second
	seatWithin  = 3 * time.Second
)

// offerShown is a free seat for somebody without a booking.
type offerShown struct {
	Space  string    `json:"space"`
	Name   string    `json:"name"`
	EndsAt time.Time `json:"ends_at"`
}

// bookingShown is the booking somebody has come for.
type bookingShown struct {
	Title  string    `json:"title"`
	Space  string    `json:"space"`
	EndsAt time.Time `json:"ends_at"`
}

// offer asks which seat the holder of a pass may be offered, nil for none.
func (s *server) offer(ctx context.Context, pass entry.PassID) (*offerShown, error) {
	var answer struct {
		Offer *offerShown `json:"offer"`
	}
	err := s.call(ctx, offerWithin, http.MethodPost, "/gate/offers", map[string]string{"pass_id": pass.String()}, &answer)
	return answer.Offer, err
}

// seat books a seat for whom a passage refused, and returns whether the server
// would let them in with it.
func (s *server) seat(ctx context.Context, passage string) (said scanAnswer, err error) {
	err = s.call(ctx, seatWithin, http.MethodPost, "/gate/walk-ins", map[string]string{"passage_id": passage}, &said)
	return said, err
}

// offer returns the seat that may be offered after a scan: none without the
// server, whose word about seats is the only one.
func (l *local) offer(ctx context.Context, a *scanAnswer) *offerShown {
	if a.Reason != entry.NoBooking || a.PassageID == nil || !l.a.link.online.Load() {
		return nil
	}
	seat, err := l.remote.offer(ctx, a.pass)
	if err != nil {
		l.a.cfg.Log.Debug("no seat is offered", "error", err)
		return nil
	}
	return seat
}

// walkIn serves POST /walk-ins: the seat that was offered is taken.
func (l *local) walkIn(w http.ResponseWriter, r *http.Request) {
	var in struct {
		PassageID string `json:"passage_id"`
	}
	if _, ok := readBody(w, r, &in); !ok {
		return
	}
	at, known := l.a.door.refusal(in.PassageID)
	if !known {
		refuse(w, r, http.StatusConflict, codeOver)
		return
	}
	l.a.link.uploaded(r.Context(), at)
	said, err := l.remote.seat(r.Context(), in.PassageID)
	switch answer, answered := errors.AsType[*refusal](err); {
	case answered && answer.code == codeTaken:
		refuse(w, r, http.StatusConflict, codeTaken)
	case answered && answer.status < http.StatusInternalServerError:
		refuse(w, r, http.StatusConflict, codeOver)
	case err != nil:
		refuse(w, r, http.StatusServiceUnavailable, "unavailable")
	case !said.Open:
		write(w, said)
	default:
		l.letIn(w, r, in.PassageID, said.Booking)
	}
}

// Codes of the API about seats.
const (
	codeOver  = "walk_in_over"
	codeTaken = "space_taken"
)

// letIn opens for somebody who has a seat now.
func (l *local) letIn(w http.ResponseWriter, r *http.Request, passage string, booking *bookingShown) {
	s, known := l.a.door.WalkIn(passage)
	if !known {
		refuse(w, r, http.StatusConflict, codeOver)
		return
	}
	answer := l.answer(s)
	answer.Booking = booking
	write(w, answer)
}

// uploaded waits until the server has the journal up to a place, as it mostly has
// within an instant; after a while it goes on without.
func (l *link) uploaded(ctx context.Context, p place) {
	for range 10 {
		if l.ack().compare(p) >= 0 {
			return
		}
		wait(ctx, 50*time.Millisecond, nil)
	}
}
