package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// asProgram is set in the environment of a process that is to be the program
// and not its tests: a test that kills a server must not die with it.
const asProgram = "KYOTEN_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// contested is how many rooms nobody came to.
const contested = 24

// TestServersThatAreKilledReleaseAndOfferOnce: four servers share a database. Two
// are killed in the middle of releases, one of the others in the middle of
// passing on an offer. Each release, each offer and each notice of them is there
// once, with one server left.
func TestServersThatAreKilledReleaseAndOfferOnce(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("several servers share PostgreSQL alone")
	}
	f := newFleet(t)
	f.bookAndWait(t)
	f.gateNotices(t)
	f.launch(t, 4)

	f.killAmidst(t, 2, "UPDATE booking_spaces SET release_at = starts_at WHERE release_at IS NOT NULL")
	f.await(t, "booking_spaces WHERE release_at IS NOT NULL AND status = 'confirmed'", 0)
	released := map[string]int{
		"bookings WHERE status = 'no_show'":      contested,
		"audit WHERE action = 'booking.release'": contested,
		"outbox WHERE kind = 'booking_released'": contested,
		"bookings WHERE status = 'held'":         contested,
		"waitlist WHERE state = 'offered'":       contested,
		"booking_spaces WHERE active":            contested,
		"bookings WHERE status = 'confirmed'":    0,
	}
	f.wantCounts(t, released)
	f.wantCounts(t, map[string]int{
		"outbox WHERE kind = 'waitlist_offer'":  contested,
		"audit WHERE action = 'waitlist.offer'": contested,
	})

	f.killAmidst(t, 1, `WITH held AS (UPDATE bookings SET expires_at = starts_at WHERE status = 'held' RETURNING id),
		spaces AS (UPDATE booking_spaces SET expires_at = starts_at WHERE booking_id IN (SELECT id FROM held))
		UPDATE waitlist SET offer_expires_at = starts_at WHERE booking_id IN (SELECT id FROM held)`)
	f.await(t, "waitlist WHERE state = 'expired'", contested)
	f.wantCounts(t, released)
	f.wantCounts(t, map[string]int{
		"audit WHERE action = 'waitlist.expire'": contested,
		"outbox WHERE kind = 'waitlist_expired'": contested,
		"audit WHERE action = 'waitlist.offer'":  2 * contested,
		"outbox WHERE kind = 'waitlist_offer'":   2 * contested,
		"waitlist WHERE state = 'waiting'":       0,
		"waitlist w JOIN bookings b ON b.id = w.booking_id WHERE w.state = 'offered' AND b.status = 'held'": contested,
	})
}

// fleet is servers on one PostgreSQL, each a process of its own.
type fleet struct {
	url, secret string
	db          *sql.DB
	store       *models.Store
	servers     map[string]*exec.Cmd // by the name under which the database knows them
}

// newFleet returns a fleet without servers on a fresh database.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{url: modelstest.URL(t), secret: filepath.Join(t.TempDir(), "secret.key"), servers: map[string]*exec.Cmd{}}
	var err error
	if f.store, err = models.Open(t.Context(), f.url, clock.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close() })
	if f.db, err = f.store.SQL(); err != nil {
		t.Fatal(err)
	}
	return f
}

