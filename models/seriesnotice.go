package models

import "context"

// SeriesNews is what there is to tell about bookings of a series: to each person
// once, however many bookings there are.
type SeriesNews struct {
	Told      NoticeKind // to the organizer, "" = nothing
	Guests    NoticeKind // to the guests, "" = nothing
	Bookings  []*Booking // by start
	Organizer *Member
	Reason    string
}

// DatesOf lists the bookings of a series for a notice about them.
func DatesOf(rows []*Booking) []NoticeDate {
	out := make([]NoticeDate, len(rows))
	for i, b := range rows {
		out[i] = NoticeDate{BookingID: b.ID, Reference: b.Reference, StartsAt: b.StartsAt, EndsAt: b.EndsAt, Sequence: b.Sequence}
	}
	return out
}

// TellSeries enqueues the notices about bookings of a series.
func (s *Store) TellSeries(ctx context.Context, c *Catalogue, n SeriesNews) error {
	if len(n.Bookings) == 0 {
		return nil
	}
	first := n.Bookings[0]
	payload := NewBookingNotice(c, first, n.Organizer)
	payload.Reason, payload.Dates = n.Reason, DatesOf(n.Bookings)
	if n.Told != "" {
		if err := s.TellOrganizer(ctx, n.Told, first, n.Organizer, payload); err != nil {
			return err
		}
	}
	for _, g := range n.guests() {
		payload.Guest, payload.GuestID, payload.Dates = g.guest.Name, &g.guest.ID, g.dates
		if err := s.Enqueue(ctx, payload, toGuest(n.Guests, g.booking, g.guest, n.Organizer)); err != nil {
			return err
		}
	}
	return nil
}

// invitedTo is one guest, by mail address, and the dates they are invited to.
type invitedTo struct {
	guest   *Guest
	booking *Booking
	dates   []NoticeDate
}

func (n *SeriesNews) guests() []*invitedTo {
	var out []*invitedTo
	at := map[string]*invitedTo{}
	if n.Guests == "" {
		return nil
	}
	for i, b := range n.Bookings {
		for j := range b.Guests {
			g := &b.Guests[j]
			one := at[g.Email]
			if one == nil {
				one = &invitedTo{guest: g, booking: b}
				at[g.Email], out = one, append(out, one)
			}
			date := DatesOf(n.Bookings[i : i+1])[0]
			date.GuestID = &g.ID
			one.dates = append(one.dates, date)
		}
	}
	return out
}
