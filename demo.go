package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/demo"
	"kyoten/internal/clock"
	"kyoten/internal/locale"
	"kyoten/models"
)

// demoCommand serves the sample consortium.
type demoCommand struct {
	Data      string    `placeholder:"DIR" help:"Folder of the demo's data. Without it, a temporary folder that is gone afterwards."`
	Seed      uint64    `default:"1" placeholder:"N" help:"Which sample is made: the same number and instant give the same one."`
	Now       string    `placeholder:"INSTANT" help:"Instant at which the demo's clock starts, from where it runs on, such as 2026-12-01T10:00:00+09:00. Without it, the present."`
	Storing   storing   `embed:""`
	Listening listening `embed:""`
	Mailing   mailing   `embed:""`
	Logging   logging   `embed:""`
}

// Run serves until ctx ends.
func (c demoCommand) Run(ctx context.Context, con console) error {
	folder := c.Data
	if folder == "" {
		var err error
		if folder, err = os.MkdirTemp("", "kyoten-demo-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
	}
	cfg, err := newConfig(con, folder, c.Storing, c.Listening, c.Mailing, c.Logging)
	sample := &sample{seed: c.Seed, folder: folder, kept: c.Data != "", secretFile: cfg.secretFile}
	if err = joinMistake(err, "now", sample.startAt(c.Now)); err != nil {
		return err
	}
	cfg.now = sample.clock.now
	return serve(ctx, cfg, sample)
}

// sample is the tenant of kyoten demo.
type sample struct {
	seed       uint64
	folder     string
	kept       bool // the folder outlives the program
	secretFile string
	start      time.Time // zero = the present
	clock      demoClock
	store      *models.Store
}

// The settings of a demo's database.
const (
	demoOffset = "demo_clock_offset" // how far its clock is from the true one
	demoSecret = "demo_secret"       // its master key, which guards nothing
)

func (s *sample) startAt(text string) (err error) {
	if text == "" {
		return nil
	}
	if s.start, err = time.Parse(time.RFC3339, text); err != nil {
		return fmt.Errorf("%q is not an instant with its offset, such as 2026-12-01T10:00:00+09:00", text)
	}
	return nil
}

// settle makes the sample in an empty database, and goes on with what is there
// in one of an earlier demo.
func (s *sample) settle(ctx context.Context, store *models.Store) error {
	s.store = store
	if err := s.setClock(ctx, store); err != nil {
		return err
	}
	err := claim(ctx, store, demoTenant, errNotDemos, func(tx *models.Store) error { return demo.Fill(ctx, tx, s.seed) })
	if err != nil {
		return err
	}
	if err := store.SetSetting(ctx, demoOffset, s.clock.now().Sub(clock.Now()).String()); err != nil {
		return err
	}
	return s.keepSecret(ctx, store)
}

// setClock starts the demo's clock: where it was told to, else where an earlier
// start of the same demo would be by now, else at the present.
func (s *sample) setClock(ctx context.Context, store *models.Store) error {
	if !s.start.IsZero() {
		s.clock.startAt(s.start)
		return nil
	}
	text, err := store.Setting(ctx, demoOffset)
	if err != nil || text == "" {
		return err
	}
	offset, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("read the demo's clock: %w", err)
	}
	s.clock.startAt(clock.Now().Add(offset))
	return nil
}

// keepSecret keeps the master key of a demo without a folder in its database: a
// demo can then be continued with the database alone.
func (s *sample) keepSecret(ctx context.Context, store *models.Store) error {
	if s.kept {
		return nil
	}
	kept, err := store.Setting(ctx, demoSecret)
	if err != nil {
		return err
	}
	if kept != "" {
		return os.WriteFile(s.secretFile, []byte(kept), 0o600)
	}
	if _, err := access.ReadMasterKey(s.secretFile); err != nil { // makes it
		return err
	}
	made, err := os.ReadFile(filepath.Clean(s.secretFile))
	if err != nil {
		return err
	}
	return store.SetSetting(ctx, demoSecret, string(made))
}

// greet says where to look.
func (s *sample) greet(ctx context.Context, con console, _ *auth.Service, base string) error {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	tokyo := cat.Sites()[0].Location()
	con.printf("The sample consortium. Its people, companies, seats, hours and bookings are invented.\nIts clock shows %s (seed %d).\n",
		locale.DateTime(locale.EN, s.store.Now(), tokyo), s.seed)
	if opening, closed := nextMorning(cat, s.store.Now()); closed {
		con.printf("The sites are closed at this hour. To see them at work: kyoten demo --now %s\n", opening.In(tokyo).Format(time.RFC3339))
	}
	con.printf("\nPassword of everybody: %s\n", demo.Password)
	for _, who := range demo.People() {
		con.printf("  %-40s %s\n", who.Email, who.Who)
	}
	con.printf("\nPages:   %s/  %s/book  %s/admin  %s/board/colabo\nAPI:     %s/docs  %s/openapi.json\nDoors:\n", base, base, base, base, base, base)
	for _, gate := range demo.Gates() {
		con.printf("  %s/kiosk#gate=%s\n", base, gate)
	}
	if con.printf("\nMails:   %s\nData:    %s\n", filepath.Join(s.folder, "outbox"), s.folder); !s.kept {
		con.printf("         (gone when the program ends; --data DIR keeps it)\n")
	}
	return nil
}

// nextMorning reports whether every site is closed at now, and returns 10:00 of
// the next day on which the first of them is open then.
func nextMorning(cat *models.Catalogue, now time.Time) (morning time.Time, closed bool) {
	for _, site := range cat.Sites() {
		if cat.OpenAt(site, now) {
			return time.Time{}, false
		}
	}
	site := cat.Sites()[0]
	for ahead := range 31 {
		morning = models.DayOf(now, site.Location()).Add(ahead).At(10*60, site.Location())
		if morning.After(now) && cat.OpenAt(site, morning) {
			return morning, true
		}
	}
	return time.Time{}, false
}

// demoClock is the demo's clock, which is set once the database has said where
// it stands.
type demoClock struct{ f atomic.Pointer[clock.Func] }

func (c *demoClock) startAt(t time.Time) {
	f := clock.StartingAt(t)
	c.f.Store(&f)
}

func (c *demoClock) now() time.Time {
	if f := c.f.Load(); f != nil {
		return (*f)()
	}
	return clock.Now()
}

// joinMistake adds what is wrong with one more setting to what is wrong already.
func joinMistake(err error, flag string, more error) error {
	var m mistakes
	m.note(flag, more)
	if err != nil {
		m = append(m, err)
	}
	return m.err()
}
