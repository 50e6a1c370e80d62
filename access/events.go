package access

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrBatchTooLarge means that more events were uploaded at once than MaxEvents.
var ErrBatchTooLarge = fault.New(fault.Invalid, "batch_too_large", "an upload holds at most 500 events")

// Upload takes in what a gate did. Every event is stored once, as it happened; one
// that cannot be is kept aside, and holds none of the others up. Whatever order
// they come in, visits and presence are those that all passages tell.
func (s *Service) Upload(ctx context.Context, gate models.Principal, events []json.RawMessage) (entry.Uploaded, error) {
	switch {
	case gate.Gate == nil:
		return entry.Uploaded{}, models.ErrForbidden
	case len(events) > entry.MaxEvents:
		return entry.Uploaded{}, ErrBatchTooLarge.On("events").With("max", entry.MaxEvents)
	}
	v, err := s.renewView(ctx)
	if err != nil {
		return entry.Uploaded{}, err
	}
	var up *upload
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		up = &upload{svc: s, tx: tx, by: gate, view: v, received: s.millis()}
		return up.take(ctx, events)
	})
	if err != nil {
		return entry.Uploaded{}, err
	}
	for _, r := range up.answer.Results {
		s.counters.quarantined.WithLabelValues(gate.Gate.Site, string(r.Result)).Inc()
		if r.Result == entry.Conflict {
			s.counters.alarms.WithLabelValues(gate.Gate.Site, string(entry.Conflict)).Inc()
		}
	}
	if len(up.rows) > 0 {
		s.hub.wake(gate.Gate.Site)
	}
	return up.answer, nil
}

// upload is one batch on its way into the tables.
type upload struct {
	svc      *Service
	tx       *models.Store
	by       models.Principal
	gate     models.Gate // locked, as it is now
	view     *view
	received time.Time

	items  []uploaded
	answer entry.Uploaded

	rows  []models.Passage
	aside []models.QuarantinedEvent
}

// uploaded is one event as it came.
type uploaded struct {
	raw    json.RawMessage
	event  entry.Event
	intact bool
	digest string
	err    error
}

// place is where in a gate's count an event stands.
type place struct{ boot, seq int64 }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.boot, q.boot), cmp.Compare(p.seq, q.seq))
}

func (u *upload) take(ctx context.Context, events []json.RawMessage) (err error) {
	u.tx.SeekByKeys(ctx)
	if u.gate, err = u.tx.LockGate(ctx, u.by.Gate.ID); err != nil {
		return err
	}
	u.answer = entry.Uploaded{Results: []entry.EventResult{}, Ack: entry.Ack{Boot: u.gate.AckedBoot, Seq: u.gate.AckedSeq}}
	for _, raw := range events {
		u.items = append(u.items, readEvent(raw))
	}
	if err := u.sort(ctx); err != nil {
		return err
	}
	if err := u.tx.Quarantine(ctx, u.aside); err != nil {
		return err
	}
	if err := u.tx.AdvanceGate(ctx, &u.gate); err != nil || len(u.rows) == 0 {
		return err
	}
	return u.store(ctx)
}

// readEvent reads one event and finds out whether it can be stored.
func readEvent(raw json.RawMessage) uploaded {
	it := uploaded{raw: raw}
	it.event, it.intact, it.err = entry.ParseEvent(raw)
	it.digest = digestOf(it)
	if it.err != nil {
		it.event = entry.Event{}
		partly(raw, &it.event)
		return it
	}
	it.event.EventID = strings.ToLower(it.event.EventID)
	if !plausible(it.event) {
		it.err = entry.ErrEvent
	}
	return it
}

// digestOf returns what tells an event from another under its id: the hash of its
// canonical form, which an intact one carries itself.
func digestOf(it uploaded) string {
	if it.intact {
		return it.event.Hash
	}
	if hash, err := entry.EventHash(it.raw); err == nil {
		return hash
	}
	return hashOf(it.raw)
}

// partly reads what names a malformed event and its place, as far as they are
// there, so that it can be acknowledged.
func partly(raw json.RawMessage, e *entry.Event) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return
	}
	// What cannot be read stays zero.
	_ = json.Unmarshal(members["event_id"], &e.EventID)
	_ = json.Unmarshal(members["boot"], &e.Boot)
	_ = json.Unmarshal(members["seq"], &e.Seq)
	if e.Boot < 0 || e.Boot >= mostBoots || e.Seq < 0 || e.Seq >= mostBoots {
		e.Boot, e.Seq = 0, 0 // no place in any count
	}
}

const (
	// mostBoots is more starts, and more events between two, than any gate has.
	mostBoots = 1 << 40
	// mostStarts is more starts than a gate makes without our hearing of one, though
	// it started every second for half a year. A gate may number them by the time in
	// seconds.
	mostStarts = 1 << 24
)

