package booking

import (
	"slices"
	"time"

	"kyoten/models"
)

// claim is what the proposal asks of other bookings.
func (p *proposal) claim() models.Claim {
	c := models.Claim{Organizer: p.organizer.ID, Shown: p.by.SessionID, Period: p.period, Allowances: p.allowances(), Attendance: p.plan.NoShowLimit > 0}
	switch {
	case p.old != nil:
		c.Booking = p.old.ID
	case p.grows != nil:
		c.Booking = p.grows.ID
	}
	for _, s := range p.spaces {
		if p.lost(s) {
			continue
		}
		c.Spaces = append(c.Spaces, models.SpaceClaim{SpaceID: s.ID, Period: p.hold(s)})
		c.Seat = c.Seat || s.Kind == models.KindSeat
		c.CountOpen = c.CountOpen || p.rule(s).MaxOpen > 0 && p.adds(s)
	}
	return c
}

// hold is the time the space is kept from others: the period and the buffer.
func (p *proposal) hold(s *models.Space) models.Period {
	return models.Period{StartsAt: p.period.StartsAt, EndsAt: p.period.EndsAt.Add(minutes(p.rule(s).BufferMinutes))}
}

// allowances are the limits on booked time that the proposal counts against: the
// member's per kind, and the company's that all its members share.
func (p *proposal) allowances() []models.Allowance {
	var out []models.Allowance
	add := func(a models.Allowance, limit int) {
		a.Limit = minutes(limit)
		if limit > 0 && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	company, _ := p.cat.Company(p.organizer.Company()) // 0 is no company
	for _, s := range p.spaces {
		for _, week := range weeksOf(p.period, p.location(s)) {
			add(models.Allowance{Kind: s.Kind, Within: week}, p.rule(s).MinutesPerWeek)
			if company != nil {
				add(models.Allowance{Company: company.ID, Within: week}, company.MinutesPerWeek)
			}
		}
		for _, month := range monthsOf(p.period, p.location(s)) {
			add(models.Allowance{Kind: s.Kind, Within: month}, p.rule(s).MinutesPerMonth)
			if company != nil {
				add(models.Allowance{Company: company.ID, Within: month}, company.MinutesPerMonth)
			}
		}
	}
	return out
}

// sharesAllowance reports whether the company's row must be locked, since its
// other members count against the same limit.
func (p *proposal) sharesAllowance() bool {
	return slices.ContainsFunc(p.allowances(), func(a models.Allowance) bool { return a.Company != 0 })
}

// weeksOf returns the weeks that p touches in loc, from Monday to Monday.
func weeksOf(p models.Period, loc *time.Location) []models.Period {
	var out []models.Period
	for _, day := range models.DaysOf(p, loc) {
		monday := day.Add(-(int(day.Weekday()) + 6) % 7)
		week := models.Period{StartsAt: monday.At(0, loc), EndsAt: monday.Add(7).At(0, loc)}
		if !slices.Contains(out, week) {
			out = append(out, week)
		}
	}
	return out
}

// monthsOf returns the calendar months that p touches in loc.
func monthsOf(p models.Period, loc *time.Location) []models.Period {
	var out []models.Period
	for _, day := range models.DaysOf(p, loc) {
		first := models.Day{Year: day.Year, Month: day.Month, Day: 1}
		next := models.Day{Year: day.Year, Month: day.Month, Day: 28}.Add(4)
		next.Day = 1
		month := models.Period{StartsAt: first.At(0, loc), EndsAt: next.At(0, loc)}
		if !slices.Contains(out, month) {
			out = append(out, month)
		}
	}
	return out
}

// judgeCounts returns the limit that the proposal would go over.
func (p *proposal) judgeCounts(st models.Standing) error {
	if err := p.judgeAttendance(st.Missed); err != nil {
		return err
	}
	if err := p.judgeAllowances(st); err != nil {
		return err
	}
	return p.judgeOpen(st)
}

// judgeAttendance refuses whoever did not come so often that their plan pauses
// them. The desk may book for them all the same, and what they have they may move.
func (p *proposal) judgeAttendance(missed models.Missed) error {
	limit, until := p.plan.NoShowLimit, missed.Last.Add(time.Duration(p.plan.NoShowPauseDays)*24*time.Hour)
	if limit == 0 || missed.N < limit || p.old != nil || !p.now.Before(until) || p.by.RunsAny(p.siteNames()) {
		return nil
	}
	return ErrBookingPaused.With("until", until.In(p.location(p.spaces[0]))).With("missed", missed.N)
}

func (p *proposal) siteNames() []string {
	names := make([]string, len(p.spaces))
	for i, s := range p.spaces {
		names[i] = s.Site
	}
	return names
}

// judgeAllowances refuses what would go over an allowance; one of which nothing
// is known (another time zone's week, in a search) counts as used up.
func (p *proposal) judgeAllowances(st models.Standing) error {
	for _, a := range p.allowances() {
		mine := p.uses(a, p.period, p.kinds())
		if p.old != nil && mine <= p.uses(a, p.old.Period(), kindsOf(p.old)) {
			continue
		}
		used, known := st.Used[a]
		if !known || used+mine > a.Limit {
			return overQuota(a.Limit - used)
		}
	}
	return nil
}

func (p *proposal) judgeOpen(st models.Standing) error {
	for i, s := range p.spaces {
		limit := p.rule(s).MaxOpen
		if limit > 0 && p.adds(s) && st.Open[s.Kind] >= limit {
			return onSpace(ErrTooManyOpenBookings.With("limit", limit), i)
		}
	}
	return nil
}

func overQuota(left time.Duration) error {
	refusal := ErrOverQuota.On("ends_at")
	if left > 0 {
		refusal = refusal.With("left", left)
	}
	return refusal
}

// uses is how much of the allowance spaces of these kinds use over a period.
func (p *proposal) uses(a models.Allowance, period models.Period, kinds []models.Kind) time.Duration {
	var sum time.Duration
	within := models.Clip([]models.Period{period}, a.Within)
	for _, kind := range kinds {
		if len(within) == 1 && (a.Kind == "" || a.Kind == kind) {
			sum += within[0].Length()
		}
	}
	return sum
}

func (p *proposal) kinds() []models.Kind {
	out := make([]models.Kind, len(p.spaces))
	for i, s := range p.spaces {
		out[i] = s.Kind
	}
	return out
}

func kindsOf(b *models.Booking) []models.Kind {
	out := make([]models.Kind, len(b.Spaces))
	for i, s := range b.Spaces {
		out[i] = s.Kind
	}
	return out
}

// judgeClashes returns what is in the way: another booking of a space, or the
// holder's own seat elsewhere.
func (p *proposal) judgeClashes(st models.Standing) error {
	if len(st.Clashes) > 0 {
		refusal := &Refusal{Fault: models.ErrSpaceTaken.On("spaces")}
		for _, c := range st.Clashes {
			refusal.Conflicts = append(refusal.Conflicts, Conflict{Space: c.SpaceID, StartsAt: c.Period.StartsAt, EndsAt: c.Period.EndsAt})
		}
		return refusal
	}
	if len(st.Seats) > 0 || seatsAmong(p.spaces) > 1+p.guests {
		return ErrHolderBusy.On("spaces")
	}
	return nil
}

func seatsAmong(spaces []*models.Space) (n int) {
	for _, s := range spaces {
		if s.Kind == models.KindSeat {
			n++
		}
	}
	return n
}
