package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The clock of the measured servers starts here: a Tuesday morning.
var opening = time.Date(2026, 12, 1, 10, 0, 0, 0, tokyo)

var tokyo = time.FixedZone("JST", 9*60*60)

// at is a wall time some days after opening, at the sites.
func at(day, hour int) time.Time { return time.Date(2026, 12, 1+day, hour, 0, 0, 0, tokyo) }

// The sites of the benchmark and their seats, beside the demo's. The last one
// is for the gate.
var sites = []struct {
	slug  string
	seats int
}{{"bench-100", 100}, {"bench-1000", 1000}, {"bench-gate", 12_000}}

// stock is what was stored for the measurements.
type stock struct {
	seats  map[string][]string // space ids by site
	people []person
	gate   string   // token of the gate at bench-gate
	codes  []string // for it, of bookings that last all day
	stored int      // bookings
}

// person is a member with a personal token.
type person struct{ id, token string }

// prepareRows stores sites, seats, members and a gate as the demo's own rows
// are. The program is stopped meanwhile.
func (b *bench) prepareRows(ctx context.Context) (*stock, error) {
	w, err := b.db.writer(ctx)
	if err != nil {
		return nil, err
	}
	defer w.close()
	s := &stock{seats: map[string][]string{}, gate: "kyg_bench"}
	w.addSites(s)
	w.addMembers(s, b.codes+b.members)
	return s, w.err
}

// addSites stores the sites, open every day from 9 to 21, one zone each, their
// seats, and a gate at the last one.
func (w *writer) addSites(s *stock) {
	now := w.instant(opening.AddDate(0, -6, 0))
	for _, site := range sites {
		w.insert("sites", "slug name_ja name_en time_zone capacity closed_on_holidays created_at updated_at",
			[]any{site.slug, site.slug, site.slug, "Asia/Tokyo", site.seats, false, now, now})
		for weekday := range 7 {
			w.insert("opening_hours", "site weekday opens closes", []any{site.slug, weekday, 9 * 60, 21 * 60})
		}
		w.insert("zones", "site name_ja name_en anti_passback created_at updated_at", []any{site.slug, site.slug, site.slug, "off", now, now})
		zone := w.number("SELECT id FROM zones WHERE site = '" + site.slug + "'")
		var rows [][]any
		for i := range site.seats {
			id, name := newID(), fmt.Sprintf("%04d", i+1)
			s.seats[site.slug] = append(s.seats[site.slug], id)
			rows = append(rows, []any{id, site.slug, zone, "seat", name, name, 1, "[]", i, now, now})
		}
		w.insert("spaces", "id site zone_id kind name_ja name_en capacity equipment position created_at updated_at", rows...)
		if site.slug == "bench-gate" {
			w.insert("gates", "id site name to_zone direction token_hash problems created_at",
				[]any{newID(), site.slug, "Bench", zone, "both", hashed(s.gate), "[]", now})
		}
	}
}

// addMembers stores people with the default plan, as the demo's members have it,
// and a personal token each.
func (w *writer) addMembers(s *stock, n int) {
	now := w.instant(opening.AddDate(0, -6, 0))
	var members, tokens [][]any
	for i := range n {
		p := person{newID(), fmt.Sprintf("kyp_bench_%d", i)}
		s.people = append(s.people, p)
		members = append(members, []any{p.id, fmt.Sprintf("bench%d@kyoten.example", i), "Bench", "member", now, now})
		tokens = append(tokens, []any{newID(), hashed(p.token), p.id, "bench", now})
	}
	w.insert("members", "id email name role created_at updated_at", members...)
	w.insert("tokens", "id token_hash member_id name created_at", tokens...)
}

