package booking

import (
	"context"
	"fmt"
	"slices"

	"kyoten/models"
)

// Record is a booking as its reader may see it: what they may not know is left
// out already.
type Record struct {
	models.Booking
	Organizer *models.Member // nil where only "busy" is shown
	View      models.View

	// Catalogue names the spaces and sites of the booking.
	Catalogue *models.Catalogue
}

// show returns what the principal may see of a booking; a View of ViewNone means
// nothing at all.
func show(cat *models.Catalogue, by models.Principal, b models.Booking, organizer *models.Member) Record {
	r := Record{Booking: b, Organizer: organizer, View: by.ViewOf(cat, &b), Catalogue: cat}
	if b.Status == models.BookingHeld {
		r.View = models.ViewNone // a hold is not a booking yet; see hold.go
	}
	if r.View == models.ViewFull && (by.Is(b.OrganizerID) || by.Is(b.CreatedBy)) {
		return r
	}
	r.Spaces = slices.DeleteFunc(slices.Clone(b.Spaces), func(bs models.BookingSpace) bool {
		space, err := cat.Space(bs.SpaceID)
		return err != nil || !by.SeesSpace(space)
	})
	if r.View != models.ViewFull {
		r.Title, r.Guests, r.JoinURL, r.Organizer = "", nil, "", nil
		r.OrganizerID, r.CreatedBy = models.ID{}, models.ID{}
	}
	return r
}

// Booking returns a booking, or ErrNotFound also for one the caller may not read.
func (s *Service) Booking(ctx context.Context, by models.Principal, id models.ID) (Record, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return Record{}, err
	}
	b, err := s.store.Booking(ctx, id)
	if err != nil {
		return Record{}, err
	}
	return s.record(ctx, s.store, cat, by, b)
}

// record shows a booking whose organizer has yet to be read.
func (s *Service) record(ctx context.Context, store *models.Store, cat *models.Catalogue, by models.Principal, b models.Booking) (Record, error) {
	organizer, err := organizerOf(ctx, store, by, &b)
	if err != nil {
		return Record{}, err
	}
	r := show(cat, by, b, organizer)
	if r.View == models.ViewNone {
		return Record{}, models.ErrNotFound
	}
	return r, nil
}

func organizerOf(ctx context.Context, store *models.Store, by models.Principal, b *models.Booking) (*models.Member, error) {
	if by.Is(b.OrganizerID) {
		return by.Member, nil
	}
	m, err := store.Member(ctx, b.OrganizerID)
	if err != nil {
		return nil, fmt.Errorf("read organizer of booking: %w", err)
	}
	return &m, nil
}

// Filter says which bookings to list: those that overlap [From, To), at a site,
// or held by the caller.
type Filter struct {
	models.Range
	models.Page
	Site   string
	Mine   bool
	Status models.BookingStatus // "" = any
	Text   string               // part of the holder's name, reading or address, or the reference
}

// List returns the bookings that the caller may read, by start, and the cursor of
// the next page, nil when there is none.
func (s *Service) List(ctx context.Context, by models.Principal, f Filter) ([]Record, *models.Cursor, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, nil, err
	}
	if f.Site != "" {
		if _, err := cat.Site(f.Site); err != nil {
			return nil, nil, models.ErrNotFound.On("site")
		}
	}
	rows, next, err := s.store.Bookings(ctx, models.BookingQuery{
		Reader: by, Range: f.Range, Page: f.Page, Site: f.Site, Mine: f.Mine, Status: f.Status, Text: f.Text,
	})
	if err != nil {
		return nil, nil, err
	}
	records, err := s.records(ctx, cat, by, rows)
	return records, next, err
}

func (s *Service) records(ctx context.Context, cat *models.Catalogue, by models.Principal, rows []models.Booking) ([]Record, error) {
	ids := make([]models.ID, len(rows))
	for i, b := range rows {
		ids[i] = b.OrganizerID
	}
	organizers, err := s.store.Members(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read organizers of bookings: %w", err)
	}
	out := make([]Record, 0, len(rows))
	for _, b := range rows {
		organizer := organizers[b.OrganizerID]
		if r := show(cat, by, b, &organizer); r.View != models.ViewNone {
			out = append(out, r)
		}
	}
	return out, nil
}

// readable turns a booking the caller may not change into the right refusal:
// whoever may not know of it learns nothing.
func readable(cat *models.Catalogue, by models.Principal, b *models.Booking, err error) error {
	if err != nil {
		return err
	}
	view := by.ViewOf(cat, b)
	switch {
	case view == models.ViewNone, b.Status == models.BookingHeld:
		return models.ErrNotFound
	case view == models.ViewBusy:
		return models.ErrForbidden
	}
	return nil
}
