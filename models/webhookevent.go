package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// What webhooks are told names things by their ids and holds nothing a person has
// typed and no name: whoever may know more asks the API.

// hookMessage is the body of a delivery, in the form of Standard Webhooks.
type hookMessage struct {
	Type      HookEvent `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// Happening is an event with where it happened and what is told of it.
type Happening struct {
	Event HookEvent
	Sites []string
	Data  any
}

// Announce writes happenings to the outbox of the webhooks that are to hear of
// them. Where there is none, which the catalogue knows, it does nothing at all.
func (s *Store) Announce(ctx context.Context, c *Catalogue, all ...Happening) error {
	rows, err := s.deliveriesOf(c, all...)
	if err != nil || len(rows) == 0 {
		return err
	}
	if len(rows) > insertBatch {
		return insertAll(ctx, s, rows)
	}
	return s.insertLater(ctx, rows)
}

// deliveriesOf returns a delivery for each webhook that is to hear of a happening.
func (s *Store) deliveriesOf(c *Catalogue, all ...Happening) ([]Delivery, error) {
	var rows []Delivery
	for _, h := range all {
		payload := ""
		for i := range c.webhooks {
			w := &c.webhooks[i]
			if !w.hears(h.Event, h.Sites) {
				continue
			}
			if payload == "" {
				raw, err := json.Marshal(hookMessage{h.Event, s.Now(), h.Data})
				if err != nil {
					return nil, fmt.Errorf("write event %s: %w", h.Event, err)
				}
				payload = string(raw)
			}
			rows = append(rows, s.newDelivery(w.ID, h.Event, payload))
		}
	}
	return rows, nil
}

func (s *Store) newDelivery(webhook ID, event HookEvent, payload string) Delivery {
	now := s.Now()
	return Delivery{ID: NewID(), WebhookID: webhook, Event: string(event), Payload: payload, RunAt: now, CreatedAt: now}
}

// InsertTestDelivery writes a test to the outbox of one webhook.
func (s *Store) InsertTestDelivery(ctx context.Context, webhook ID) (Delivery, error) {
	raw, err := json.Marshal(hookMessage{HookTest, s.Now(), map[string]ID{"webhook": webhook}})
	if err != nil {
		return Delivery{}, err
	}
	d := s.newDelivery(webhook, HookTest, string(raw))
	return d, s.w(ctx).Create(&d).Error
}

// bookingFact is what is told of a booking.
type bookingFact struct {
	Booking   ID            `json:"booking"`
	Status    BookingStatus `json:"status"`
	StartsAt  time.Time     `json:"starts_at"`
	EndsAt    time.Time     `json:"ends_at"`
	Organizer ID            `json:"organizer"`
	Spaces    []spaceFact   `json:"spaces"`
	Guests    int           `json:"guests"`
	Version   int           `json:"version"` // of two events that overtake each other the higher one is the newer
}

type spaceFact struct {
	Space  ID            `json:"space"`
	Site   string        `json:"site"`
	Status BookingStatus `json:"status"`
}

// bookingHappening says of a booking as it is now what happened to it.
func bookingHappening(e HookEvent, b *Booking) Happening {
	fact := bookingFact{b.ID, b.Status, b.StartsAt, b.EndsAt, b.OrganizerID, make([]spaceFact, len(b.Spaces)), 0, b.Version}
	for i, bs := range b.Spaces {
		fact.Spaces[i] = spaceFact{bs.SpaceID, bs.Site, bs.Status}
	}
	for _, g := range b.Guests {
		if g.RemovedAt == nil {
			fact.Guests++
		}
	}
	return Happening{e, b.Sites(), fact}
}

// hookEventOf returns what an audited change of a booking is to other programs.
func hookEventOf(action string, b *Booking) HookEvent {
	switch {
	case b.Status == BookingCancelled, b.Status == BookingRejected:
		return HookBookingCancelled
	case b.Status == BookingNoShow:
		return HookBookingNoShow
	case action == "booking.check_in":
		return HookBookingCheckedIn
	case action == "booking.check_out":
		return HookBookingCheckedOut
	}
	return HookBookingChanged
}

// AnnounceChanges tells webhooks of bookings that were changed by an audited
// action, as they are now.
func (s *Store) AnnounceChanges(ctx context.Context, c *Catalogue, action string, rows ...*Booking) error {
	if len(c.webhooks) == 0 {
		return nil
	}
	all := make([]Happening, len(rows))
	for i, b := range rows {
		all[i] = bookingHappening(hookEventOf(action, b), b)
	}
	return s.Announce(ctx, c, all...)
}

// AnnounceCheckIns tells webhooks of bookings at a site that were checked in, and
// reads them only where somebody is to be told.
func (s *Store) AnnounceCheckIns(ctx context.Context, c *Catalogue, site string, ids []ID) error {
	if len(ids) == 0 || !c.Hears(HookBookingCheckedIn, site) {
		return nil
	}
	var rows []Booking
	if err := s.r(ctx).Where("id IN ?", ids).Order("id").Find(&rows).Error; err != nil {
		return fmt.Errorf("read bookings that were checked in: %w", err)
	}
	if err := s.fill(ctx, rows); err != nil {
		return err
	}
	all := make([]Happening, len(rows))
	for i := range rows {
		all[i] = bookingHappening(HookBookingCheckedIn, &rows[i])
	}
	return s.Announce(ctx, c, all...)
}

// passageFact is what is told of a passage that was denied: not whose it was.
type passageFact struct {
	Passage   string    `json:"passage"`
	Site      string    `json:"site"`
	Gate      *ID       `json:"gate"`
	Zone      int       `json:"zone"`
	Direction string    `json:"direction"`
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
	Offline   bool      `json:"offline"`
}

// AnnounceDenied tells webhooks of the passages among rows that a gate denied.
func (s *Store) AnnounceDenied(ctx context.Context, c *Catalogue, rows ...Passage) error {
	var all []Happening
	for i := range rows {
		p := &rows[i]
		if p.Decision != decisionDeny || !c.Hears(HookPassageDenied, p.Site) {
			continue
		}
		fact := passageFact{p.ID, p.Site, p.GateID, p.ZoneID, p.Direction, p.Reason, p.At().Truncate(time.Second), !p.Online}
		all = append(all, Happening{HookPassageDenied, []string{p.Site}, fact})
	}
	return s.Announce(ctx, c, all...)
}

// decisionDeny is how a passage says that the gate stayed shut (entry.Deny).
const decisionDeny = "deny"

// gateFact is what is told of a gate.
type gateFact struct {
	Gate        ID         `json:"gate"`
	Site        string     `json:"site"`
	LastSeenAt  *time.Time `json:"last_seen_at"`
	QueueLength int        `json:"queue_length"`
}

// AnnounceSilent tells webhooks of gates that have fallen silent.
func (s *Store) AnnounceSilent(ctx context.Context, c *Catalogue, gates []Gate) error {
	all := make([]Happening, len(gates))
	for i, g := range gates {
		all[i] = Happening{HookGateSilent, []string{g.Site}, gateFact{g.ID, g.Site, g.LastSeenAt, g.QueueLength}}
	}
	return s.Announce(ctx, c, all...)
}

// closureFact is what is told of a closure: not the reason, which somebody typed.
type closureFact struct {
	Closure   ID        `json:"closure"`
	Site      string    `json:"site"`
	Zone      *int      `json:"zone"`
	Space     *ID       `json:"space"`
	StartsAt  time.Time `json:"starts_at"`
	EndsAt    time.Time `json:"ends_at"`
	Cancelled int       `json:"cancelled"` // bookings that were in its way
}

// AnnounceClosure tells webhooks of a new closure.
func (s *Store) AnnounceClosure(ctx context.Context, c *Catalogue, cl *Closure, cancelled int) error {
	return s.Announce(ctx, c, Happening{HookClosureCreated, []string{cl.Site}, closureFact{
		cl.ID, cl.Site, cl.ZoneID, cl.SpaceID, cl.StartsAt, cl.EndsAt, cancelled,
	}})
}
