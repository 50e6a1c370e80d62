package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kyoten/access"
	"kyoten/api"
	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/clock"
	"kyoten/internal/jobs"
	"kyoten/models"
	"kyoten/notify"
	"kyoten/occupancy"
	"kyoten/places"
	"kyoten/web"
	"kyoten/web/kiosk"
	"kyoten/webhook"
)

// serveCommand serves the consortium of a database.
type serveCommand struct {
	Data      string    `default:"kyoten-data" placeholder:"DIR" help:"Folder of the embedded database, the master key and outgoing mail."`
	Storing   storing   `embed:""`
	Listening listening `embed:""`
	Mailing   mailing   `embed:""`
	Logging   logging   `embed:""`
}

// Run serves until ctx ends.
func (c serveCommand) Run(ctx context.Context, con console) error {
	cfg, err := newConfig(con, c.Data, c.Storing, c.Listening, c.Mailing, c.Logging)
	if err != nil {
		return err
	}
	return serve(ctx, cfg, consortium{})
}

// serve is the architecture: everything there is, built by hand in the order in
// which one part needs the other.
func serve(ctx context.Context, cfg config, what tenant) error {
	cfg.log.Info("starting", cfg.summary()...)
	folder, files := cfg.sender.(notify.Folder)
	if files {
		if err := folder.Ready(); err != nil {
			return fmt.Errorf("mails are files in the data folder, for want of --smtp-url: %w; name a folder with --data", err)
		}
	}
	store, err := openStore(ctx, cfg.databaseURL, cfg.now)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	if err := prepare(ctx, cfg, store, what); err != nil {
		return err
	}
	l, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	base := baseURL(cfg, l)

	keys, master, err := openKeys(ctx, cfg, store)
	if err != nil {
		return err
	}
	who := auth.New(store, cfg.now).At(cfg.publicURL).Mailing(cfg.smtp != "").Sealing(master)
	bookings := booking.New(store, cfg.now)
	doors := access.New(store, cfg.now, keys)
	figures := occupancy.New(store, cfg.now)
	mails := notify.New(notify.Config{
		Store: store, Now: cfg.now, Sender: cfg.sender, Codes: doors, Links: who, From: cfg.mailFrom, URL: base, Log: cfg.log,
	})
	hooks := webhook.New(webhook.Config{Store: store, Vault: master, Log: cfg.log, Networks: cfg.webhookNetworks})
	if err := hooks.Rewrap(ctx); err != nil {
		return err
	}

	entrance := kiosk.New(kiosk.Config{Backend: kiosk.Server, NeedsToken: true})
	settings := places.New(store)
	live := occupancy.NewLive(store)
	pages := web.New(web.Config{
		Store: store, Auth: who, Booking: bookings, Access: doors, Occupancy: figures, Places: settings, Webhooks: hooks, Live: live, Kiosk: entrance,
	})
	metrics, err := newMetrics(store, doors)
	if err != nil {
		return err
	}
	calls := api.New(api.Config{
		Store: store, Auth: who, Booking: bookings, Access: doors, Occupancy: figures, Live: live, Places: settings, Webhooks: hooks,
		Metrics: metrics, MailFrom: cfg.mailFrom, Version: version(),
	})

	chores := []jobs.Job{
		{Name: "send mail", Every: 2 * time.Second, Everywhere: true, Run: func(ctx context.Context) error { return deliver(ctx, mails) }},
		{Name: "send webhooks", Every: 2 * time.Second, Everywhere: true, Run: hooks.Deliver},
		{Name: "seal audit log", Every: time.Second, Run: func(ctx context.Context) error { return seal(ctx, store, filepath.Join(cfg.folder, headFile)) }},
		{Name: "mail audit head", Every: time.Hour, Run: func(ctx context.Context) error { return store.MailAuditHead(ctx, headEvery) }},
		{Name: "keep time", Every: 2 * time.Second, Everywhere: true, Next: bookings.NextDue, Run: bookings.KeepTime},
		{Name: "serve the waitlist", Every: 15 * time.Second, Run: bookings.OfferWaiting},
		{Name: "hear of other servers", Every: time.Second, Everywhere: true, Run: store.RelayChanges},
		{Name: "tell open pages", Every: time.Second, Everywhere: true, Run: live.Run},
		{Name: "end days", Every: time.Minute, Run: doors.EndDays},
		{Name: "keep doors ready", Every: 10 * time.Minute, Everywhere: true, Run: store.ReadyDoors},
		{Name: "watch gates", Every: 30 * time.Second, Everywhere: true, Run: func(ctx context.Context) error { return watchGates(ctx, cfg.log, doors) }},
		{Name: "watch the clock", Every: 10 * time.Minute, Everywhere: true, Run: func(ctx context.Context) error { return watchClock(ctx, cfg.log, store) }},
		{Name: "seal passages", Every: 10 * time.Second, Run: func(ctx context.Context) error { return sealPassages(ctx, store) }},
		{Name: "pack days", Every: time.Minute, Run: store.PackDays},
		{Name: "forget holders", Every: time.Hour, Run: doors.ForgetHolders},
		{Name: "forget scans", Every: time.Hour, Run: doors.ForgetScans},
		{Name: "note uses of tokens", Every: 10 * time.Second, Everywhere: true, Run: who.NoteUses},
		{Name: "purge sign-ins", Every: 5 * time.Minute, Run: store.PurgeSignIns},
		{Name: "purge changes of holds", Every: time.Hour, Run: store.PurgeHoldsGone},
		{Name: "purge answers", Every: time.Hour, Run: store.PurgeIdempotencyKeys},
		{Name: "rotate keys", Every: time.Hour, Run: keys.Rotate},
	}
	if files {
		chores = append(chores, jobs.Job{
			Name: "forget mails in files", Every: time.Hour, Everywhere: true, Run: func(ctx context.Context) error { return folder.Forget(ctx, store) },
		})
	}
	return listen(ctx, cfg, l, newHandler(cfg, store, who, pages, calls, metrics),
		func(ctx context.Context) { jobs.Run(ctx, cfg.log, store, chores...) },
		func() error { return greet(ctx, cfg, what, who, base) })
}