// bookAndWait makes the database a consortium's whose sites are open now,
// whatever the hour: its rooms are booked from now on, and two people wait for
// each of them.
func (f *fleet) bookAndWait(t *testing.T) {
	t.Helper()
	if _, err := f.store.ClaimSetting(t.Context(), tenantSetting, consortiumTenant); err != nil {
		t.Fatal(err)
	}
	now := clock.At(clock.Now())
	world := modelstest.NewWorld(t, f.store)
	f.exec(t, fmt.Sprintf("UPDATE sites SET closed_on_holidays = false, time_zone = 'Etc/GMT%+d'", now.Now().Hour()-12)) // it is noon there
	f.exec(t, "INSERT INTO opening_hours (site, weekday, opens, closes) SELECT DISTINCT site, 0, opens, closes FROM opening_hours")
	rooms := make([]models.Space, contested)
	for i := range rooms {
		rooms[i] = models.Space{Site: "colabo", Kind: models.KindRoom, NameEN: "Room", Capacity: 4, Bookable: true, GrainMinutes: 15, ZoneID: world.Entrance["colabo"]}
	}
	if err := f.store.InsertSpaces(t.Context(), rooms); err != nil {
		t.Fatal(err)
	}
	bookings := booking.New(f.store, now.Now)
	begins := now.Now().Truncate(15 * time.Minute)
	ends := begins.Add(4 * time.Hour)
	for i, room := range rooms {
		_, err := bookings.Reserve(t.Context(), f.somebody(t, 3*i), booking.Request{StartsAt: begins, EndsAt: ends, Spaces: []models.ID{room.ID}})
		for n := 1; n <= 2 && err == nil; n++ {
			_, err = bookings.Join(t.Context(), f.somebody(t, 3*i+n), booking.WishRequest{
				Sites: []string{"colabo"}, Kind: models.KindRoom, Space: &room.ID, StartsAt: begins, EndsAt: ends,
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// somebody returns a new member.
func (f *fleet) somebody(t *testing.T, n int) models.Principal {
	t.Helper()
	m := models.Member{Email: fmt.Sprintf("m%03d@kyoten.example", n), Name: "M", Role: models.RoleMember}
	if err := f.store.InsertMember(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	return modelstest.As(t, f.store, &m)
}

// launch starts n servers and waits until they are ready. None may log an error
// for as long as it lives.
func (f *fleet) launch(t *testing.T, n int) {
	t.Helper()
	printed := make([]transcript, n)
	for i := range printed {
		name := fmt.Sprintf("server-%d", i+1)
		server := exec.Command(os.Args[0], "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir(),
			"--secret-file", f.secret, "--database-url", f.url+" application_name="+name)
		var logged transcript
		server.Env, server.Stdout, server.Stderr = append(os.Environ(), asProgram+"=1"), &printed[i], &logged
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		f.servers[name] = server
		t.Cleanup(func() {
			_ = server.Process.Signal(syscall.SIGTERM)
			_ = server.Wait()
			if strings.Contains(logged.String(), `"level":"ERROR"`) {
				t.Errorf("%s logged an error:\n%s", name, logged.String())
			}
		})
	}
	for i := range printed {
		soon(t, "a server to be ready", func() bool { return strings.Contains(printed[i].String(), "Kyoten is ready") })
	}
}

// killAmidst lets the time come for something, by a statement that moves it, and
// kills n servers that are at it: whoever writes a notice of it meanwhile gets
// stuck halfway through, before the commit.
func (f *fleet) killAmidst(t *testing.T, n int, timeComes string) {
	t.Helper()
	gate, err := f.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = gate.Rollback() }()
	if _, err := gate.ExecContext(t.Context(), "SELECT pg_advisory_xact_lock(1)"); err != nil {
		t.Fatal(err)
	}
	f.exec(t, timeComes)
	var stuck []string
	soon(t, fmt.Sprintf("%d servers to be stuck", n), func() bool { stuck = f.stuck(t); return len(stuck) >= n })
	for _, name := range stuck[:n] {
		_ = f.servers[name].Process.Kill()
		_ = f.servers[name].Wait()
	}
}

// gateNotices has whoever writes a notice wait for the lock that killAmidst takes.
func (f *fleet) gateNotices(t *testing.T) {
	t.Helper()
	f.exec(t, `CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$`)
	f.exec(t, "CREATE TRIGGER gate BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION wait_at_gate()")
}

// stuck returns the living servers that wait at the gate.
func (f *fleet) stuck(t *testing.T) (names []string) {
	t.Helper()
	rows, err := f.db.QueryContext(t.Context(), `SELECT DISTINCT application_name FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if server := f.servers[name]; server != nil && server.ProcessState == nil {
			names = append(names, name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

func (f *fleet) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := f.db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (f *fleet) count(t *testing.T, from string) (n int) {
	t.Helper()
	if err := f.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (f *fleet) await(t *testing.T, from string, want int) {
	t.Helper()
	soon(t, fmt.Sprintf("%d %s", want, from), func() bool { return f.count(t, from) == want })
}

func (f *fleet) wantCounts(t *testing.T, counts map[string]int) {
	t.Helper()
	for from, want := range counts {
		if got := f.count(t, from); got != want {
			t.Errorf("%d %s, want %d", got, from, want)
		}
	}
}

// soon waits for something that takes as long as it takes.
func soon(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}
