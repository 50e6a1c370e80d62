package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// What the past of a large consortium is made of: seats of a site, each booked so
// often a day, and everybody who booked also came and went.
const (
	pastSeats  = 55
	pastPerDay = 5
	pastBatch  = 60 // days of a site that are stored at once
)

// pastSize is how many sites and days of the past are stored: on PostgreSQL a year
// of fifty sites (5 million bookings, 10 million passages), on SQLite five years of
// three; a part of them with --history below 1.
func (b *bench) pastSize() (sites, days int) {
	sites, days = 50, 365
	if b.db.kind == "sqlite" {
		sites, days = 3, 5*365
	}
	return sites, max(31, int(float64(days)*b.past))
}

func pastSlug(i int) string { return fmt.Sprintf("past-%02d", i+1) }

// history measures reports of a month and the occupancy of now over a long past.
func (b *bench) history(ctx context.Context) error {
	if b.past == 0 {
		return nil
	}
	if err := b.db.create(ctx, "history"); err != nil {
		return err
	}
	p, _, err := b.startDemo()
	if err != nil {
		return err
	}
	p.stop()
	stored, err := b.storePast(ctx)
	if err != nil {
		return err
	}
	b.column.set("past", fmt.Sprint(stored), float64(stored))
	if p, _, err = b.startDemo(); err != nil {
		return err
	}
	defer p.stop()
	token, err := signIn(p)
	if err != nil {
		return err
	}
	month := url.Values{"from": {opening.AddDate(0, -1, 0).Format(time.RFC3339)}, "to": {opening.Format(time.RFC3339)}}
	for _, scope := range []struct{ key, site string }{{"report-one", pastSlug(0)}, {"report-all", ""}} {
		var slowest time.Duration
		for _, by := range []string{"hour", "weekday", "weekday_hour", "day", "month", "space", "zone", "company", "plan", "kind", "site"} {
			query := url.Values{"by": {by}, "from": month["from"], "to": month["to"]}
			if scope.site != "" {
				query.Set("site", scope.site)
			}
			times, err := askOften(p, "/reports/utilization?"+query.Encode(), token, 3)
			if err != nil {
				return err
			}
			progress("  %s by %s: %s", scope.key, by, ms(times.quantile(0.5)))
			slowest = max(slowest, times.quantile(0.5))
		}
		b.column.set(scope.key, "p50 "+ms(slowest), slowest.Seconds())
	}
	times, err := askOften(p, "/occupancy", token, 30)
	b.column.set("occupancy", "p50 "+ms(times.quantile(0.5)), times.quantile(0.5).Seconds())
	return err
}

// signIn returns the token of the demo's administrator.
func signIn(p *program) (string, error) {
	raw, err := p.call("POST", "/sessions", "", map[string]any{"email": "admin@kyoten.example", "password": "kyoten-demo"}, 201)
	if err != nil {
		return "", err
	}
	var answer struct{ Token string }
	return answer.Token, json.Unmarshal(raw, &answer)
}

// askOften asks the same n times, after once that does not count.
func askOften(p *program, path, token string, n int) (sample, error) {
	var times sample
	for i := range n + 1 {
		began := time.Now()
		if _, err := p.call("GET", path, token, nil, 200); err != nil {
			return nil, err
		}
		if i > 0 {
			times = append(times, time.Since(began))
		}
	}
	return times, nil
}

// storePast fills the tables and returns how many bookings there are.
func (b *bench) storePast(ctx context.Context) (int, error) {
	w, err := b.db.writer(ctx)
	if err != nil {
		return 0, err
	}
	defer w.close()
	s := &stock{seats: map[string][]string{}}
	w.addMembers(s, 2000)
	w.addSubjects(s)
	sites, days := b.pastSize()
	zones := make([]int, sites)
	for i := range zones {
		zones[i] = w.addPastSite(s, pastSlug(i))
	}
	w.trustRows()
	var past pastRows
	for i, zone := range zones {
		for day := -days; day < 0; day++ {
			past.addDay(w, s, pastSlug(i), zone, day)
			if day == -1 || day%pastBatch == 0 {
				past.store(w)
			}
		}
		progress("  %d of %d sites stored", i+1, sites)
	}
	w.exec("ANALYZE")
	return past.stored, w.err
}

