package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// What the past of a large consortium is made of: seats of a site, each booked so
// often a day, and everybody who booked also came and went.
const (
	pastSeats  = 55
	pastPerDay = 5
	pastBatch  = 6 // days of all sites that are stored at once
)

// needPast stores the past, unless an earlier run did and is to be used again.
func (b *bench) needPast(ctx context.Context) error {
	if b.reuse {
		b.db.turnTo("history")
	} else if err := b.makePast(ctx); err != nil {
		return err
	}
	w, err := b.db.writer(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	stored := w.number("SELECT count(*) FROM bookings WHERE reference LIKE 'P%'")
	b.column.set("past", fmt.Sprint(stored), float64(stored))
	return w.err
}

func (b *bench) makePast(ctx context.Context) error {
	if err := b.db.create(ctx, "history"); err != nil {
		return err
	}
	p, _, err := b.startDemo()
	if err != nil {
		return err
	}
	p.stop()
	began := time.Now()
	err = b.storePast(ctx)
	progress("  the past was stored in %s", time.Since(began).Round(time.Second))
	return err
}

// packed waits until the server has packed what is over, and says how long that took.
func (b *bench) packed(ctx context.Context) error {
	w, err := b.db.writer(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	sites, days := b.pastSize()
	began, want := time.Now(), 2*sites*(days-3)
	for w.err == nil {
		if w.number("SELECT count(*) FROM packed_days WHERE packed = marks AND site LIKE 'past-%'") >= want {
			progress("  it was packed in %s", time.Since(began).Round(time.Second))
			return nil
		}
		time.Sleep(time.Second)
	}
	return w.err
}

// storePast fills the tables, day by day as they were filled once.
func (b *bench) storePast(ctx context.Context) error {
	w, err := b.db.writer(ctx)
	if err != nil {
		return err
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
	tables := []string{"bookings", "passages", "visits"}
	if w.pg != nil { // on SQLite, triggers look into those of the spaces
		tables = append(tables, "booking_spaces")
	}
	indexes := w.dropIndexes(tables...)
	var past pastRows
	for day := -days; day < 0; day++ {
		for i, zone := range zones {
			past.addDay(w, s, pastSlug(i), zone, day)
		}
		if day == -1 || day%pastBatch == 0 {
			past.store(w)
		}
		if day%30 == 0 {
			progress("  %d days left to store", -day)
		}
	}
	for _, index := range indexes {
		w.exec(index)
	}
	w.exec("ANALYZE")
	return w.err
}

// dropIndexes takes the indexes of tables away that guard nothing, since it is
// quicker to make them once than to keep them, and returns what makes them anew.
func (w *writer) dropIndexes(tables ...string) []string {
	names := "'" + strings.Join(tables, "','") + "'"
	query := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (" + names + ")"
	if w.pg != nil {
		query = `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN (` + names + `)
			AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)`
	}
	all := w.pairs(query)
	made := make([]string, len(all))
	for i, index := range all {
		w.exec("DROP INDEX " + index[0])
		made[i] = index[1]
	}
	return made
}

// pairs returns the rows of a query for two texts.
func (w *writer) pairs(query string) (all [][2]string) {
	if w.err != nil {
		return nil
	}
	rows, err := w.db.QueryContext(w.ctx, query)
	if err != nil {
		w.err = err
		return nil
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() && w.err == nil {
		var pair [2]string
		w.err = rows.Scan(&pair[0], &pair[1])
		all = append(all, pair)
	}
	if w.err == nil {
		w.err = rows.Err()
	}
	return all
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
