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

// checkIns returns what a passage checks in that has no other consequence and is
// about bookings of nobody but the member who comes; nil where there is more to it.
func (sc *scan) checkIns(p models.Passage) (*models.CheckIns, error) {
	f := &sc.facts
	if !comesIn(p) || !counts(p) || sc.zone().Capacity > 0 || f.GuestID != nil || f.MemberID == nil {
		return nil, nil
	}
	if f.BookingID != nil && *f.OrganizerID != *f.MemberID || sc.view.Hears(models.HookBookingCheckedIn, sc.site.Slug) {
		return nil, nil
	}
	waiting, err := f.WaitingBookings()
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	return &models.CheckIns{Arrival: sc.arrival(), By: sc.by, Waiting: waiting}, nil
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
	if err := tx.AuditCheckIns(ctx, by, site, p.ID, came); err != nil {
		return err
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