// addSubjects gives everybody the handle by which the doors know them.
func (w *writer) addSubjects(s *stock) {
	created, expires := w.instant(opening.AddDate(-6, 0, 0)), w.instant(opening.AddDate(1, 0, 0))
	var rows [][]any
	for i, p := range s.people {
		rows = append(rows, []any{subjectOf(i), p.id, created, expires})
	}
	w.insert("subjects", "subject member_id created_at expires_at", rows...)
}

func subjectOf(person int) string { return fmt.Sprintf("b%015x", person) }

// addPastSite stores a site with its seats and returns its zone.
func (w *writer) addPastSite(s *stock, slug string) int {
	now := w.instant(opening.AddDate(-6, 0, 0))
	w.insert("sites", "slug name_ja name_en time_zone capacity closed_on_holidays created_at updated_at", []any{slug, slug, slug, "Asia/Tokyo", pastSeats, false, now, now})
	for weekday := range 7 {
		w.insert("opening_hours", "site weekday opens closes", []any{slug, weekday, 9 * 60, 21 * 60})
	}
	w.insert("zones", "site name_ja name_en anti_passback created_at updated_at", []any{slug, slug, slug, "off", now, now})
	zone := w.number("SELECT id FROM zones WHERE site = '" + slug + "'")
	var rows [][]any
	for i := range pastSeats {
		id := newID()
		s.seats[slug] = append(s.seats[slug], id)
		rows = append(rows, []any{id, slug, zone, "seat", fmt.Sprint(i + 1), fmt.Sprint(i + 1), 1, "[]", i, now, now})
	}
	w.insert("spaces", "id site zone_id kind name_ja name_en capacity equipment position created_at updated_at", rows...)
	return zone
}

// pastRows are days of a site on their way to the tables.
type pastRows struct {
	stored                             int // bookings, those under way included
	bookings, spaces, passages, visits [][]any
}

// addDay adds one day of a site.
func (p *pastRows) addDay(w *writer, s *stock, slug string, zone, day int) {
	for slot := range pastPerDay {
		from := at(day, 9+2*slot)
		for _, seat := range s.seats[slug] {
			p.addBooking(w, s, pastPlace{slug, zone, seat}, from)
		}
	}
}

// pastPlace is the seat of a booking.
type pastPlace struct {
	site string
	zone int
	seat string
}

// addBooking adds one booking of two hours, with a visit and its two passages.
func (p *pastRows) addBooking(w *writer, s *stock, place pastPlace, from time.Time) {
	n := p.stored
	p.stored++
	who, came, left := n%len(s.people), from.Add(time.Duration(n%20)*time.Minute), from.Add(110*time.Minute)
	id, starts, ends := newID(), w.instant(from), w.instant(from.Add(2*time.Hour))
	p.bookings = append(p.bookings, []any{id, fmt.Sprintf("P%d", n), "completed", starts, ends, s.people[who].id, s.people[who].id, starts, starts})
	p.spaces = append(p.spaces, []any{id, place.seat, place.site, "seat", starts, ends, false, "completed", w.instant(came), false, 0})
	in, out := fmt.Sprintf("%031xe", n), fmt.Sprintf("%031xf", n)
	for _, door := range []struct {
		id, way string
		at      time.Time
	}{{in, "entry", came}, {out, "exit", left}} {
		ms := door.at.UnixMilli()
		p.passages = append(p.passages, []any{
			door.id, place.site, place.zone, door.way, "allow", "granted", true, subjectOf(who), ms, ms, ms, "trusted", true, 0, 2 * n, "[]",
		})
	}
	p.visits = append(p.visits, []any{in, place.zone, subjectOf(who), place.site, came.UnixMilli(), left.UnixMilli(), "scan", out, "[]"})
}

// store writes what was added.
func (p *pastRows) store(w *writer) {
	w.insert("bookings", "id reference status starts_at ends_at organizer_id created_by created_at updated_at", p.bookings...)
	w.insert("booking_spaces", "booking_id space_id site kind starts_at ends_at active status checked_in_at long position", p.spaces...)
	w.insert("passages", "id site zone_id direction decision reason opened subject at_ms gate_time_ms received_ms clock_state online boot seq flags", p.passages...)
	w.insert("visits", "entry_id zone_id subject site entered_ms left_ms closed_by exit_id flags", p.visits...)
	*p = pastRows{stored: p.stored}
}
