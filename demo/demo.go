package demo

import (
	"context"
	"fmt"
	"time"

	"kyoten/auth"
	"kyoten/models"
)

// How far the sample bookings reach from the day of the start.
const (
	pastDays   = 28
	comingDays = 14 // today counts
)

// Fill stores the sample consortium in an empty database, as it would stand at
// the store's present instant. The same seed and instant give the same people,
// bookings and passages.
func Fill(ctx context.Context, store *models.Store, seed uint64) error {
	hash, err := auth.HashPassword(Password)
	if err != nil {
		return fmt.Errorf("hash the demo's password: %w", err)
	}
	return store.InTx(ctx, func(tx *models.Store) error {
		b := &builder{dice: newDice(seed), now: store.Now(), layouts: layouts, regulars: map[string][]*models.Member{}}
		if err := b.house(ctx, tx); err != nil {
			return err
		}
		b.addPeople(hash)
		if b.cat, err = tx.Catalogue(ctx); err != nil {
			return err
		}
		b.chooseSeat()
		b.addCalendar()
		b.addPassages()
		return b.store(ctx, tx)
	})
}

// builder makes the sample. Its methods draw from one dice in one order.
type builder struct {
	dice     dice
	now      time.Time
	layouts  []layout
	cat      *models.Catalogue // once the house stands
	entrance map[string]int    // the outermost zone of each site
	offices  map[int]int       // the office zone of each company, by place in companies
	regulars map[string][]*models.Member
	fixed    []*models.Member
	own      ownSeat

	companies   []models.Company
	members     []*models.Member
	memberSites []models.MemberSite
	spaces      []models.Space
	gates       []models.Gate
	subjects    map[models.ID]string // of each member
	moves       []movement
	rows        calendarRows
}

// calendarRows are the rows that make the past and the coming weeks.
type calendarRows struct {
	bookings []models.Booking
	spaces   []models.BookingSpace
	guests   []models.Guest
	subjects []models.Subject
	passes   []models.Pass

	passages  []models.Passage
	visits    []models.Visit
	presences []models.Presence
}

// store writes everything but the house, which stands already: a few statements
// of many rows each.
func (b *builder) store(ctx context.Context, tx *models.Store) error {
	members := make([]models.Member, len(b.members))
	for i, m := range b.members {
		members[i] = *m
	}
	r := &b.rows
	if err := tx.Load(ctx, members, b.memberSites, r.bookings, r.spaces, r.guests, r.subjects, r.passes, r.passages, r.visits, r.presences); err != nil {
		return err
	}
	return b.storeSeat(ctx, tx)
}