// Bounds of what an event may say that its form does not bound.
var (
	earliestEvent = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latestEvent   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// longestWord bounds reasons and warnings.
const longestWord = 64

// plausible reports whether the event can be a gate's: no instant that nothing can
// have happened at, words that can be stored, and no word of staff.
func plausible(e entry.Event) bool {
	switch e.Reason {
	case entry.Admitted, entry.SetIn, entry.SetOut, entry.MarkedSafe, entry.SafeUndone, entry.EndOfDay, entry.LongestStay:
		return false
	}
	words := append([]entry.Reason{e.Reason}, e.Warnings...)
	return e.GateTime.After(earliestEvent) && e.GateTime.Before(latestEvent) && len(words) <= 20 && e.Zone < 1<<31 && e.Seq < mostBoots &&
		!slices.ContainsFunc(words, func(w entry.Reason) bool { return len(w) > longestWord || strings.Contains(string(w), "\x00") })
}

// sort says of each event what becomes of it, in their order.
func (u *upload) sort(ctx context.Context) error {
	byID, byPlace, err := u.known(ctx)
	if err != nil {
		return err
	}
	link := entry.Link{Boot: u.gate.LastBoot, Seq: u.gate.LastSeq, Hash: u.gate.LastHash}
	for _, it := range u.items {
		e, at := it.event, place{it.event.Boot, it.event.Seq}
		u.acknowledge(at)
		if it.err != nil || u.foreign(e) || e.Boot > max(link.Boot, u.received.Unix())+mostStarts {
			u.setAside(it, entry.Malformed)
			continue
		}
		next, joins := link.Next(e, it.intact)
		link = next
		first, seen := byID[e.EventID]
		_, taken := byPlace[at]
		switch {
		case seen && first == it.digest:
			u.result(e.EventID, entry.Duplicate)
		case seen, taken:
			u.setAside(it, entry.Conflict)
		default:
			byID[e.EventID], byPlace[at] = it.digest, true
			u.result(e.EventID, entry.Stored)
			u.rows = append(u.rows, u.rowOf(it, joins))
		}
	}
	u.gate.LastBoot, u.gate.LastSeq, u.gate.LastHash = link.Boot, link.Seq, link.Hash
	u.gate.AckedBoot, u.gate.AckedSeq = u.answer.Ack.Boot, u.answer.Ack.Seq
	return nil
}

// foreign reports whether an event is about a door of another site: a token that
// was stolen moves nobody there. A zone that is gone may have been here.
func (u *upload) foreign(e entry.Event) bool {
	node, known := u.view.tree[e.Zone]
	return known && node.Site != u.gate.Site
}

// known returns which of the events, and of their places in the gate's count, are
// stored already.
func (u *upload) known(ctx context.Context) (byID map[string]string, byPlace map[place]bool, err error) {
	var ids []string
	var count []models.Stretch
	for _, it := range u.items {
		if it.err == nil {
			ids, count = append(ids, it.event.EventID), stretched(count, it.event.Boot, it.event.Seq)
		}
	}
	rows, err := u.tx.StoredEvents(ctx, u.gate.ID, ids, count)
	byID, byPlace = map[string]string{}, map[place]bool{}
	for _, p := range rows {
		byID[p.ID] = p.Digest
		if p.GateID != nil && *p.GateID == u.gate.ID {
			byPlace[place{p.Boot, p.Seq}] = true
		} else {
			byID[p.ID] = "" // another gate's: whatever this one says of it is a conflict
		}
	}
	return byID, byPlace, err
}

// stretched returns the stretches of a count with one more place in them. A gap
// begins another: whoever leaves gaps must not have all between them read.
func stretched(count []models.Stretch, boot, seq int64) []models.Stretch {
	if n := len(count) - 1; n >= 0 && count[n].Boot == boot && seq >= count[n].From && seq <= count[n].To+1 {
		count[n].To = max(count[n].To, seq)
		return count
	}
	return append(count, models.Stretch{Boot: boot, From: seq, To: seq})
}

func (u *upload) acknowledge(p place) {
	if p.compare(place{u.answer.Ack.Boot, u.answer.Ack.Seq}) > 0 {
		u.answer.Ack = entry.Ack{Boot: p.boot, Seq: p.seq}
	}
}

func (u *upload) result(id string, r entry.Result) {
	u.answer.Results = append(u.answer.Results, entry.EventResult{EventID: id, Result: r})
}

func (u *upload) setAside(it uploaded, r entry.Result) {
	u.result(it.event.EventID, r)
	u.aside = append(u.aside, models.QuarantinedEvent{
		GateID: u.gate.ID, EventID: storable(it.event.EventID), Result: string(r), Body: storable(string(it.raw)), Digest: it.digest,
	})
}

// storable leaves out of a text what PostgreSQL cannot keep.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// rowOf returns the passage that an event is stored as.
func (u *upload) rowOf(it uploaded, joins bool) models.Passage {
	e := it.event
	at, suspect := entry.EffectiveTime(e, u.received)
	if suspect {
		at = u.received // what a clock says that cannot be right moves nobody
	}
	p := models.Passage{
		ID: e.EventID, GateID: &u.gate.ID, Site: u.gate.Site, ZoneID: int(e.Zone), Direction: string(e.Direction),
		Decision: string(e.Decision), Reason: string(e.Reason), Opened: e.Decision != entry.Deny, Step: int64(e.Step),
		AtMS: at.UnixMilli(), GateTimeMS: e.GateTime.UnixMilli(), ReceivedMS: u.received.UnixMilli(), ClockState: string(e.ClockState),
		Online: e.Online, Boot: e.Boot, Seq: e.Seq, StateVersion: e.StateVersion, PrevHash: storable(e.PrevHash), Hash: storable(e.Hash),
		Digest: it.digest, Flags: warningsOf(entry.Decision{Warnings: e.Warnings}),
	}
	if e.PassID != 0 {
		p.PassID = e.PassID.String()
	}
	if e.Subject != 0 {
		p.Subject = e.Subject.String()
	}
	if suspect {
		p.Flags = append(p.Flags, flagClockSuspect)
	}
	if !joins {
		p.Flags = append(p.Flags, flagChainGap)
	}
	return p
}
