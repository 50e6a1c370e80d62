package occupancy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kyoten/models"
)

// StatementQuery asks for a month of a company or of one member.
type StatementQuery struct {
	Company int        // 0 = a member's
	Member  *models.ID // nil = a company's
	Year    int
	Month   time.Month
}

// Statement is what a company's people, or one member, booked in a month, by site
// and kind, beside what they may.
type Statement struct {
	Lines      []StatementLine
	Allowances []StatementAllowance
}

// StatementLine is the use of one kind of space at one site, in minutes of one
// space each.
type StatementLine struct {
	Site                       string
	Kind                       models.Kind
	Bookings, NoShows          int
	BookedMinutes, UsedMinutes int
	booked, used               time.Duration
	bookings                   map[models.ID]bool
}

// StatementAllowance is a limit on the booked time of a month and how much of it
// was booked.
type StatementAllowance struct {
	Kind          models.Kind // "" = both: a company's is pooled
	LimitMinutes  int
	BookedMinutes int
}

// Statement computes a month, each site's by its own clocks. A company's is for
// its managers, for administrators, and for staff as far as their sites go; a
// member's also for the member. What is booked of an allowance is so at all sites,
// whoever reads it: it is one for all of them.
func (s *Service) Statement(ctx context.Context, p models.Principal, q StatementQuery) (Statement, error) {
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return Statement{}, err
	}
	member, err := s.statementSubject(ctx, c, p, q)
	if err != nil {
		return Statement{}, err
	}
	m := &month{lines: map[string]*StatementLine{}}
	for _, site := range c.Sites() {
		first, next := monthOf(q.Year, q.Month)
		m.period = models.Period{StartsAt: first.At(0, site.Location()), EndsAt: next.At(0, site.Location())}
		uses, err := s.store.UsesOf(ctx, q.Company, q.Member, site.Slug, m.period)
		if err != nil {
			return Statement{}, fmt.Errorf("find uses: %w", err)
		}
		for _, u := range uses {
			m.add(u)
		}
	}
	out := m.result()
	out.Allowances = allowancesOf(c, q.Company, member, out.Lines)
	if p.Staff() && (q.Member == nil || !p.Is(*q.Member)) {
		out.Lines = slices.DeleteFunc(out.Lines, func(line StatementLine) bool { return !p.Runs(line.Site) })
	}
	return out, nil
}

// statementSubject refuses those who may not know, and returns the member.
func (s *Service) statementSubject(ctx context.Context, c *models.Catalogue, p models.Principal, q StatementQuery) (*models.Member, error) {
	if q.Member == nil {
		if _, err := c.Company(q.Company); err != nil || !p.SeesTerms(q.Company) {
			return nil, models.ErrNotFound.On("company")
		}
		return nil, nil
	}
	m, err := s.store.Member(ctx, *q.Member)
	if err != nil || !p.SeesMember(&m) {
		return nil, models.ErrNotFound.On("member")
	}
	return &m, nil
}

// monthOf returns the first day of a month and of the one after it.
func monthOf(year int, m time.Month) (first, next models.Day) {
	first = models.Day{Year: year, Month: m, Day: 1}
	return first, models.DayOf(time.Date(year, m+1, 1, 12, 0, 0, 0, time.UTC), time.UTC)
}

// month collects the lines.
type month struct {
	period models.Period
	lines  map[string]*StatementLine
}

func (m *month) add(u models.Use) {
	key := u.Site + "/" + string(u.Kind)
	if m.lines[key] == nil {
		m.lines[key] = &StatementLine{Site: u.Site, Kind: u.Kind, bookings: map[models.ID]bool{}}
	}
	line := m.lines[key]
	for _, part := range models.Clip([]models.Period{u.Booked()}, m.period) {
		line.booked += part.Length()
	}
	if used, came := u.Used(); came {
		for _, part := range models.Clip([]models.Period{used}, m.period) {
			line.used += part.Length()
		}
	}
	if m.period.Has(u.StartsAt) {
		line.bookings[u.BookingID] = true
		if u.Status == models.BookingNoShow {
			line.NoShows++
		}
	}
}

func (m *month) result() Statement {
	var out Statement
	for _, line := range m.lines {
		line.Bookings, line.BookedMinutes, line.UsedMinutes = len(line.bookings), minutes(line.booked), minutes(line.used)
		out.Lines = append(out.Lines, *line)
	}
	slices.SortFunc(out.Lines, func(a, b StatementLine) int { return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Kind, b.Kind)) })
	return out
}

// allowancesOf are the limits on a month: the company's pooled one, or those of
// the member's plan.
func allowancesOf(c *models.Catalogue, company int, m *models.Member, lines []StatementLine) []StatementAllowance {
	booked := map[models.Kind]int{}
	for _, line := range lines {
		booked[line.Kind] += line.BookedMinutes
		booked[""] += line.BookedMinutes
	}
	if m == nil {
		if co, err := c.Company(company); err == nil && co.MinutesPerMonth > 0 {
			return []StatementAllowance{{"", co.MinutesPerMonth, booked[""]}}
		}
		return nil
	}
	plan, err := c.PlanOf(m)
	if err != nil {
		return nil
	}
	var out []StatementAllowance
	for _, kind := range []models.Kind{models.KindSeat, models.KindRoom} {
		if limit := plan.Rules[kind].MinutesPerMonth; limit > 0 {
			out = append(out, StatementAllowance{kind, limit, booked[kind]})
		}
	}
	return out
}

func minutes(d time.Duration) int { return int(d / time.Minute) }