// addBookings brings the number of stored bookings up to n, spread evenly over
// the seats of the two sites whose availability is measured.
func (w *writer) addBookings(s *stock, n int) {
	type seat struct{ id, site string }
	var seats []seat
	for _, site := range sites[:2] {
		for _, id := range s.seats[site.slug] {
			seats = append(seats, seat{id, site.slug})
		}
	}
	const batch = 20_000
	var bookings, spaces [][]any
	for ; s.stored < n; s.stored++ {
		at, from := seats[s.stored%len(seats)], slot(s.stored/len(seats))
		id, who := newID(), s.people[s.stored%len(s.people)].id
		status := "confirmed"
		if from.Before(opening) {
			status = "completed"
		}
		starts, ends := w.instant(from), w.instant(from.Add(time.Hour))
		bookings = append(bookings, []any{id, fmt.Sprintf("BENCH%d", s.stored), status, starts, ends, who, who, starts, starts})
		spaces = append(spaces, []any{id, at.id, at.site, "seat", starts, ends, true, status, false, 0})
		if len(bookings) == batch || s.stored == n-1 {
			w.insert("bookings", "id reference status starts_at ends_at organizer_id created_by created_at updated_at", bookings...)
			w.insert("booking_spaces", "booking_id space_id site kind starts_at ends_at active status long position", spaces...)
			bookings, spaces = nil, nil
		}
	}
	w.exec("ANALYZE")
}

// freeHours are those of a day in which slot leaves all seats free, the hour before
// closing left out.
var freeHours = []int{9, 10, 11, 13, 15, 17, 19}

// slot is the start of the k-th booking of a seat: five a day, every other hour
// from noon on. The day that is asked about comes first, then days around it,
// then the past: so every number of bookings has some on that day.
func slot(k int) time.Time {
	days := []int{3, 2, 4, 1}
	day := k / 5
	switch {
	case day < len(days):
		day = days[day]
	case day < 54 && day%2 == 0: // 4, 6, ... become 5, 6, ... up to the horizon
		day = 5 + (day-4)/2
	case day < 54: // 5, 7, ... become -1, -2, ...
		day = -1 - (day-5)/2
	default:
		day = -26 - (day - 54)
	}
	return at(day, 12+k%5*2)
}

// writer fills tables directly. After an error it does nothing more.
type writer struct {
	ctx context.Context
	db  *sql.DB
	pg  *pgx.Conn // for COPY; nil on SQLite
	err error
}

func (d *database) writer(ctx context.Context) (*writer, error) {
	db, err := d.open()
	if err != nil {
		return nil, err
	}
	w := &writer{ctx: ctx, db: db}
	if d.kind == "postgres" {
		w.pg, w.err = pgx.Connect(ctx, d.url())
	}
	return w, w.err
}

func (w *writer) close() {
	if w.pg != nil {
		_ = w.pg.Close(w.ctx)
	}
	_ = w.db.Close()
}

// insert stores rows, whose columns are named with blanks between them.
func (w *writer) insert(table, columns string, rows ...[]any) {
	if w.err != nil || len(rows) == 0 {
		return
	}
	names := strings.Fields(columns)
	if w.pg != nil {
		_, w.err = w.pg.CopyFrom(w.ctx, pgx.Identifier{table}, names, pgx.CopyFromRows(rows))
	} else {
		w.err = w.insertPrepared(table, names, rows)
	}
	if w.err != nil {
		w.err = fmt.Errorf("insert into %s: %w", table, w.err)
	}
}

func (w *writer) insertPrepared(table string, names []string, rows [][]any) error {
	tx, err := w.db.BeginTx(w.ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	marks := strings.TrimSuffix(strings.Repeat("?,", len(names)), ",")
	statement, err := tx.PrepareContext(w.ctx, "INSERT INTO "+table+" ("+strings.Join(names, ",")+") VALUES ("+marks+")")
	if err != nil {
		return err
	}
	defer func() { _ = statement.Close() }()
	for _, row := range rows {
		if _, err := statement.ExecContext(w.ctx, row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// trustRows leaves out what checks each row against others, and the flush of
// each commit: with them five million bookings take half an hour to store.
func (w *writer) trustRows() {
	if w.err == nil && w.pg != nil {
		_, w.err = w.pg.Exec(w.ctx, "SET session_replication_role = replica; SET synchronous_commit = off")
	}
}

func (w *writer) exec(statement string) {
	if w.err == nil {
		_, w.err = w.db.ExecContext(w.ctx, statement)
	}
}

func (w *writer) number(query string) (n int) {
	if w.err == nil {
		w.err = w.db.QueryRowContext(w.ctx, query).Scan(&n)
	}
	return n
}

// instant writes a time as the database of the program stores it.
func (w *writer) instant(t time.Time) any {
	if w.pg != nil {
		return t.UTC()
	}
	return t.UTC().Format("2006-01-02 15:04:05+00:00")
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
