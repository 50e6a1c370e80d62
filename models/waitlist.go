package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
)

// WishState is how far a wish on the waitlist has come.
type WishState string

// The states of a wish.
const (
	WishWaiting   WishState = "waiting"
	WishOffered   WishState = "offered" // a space is held for it, for a limited time
	WishAccepted  WishState = "accepted"
	WishExpired   WishState = "expired" // the offer was not taken up, or the time has come
	WishCancelled WishState = "cancelled"
)

// Wish is a place on the waitlist: somebody waits for a space, for any space of a
// kind at a site, or, with several sites, for a room at each of them. Who came
// first is served first; ids are in the order of coming.
type Wish struct {
	ID             ID
	MemberID       ID
	Sites          Strings
	Kind           Kind
	SpaceID        *ID // this one and no other
	Capacity       int // at least so many people, 0 = any
	StartsAt       time.Time
	EndsAt         time.Time
	State          WishState
	BookingID      *ID // the hold of an offer; the booking once accepted
	OfferExpiresAt *time.Time
	Version        int
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// TableName says waitlist.
func (Wish) TableName() string { return "waitlist" }

// Period returns the time that is wished for.
func (w *Wish) Period() Period { return Period{w.StartsAt, w.EndsAt} }

// Suits reports whether the space is one that is waited for.
func (w *Wish) Suits(s *Space) bool {
	if w.SpaceID != nil {
		return s.ID == *w.SpaceID
	}
	return s.Kind == w.Kind && s.Capacity >= w.Capacity && slices.Contains(w.Sites, s.Site)
}

// Same reports whether the two wait for the same thing.
func (w *Wish) Same(o *Wish) bool {
	one := w.SpaceID == nil && o.SpaceID == nil || w.SpaceID != nil && o.SpaceID != nil && *w.SpaceID == *o.SpaceID
	return one && w.Kind == o.Kind && slices.Equal(w.Sites, o.Sites) && w.Period() == o.Period()
}

// Open reports whether the wish is still waited for or offered.
func (w *Wish) Open() bool { return w.State == WishWaiting || w.State == WishOffered }

// lastCall is until when a wish is in line: while at least half of what was wished
// for is left, since what nobody came to is given to others after its start.
func (w *Wish) lastCall() time.Time { return w.StartsAt.Add(w.EndsAt.Sub(w.StartsAt) / 2) }

// inLine is lastCall as a condition, at an instant in Unix time, doubled.
func (s *Store) inLine() string {
	return s.dialect.seconds("starts_at") + " + " + s.dialect.seconds("ends_at") + " > ?"
}

func (s *Store) twiceNow() int64 { return 2 * s.Now().Unix() }

// StateAt returns what a reader is told at now: the stored state follows later,
// by the job, so that no reader depends on its being on time.
func (w *Wish) StateAt(now time.Time) WishState {
	switch {
	case w.State == WishOffered && !now.Before(*w.OfferExpiresAt), w.State == WishWaiting && !now.Before(w.lastCall()):
		return WishExpired
	}
	return w.State
}

// InsertWish puts a new wish at the end of the line.
func (s *Store) InsertWish(ctx context.Context, w *Wish) error {
	w.ID, w.Version, w.State = NewID(), 1, WishWaiting
	return s.w(ctx).Create(w).Error
}

// Wish returns a wish, or ErrNotFound.
func (s *Store) Wish(ctx context.Context, id ID) (Wish, error) {
	var w Wish
	err := s.r(ctx).Where("id = ?", id).Take(&w).Error
	return w, err
}

// LockWish is Wish, and takes its row until the transaction ends. It is locked
// after the spaces.
func (s *Store) LockWish(ctx context.Context, id ID) (Wish, error) {
	var w Wish
	err := s.lock(ctx).Where("id = ?", id).Take(&w).Error
	return w, err
}

// WishOf returns the wish whose offer the booking holds, or ErrNotFound.
func (s *Store) WishOf(ctx context.Context, booking ID) (Wish, error) {
	var w Wish
	err := s.r(ctx).Where("booking_id = ?", booking).Take(&w).Error
	return w, err
}

// WishesOf returns a page of a member's wishes, the oldest first, and the cursor
// of the next page, nil after the last.
func (s *Store) WishesOf(ctx context.Context, member ID, page Page) ([]Wish, *Cursor, error) {
	var rows []Wish
	db := s.r(ctx).Where("member_id = ?", member)
	if err := page.byID(db, "id").Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	rows, next := cut(rows, page.Limit, func(w Wish) Cursor { return Cursor{ID: w.ID.String()} })
	return rows, next, nil
}

// OpenWishesOf returns the wishes of a member that are waiting or offered
// (StateAt), the oldest first.
func (s *Store) OpenWishesOf(ctx context.Context, member ID) ([]Wish, error) {
	var rows []Wish
	err := s.r(ctx).Where("member_id = ? AND (state = ? AND offer_expires_at > ? OR state = ? AND "+s.inLine()+")",
		member, WishOffered, s.Now(), WishWaiting, s.twiceNow()).Order("id").Find(&rows).Error
	return rows, err
}

// Waiting returns the wishes in line for some part of p, the first in line first.
func (s *Store) Waiting(ctx context.Context, p Period) ([]Wish, error) {
	var rows []Wish
	err := s.r(ctx).Where("state = ? AND starts_at > ? AND starts_at < ? AND ends_at > ? AND "+s.inLine(),
		WishWaiting, p.StartsAt.Add(-LongestBooking-time.Hour), p.EndsAt, p.StartsAt, s.twiceNow()).Order("id").Find(&rows).Error
	return rows, err
}

// SaveWish stores the state of a wish whose row is locked, and what goes with it.
func (s *Store) SaveWish(ctx context.Context, w *Wish) error {
	w.Version++
	w.UpdatedAt = s.Now()
	return changedOne(s.w(ctx).Model(&Wish{}).Where("id = ?", w.ID).Updates(map[string]any{
		"state": w.State, "booking_id": w.BookingID, "offer_expires_at": w.OfferExpiresAt, "version": w.Version, "updated_at": w.UpdatedAt,
	}), ErrNotFound)
}

// ExpireWishes takes out of the line whose time has come and gone.
func (s *Store) ExpireWishes(ctx context.Context) error {
	return s.w(ctx).Model(&Wish{}).Where("state = ? AND NOT ("+s.inLine()+")", WishWaiting, s.twiceNow()).
		Updates(map[string]any{"state": WishExpired, "updated_at": s.Now(), "version": gorm.Expr("version + 1")}).Error
}