// prepare brings the database to the newest version and sees that it is the
// tenant's.
func prepare(ctx context.Context, cfg config, store *models.Store, what tenant) error {
	var err error
	if cfg.migrate {
		_, err = migrate(ctx, store)
	} else {
		err = begun(ctx, store)
	}
	if err != nil {
		return err
	}
	return what.settle(ctx, store)
}

func openKeys(ctx context.Context, cfg config, store *models.Store) (*access.Keys, access.MasterKey, error) {
	master, err := access.ReadMasterKey(cfg.secretFile)
	if err != nil {
		return nil, master, err
	}
	keys, err := access.OpenKeys(ctx, store, master)
	return keys, master, err
}

func newMetrics(store *models.Store, doors *access.Service) (*api.Metrics, error) {
	db, err := store.SQL()
	if err != nil {
		return nil, err
	}
	return api.NewMetrics(db, doors.Collectors()...), nil
}

// deliver sends what is due.
func deliver(ctx context.Context, mails *notify.Service) error {
	_, err := mails.Deliver(ctx)
	return err
}

// watchGates looks for gates that have fallen silent, and says so once for each
// silence. Every server looks, since each has a figure of its own to be watched by.
func watchGates(ctx context.Context, log *slog.Logger, doors *access.Service) error {
	silent, err := doors.WatchGates(ctx)
	for _, g := range silent {
		log.Warn("a gate has fallen silent", "gate", g.ID, "site", g.Site, "name", g.Name, "last_seen_at", g.LastSeenAt)
	}
	return err
}

// clockOff is how far the machine's clock may be from the database's.
const clockOff = 10 * time.Second

// watchClock says that one of the two clocks is wrong: seats would be released, and
// codes judged, too early or too late.
func watchClock(ctx context.Context, log *slog.Logger, store *models.Store) error {
	ahead, err := store.ClockAhead(ctx)
	if err == nil && ahead.Abs() > clockOff {
		log.Warn("the clocks of this machine and of the database differ: set them by NTP", "ahead", ahead.Round(time.Second).String())
	}
	return err
}

// headEvery is how often administrators get the end of the audit log by mail.
const headEvery = 7 * 24 * time.Hour

// sealed is how many rows of the audit log one transaction seals.
const sealed = 500

// seal gives every waiting row of the audit log its place in the chain, and
// keeps the head in a file: what is cut off the end of the log shows by it.
func seal(ctx context.Context, store *models.Store, file string) error {
	for {
		n, err := store.SealAudit(ctx, sealed)
		if err != nil || n == 0 {
			return err
		}
		head, err := store.AuditHead(ctx)
		if err != nil {
			return err
		}
		if err := keepHead(file, head); err != nil || n < sealed {
			return err
		}
	}
}

// sealPassages puts what the doors have done into the audit log.
func sealPassages(ctx context.Context, store *models.Store) error {
	for {
		if n, err := store.SealPassages(ctx, sealed); err != nil || n < sealed {
			return err
		}
	}
}

// greet tells the reader of the console where to go.
func greet(ctx context.Context, cfg config, what tenant, who *auth.Service, base string) error {
	if err := what.greet(ctx, cfg.con, who, base); err != nil {
		return err
	}
	cfg.con.printf("Kyoten is ready at %s\n", base)
	return nil
}

// openStore opens the database and makes an embedded one, whoever may look into its
// folder, for its owner's eyes alone: SQLite gives what it puts beside the file the
// same mode.
func openStore(ctx context.Context, url string, now clock.Func) (*models.Store, error) {
	if path, embedded := strings.CutPrefix(url, "sqlite:"); embedded {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("make the data folder: %w", err)
		}
		if err := makeFile(path); err != nil {
			return nil, fmt.Errorf("make the database: %w", err)
		}
	}
	return models.Open(ctx, url, now)
}

// makeFile makes an empty file where there is none. One that is there is not even
// opened: closing it would end the locks that SQLite has on it in this process.
func makeFile(path string) error {
	file, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}
