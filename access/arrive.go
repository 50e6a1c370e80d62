package access

import (
	"context"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// arrive does what follows from somebody's coming, in the transaction of the
// passage: it writes down which bookings it checked in, and tells a guest's host.
func (s *Service) arrive(ctx context.Context, tx *models.Store, sc *scan, p models.Passage, came []models.ID) error {
	if err := noteCheckIns(ctx, tx, sc.view, sc.by, sc.site.Slug, p, came); err != nil {
		return err
	}
	if comesIn(p) && sc.newGuest() && sc.facts.BookingID != nil {
		return s.announceGuest(ctx, tx, sc.view, guestNews{guest: *sc.facts.GuestID, booking: *sc.facts.BookingID, at: p.At()})
	}
	return nil
}

// comesIn reports whether somebody came in.
func comesIn(p models.Passage) bool { return p.Direction == string(entry.Entry) && p.Opened }

// newGuest reports whether the holder is a guest who was not here before.
func (sc *scan) newGuest() bool { return sc.facts.GuestID != nil && sc.facts.ArrivedAt == nil }

// checkIn checks in the bookings that waited for the arrival.
func (s *Service) checkIn(ctx context.Context, tx *models.Store, v *view, by models.Principal, a models.Arrival, p models.Passage) error {
	ids, err := tx.CheckInAt(ctx, a, p.At().Truncate(1e9))
	if err != nil {
		return err
	}
	return noteCheckIns(ctx, tx, v, by, a.Site.Slug, p, ids)
}

// noteCheckIns writes down that bookings were checked in, and tells webhooks.
func noteCheckIns(ctx context.Context, tx *models.Store, v *view, by models.Principal, site string, p models.Passage, came []models.ID) error {
	for _, id := range came {
		err := tx.Audit(ctx, by, "booking.check_in", "booking", id.String(), site, map[string]string{"passage": p.ID})
		if err != nil {
			return err
		}
	}
	return tx.AnnounceCheckIns(ctx, v.Catalogue, site, came)
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
