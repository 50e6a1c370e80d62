package access

import (
	"context"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// arrive does what follows from somebody's coming, in the transaction of the
// passage: bookings that waited for them are checked in, and a guest's host hears
// of it.
func (s *Service) arrive(ctx context.Context, tx *models.Store, sc *scan, p models.Passage) error {
	if p.Direction != string(entry.Entry) || !p.Opened {
		return nil
	}
	if sc.facts.Awaited {
		err := s.checkIn(ctx, tx, sc.by, models.Arrival{Site: sc.site, Member: sc.facts.MemberID, Booking: sc.facts.BookingID}, p)
		if err != nil {
			return err
		}
	}
	if sc.newGuest() && sc.facts.BookingID != nil {
		return s.announceGuest(ctx, tx, sc.view, guestNews{guest: *sc.facts.GuestID, booking: *sc.facts.BookingID, at: p.At()})
	}
	return nil
}

// newGuest reports whether the holder is a guest who was not here before.
func (sc *scan) newGuest() bool { return sc.facts.GuestID != nil && sc.facts.ArrivedAt == nil }

// checkIn checks in the bookings that waited for the arrival.
func (s *Service) checkIn(ctx context.Context, tx *models.Store, by models.Principal, a models.Arrival, p models.Passage) error {
	ids, err := tx.CheckInAt(ctx, a, p.At().Truncate(1e9))
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := tx.Audit(ctx, by, "booking.check_in", "booking", id.String(), a.Site.Slug, map[string]string{"passage": p.ID})
		if err != nil {
			return err
		}
	}
	return nil
}

// guestNews is that a guest has come.
type guestNews struct {
	guest, booking models.ID
	at             time.Time
	late           bool // too late to tell
}

// announceGuest notes when a guest first came, and tells the host.
func (s *Service) announceGuest(ctx context.Context, tx *models.Store, v *view, news guestNews) error {
	first, err := tx.ArriveGuest(ctx, news.guest, news.at)
	if err != nil || !first || news.late {
		return err
	}
	b, err := tx.Booking(ctx, news.booking)
	if err != nil {
		return err
	}
	host, err := tx.Member(ctx, b.OrganizerID)
	if err != nil || host.ErasedAt != nil {
		return err
	}
	notice := models.NewBookingNotice(v.Catalogue, &b, &host)
	notice.GuestID = &news.guest
	for _, g := range b.Guests {
		if g.ID == news.guest {
			notice.Guest = g.Name
		}
	}
	return tx.TellOrganizer(ctx, models.NoticeGuestArrived, &b, &host, notice)
}
