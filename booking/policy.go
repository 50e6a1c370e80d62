package booking

import (
	"fmt"
	"slices"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

// proposal is a booking somebody wants, with all that the rules look at. The
// methods in this file and in allowance.go are the whole policy: no clock, no
// database.
type proposal struct {
	cat       *models.Catalogue
	by        models.Principal
	organizer *models.Member
	plan      *models.Plan
	now       time.Time
	period    models.Period
	spaces    []*models.Space
	guests    int
	reason    string // why somebody books for another

	// wants are what was asked for in place of spaces, candidates what would do
	// for each; choose picks the spaces from them.
	wants      []Want
	candidates [][]*models.Space

	// grows is the hold that this booking grows from, wish the wish whose offer it
	// was. What was held in time is not too late now.
	grows *models.Booking
	wish  *models.Wish

	// old is the booking as it stands, when this is a change of it. A change is
	// judged on what it changes: an end that stays where it was is not asked for
	// again.
	old *models.Booking
}

// rules in the order in which they are judged; of several broken ones the first
// is told (docs/api.md). A rule that concerns one space is asked about each.
var rules = []func(*proposal, *models.Space) error{
	(*proposal).onGrain,
	(*proposal).notInThePast,
	(*proposal).soonEnough,
	(*proposal).nearEnough,
	(*proposal).longEnough,
	(*proposal).shortEnough,
	(*proposal).bookable,
	(*proposal).notClosed,
	(*proposal).withinHours,
	(*proposal).roomForAll,
	(*proposal).guestsAllowed,
}

// judge returns the first rule the proposal breaks, other bookings left aside.
func (p *proposal) judge() error {
	for _, rule := range rules {
		for i, space := range p.spaces {
			if p.lost(space) {
				continue
			}
			if err := rule(p, space); err != nil {
				return onSpace(err, i)
			}
		}
	}
	return nil
}

func (p *proposal) rule(s *models.Space) models.PlanRule { return p.plan.Rules[s.Kind] }

func (p *proposal) location(s *models.Space) *time.Location { return p.site(s).Location() }

func (p *proposal) site(s *models.Space) *models.Site {
	site, _ := p.cat.Site(s.Site) // a space without a site cannot be stored
	return site
}

// movesStart, movesEnd and adds say what a change changes; of a new booking all.
func (p *proposal) movesStart() bool {
	return p.old == nil || !p.old.StartsAt.Equal(p.period.StartsAt)
}

func (p *proposal) movesEnd() bool { return p.old == nil || !p.old.EndsAt.Equal(p.period.EndsAt) }

func (p *proposal) adds(s *models.Space) bool {
	return p.old == nil || !slices.ContainsFunc(p.old.Spaces, func(bs models.BookingSpace) bool { return bs.SpaceID == s.ID })
}

// onGrain: the steps of a space count from local midnight.
func (p *proposal) onGrain(s *models.Space) error {
	grain := time.Duration(s.GrainMinutes) * time.Minute
	if (p.movesStart() || p.adds(s)) && !isOnGrain(p.period.StartsAt, s.GrainMinutes, p.location(s)) {
		return ErrOffGrain.On("starts_at").With("grain", grain)
	}
	if (p.movesEnd() || p.adds(s)) && !isOnGrain(p.period.EndsAt, s.GrainMinutes, p.location(s)) {
		return ErrOffGrain.On("ends_at").With("grain", grain)
	}
	return nil
}

func isOnGrain(t time.Time, grain int, loc *time.Location) bool {
	h, m, s := t.In(loc).Clock()
	return s == 0 && (h*60+m)%grain == 0
}

// runningGrain returns the start of the step of the grain in which t lies.
func runningGrain(t time.Time, grain int, loc *time.Location) time.Time {
	h, m, s := t.In(loc).Clock()
	past := time.Duration((h*60+m)%grain)*time.Minute + time.Duration(s)*time.Second
	return t.Truncate(time.Second).Add(-past)
}

// notInThePast: what is running can still be begun, so that somebody who comes
// at 10:05 gets the seat from 10:00.
func (p *proposal) notInThePast(s *models.Space) error {
	if p.movesStart() && p.period.StartsAt.Before(runningGrain(p.asked(), s.GrainMinutes, p.location(s))) {
		return ErrInThePast.On("starts_at")
	}
	if p.movesEnd() && !p.period.EndsAt.After(p.now) {
		return ErrInThePast.On("ends_at")
	}
	return nil
}

// asked is when the spaces were asked for: now, or when the hold was made.
func (p *proposal) asked() time.Time {
	if p.grows != nil && !p.grows.Expired(p.now) {
		return p.grows.CreatedAt
	}
	return p.now
}

func (p *proposal) soonEnough(s *models.Space) error {
	notice := minutes(p.rule(s).NoticeMinutes)
	if notice > 0 && p.movesStart() && p.period.StartsAt.Before(p.asked().Add(notice)) {
		return ErrTooLateToBook.On("starts_at").With("notice", notice)
	}
	return nil
}

func (p *proposal) nearEnough(s *models.Space) error {
	horizon := time.Duration(p.rule(s).HorizonDays) * 24 * time.Hour
	if horizon > 0 && p.movesEnd() && p.period.EndsAt.After(p.now.Add(horizon)) {
		return ErrTooFarAhead.On("ends_at").With("horizon", horizon)
	}
	return nil
}

func (p *proposal) longEnough(s *models.Space) error {
	least := minutes(p.rule(s).MinMinutes)
	if (p.movesStart() || p.movesEnd()) && p.period.Length() < least {
		return ErrTooShort.On("ends_at").With("min", least)
	}
	return nil
}

func (p *proposal) shortEnough(s *models.Space) error {
	most := longest(p.rule(s))
	if (p.movesStart() || p.movesEnd()) && p.period.Length() > most {
		return ErrTooLong.On("ends_at").With("max", most)
	}
	return nil
}

// longest is how long a booking may last under a rule.
func longest(rule models.PlanRule) time.Duration {
	if rule.MaxMinutes == 0 {
		return models.LongestBooking
	}
	return min(minutes(rule.MaxMinutes), models.LongestBooking)
}

// bookable: the space is in order, the plan allows its kind and its site, it is nobody
// else's fixed seat (or was given up for that time), and in a company's zone the holder is of that company.
func (p *proposal) bookable(s *models.Space) error {
	asked, any := p.reach(s)
	if !any {
		return nil
	}
	foreign := s.Company() != 0 && s.Company() != p.organizer.Company()
	owned := s.OwnerID != nil && *s.OwnerID != p.organizer.ID && !p.cat.GivenUp(s.ID, asked)
	if !s.Bookable || foreign || owned || !p.plan.Allows(s) {
		return models.ErrSpaceNotBookable
	}
	return nil
}

// lost reports whether the space was released before, and a change that begins when
// the booking did does not ask for it again.
func (p *proposal) lost(s *models.Space) bool {
	return !p.movesStart() && slices.ContainsFunc(p.old.Spaces, func(bs models.BookingSpace) bool { return bs.SpaceID == s.ID && !bs.Active })
}

// reach is the part of the period that a change asks for anew: all of it when a
// space or the start is new, and what is added at the end when only that moved.
func (p *proposal) reach(s *models.Space) (models.Period, bool) {
	switch {
	case p.lost(s):
		return models.Period{}, false
	case p.adds(s) || p.movesStart():
		return p.period, true
	case p.movesEnd() && p.period.EndsAt.After(p.old.EndsAt):
		return models.Period{StartsAt: p.old.EndsAt, EndsAt: p.period.EndsAt}, true
	}
	return models.Period{}, false
}

func (p *proposal) notClosed(s *models.Space) error {
	asked, any := p.reach(s)
	if any && p.cat.Closed(s, asked) {
		return ErrSiteClosed.On("starts_at")
	}
	return nil
}

func (p *proposal) withinHours(s *models.Space) error {
	asked, any := p.reach(s)
	if !any || p.site(s).WithinHours(asked) {
		return nil
	}
	refusal := ErrOutsideOpeningHours.On("starts_at")
	day := p.site(s).HoursOn(models.DayOf(p.period.StartsAt, p.location(s)))
	if len(day) == 1 {
		refusal = refusal.With("opens", day[0].StartsAt.In(p.location(s))).With("closes", day[0].EndsAt.In(p.location(s)))
	}
	return refusal
}

// roomForAll: the holder and the guests fit into the rooms, taken together.
func (p *proposal) roomForAll(*models.Space) error {
	capacity, rooms := 0, 0
	for _, s := range p.spaces {
		if s.Kind == models.KindRoom {
			rooms++
			capacity += s.Capacity
		}
	}
	if rooms > 0 && p.guests+1 > capacity && p.changesPeople() {
		return ErrCapacityExceeded.On("guests").With("capacity", capacity)
	}
	return nil
}

func (p *proposal) guestsAllowed(*models.Space) error {
	if p.changesPeople() && p.guests > p.plan.MaxGuests {
		return ErrTooManyGuests.On("guests").With("max", p.plan.MaxGuests)
	}
	return nil
}

// changesPeople reports whether the proposal changes how many people there are
// or where they sit.
func (p *proposal) changesPeople() bool {
	return p.old == nil || p.guests > len(p.old.Guests) || slices.ContainsFunc(p.spaces, p.adds)
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// onSpace makes a fault that names no input yet name the i-th space.
func onSpace(err error, i int) error {
	f := fault.From(err)
	if f.Pointer != "" {
		return f
	}
	return f.On(fmt.Sprintf("spaces/%d", i))
}
