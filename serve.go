package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kyoten/access"
	"kyoten/api"
	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/clock"
	"kyoten/internal/httpkit"
	"kyoten/internal/jobs"
	"kyoten/models"
	"kyoten/web"
	"kyoten/web/kiosk"
)

// serveCommand serves the consortium of a database.
type serveCommand struct {
	Data      string    `default:"kyoten-data" placeholder:"DIR" help:"Folder of the embedded database, the master key and outgoing mail."`
	Storing   storing   `embed:""`
	Listening listening `embed:""`
	Logging   logging   `embed:""`
}

// Run serves until ctx ends.
func (c serveCommand) Run(ctx context.Context, con console) error {
	cfg, err := newConfig(con, c.Data, c.Storing, c.Listening, c.Logging)
	if err != nil {
		return err
	}
	return serve(ctx, cfg, consortium{})
}

// serve is the architecture: everything there is, built by hand in the order in
// which one part needs the other.
func serve(ctx context.Context, cfg config, what tenant) error {
	cfg.log.Info("starting", cfg.summary()...)
	store, err := openStore(ctx, cfg.databaseURL, cfg.now)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	if cfg.migrate {
		if _, err := migrate(ctx, store); err != nil {
			return err
		}
	}
	if err := what.settle(ctx, store); err != nil {
		return err
	}
	master, err := access.ReadMasterKey(cfg.secretFile)
	if err != nil {
		return err
	}
	keys, err := access.OpenKeys(ctx, store, master)
	if err != nil {
		return err
	}

	who := auth.New(store, cfg.now)
	entrance, err := kiosk.New(kiosk.Config{Backend: kiosk.Server, NeedsToken: true})
	if err != nil {
		return err
	}
	pages, err := web.New(web.Config{Store: store, Auth: who, Kiosk: entrance})
	if err != nil {
		return err
	}

	db, err := store.SQL()
	if err != nil {
		return err
	}
	metrics := api.NewMetrics(db)
	calls := api.New(api.Config{Store: store, Auth: who, Booking: booking.New(store, cfg.now), Metrics: metrics, Version: version()})

	fail := failure(pages)
	mux := http.NewServeMux()
	addHealth(mux, store)
	mux.Handle("/", httpkit.Chain(newRouter(pages, calls), httpkit.Behind(cfg.proxies),
		httpkit.Watch(httpkit.LogTo(cfg.log), metrics.Observe), httpkit.SecurityHeaders, httpkit.Recover(fail), httpkit.HeadAsGet,
		httpkit.CrossOrigin(fail), who.Middleware))

	chores := func(ctx context.Context) {
		jobs.Run(ctx, cfg.log, store,
			jobs.Job{Name: "purge sign-ins", Every: time.Hour, Run: store.PurgeSignIns},
			jobs.Job{Name: "purge answers", Every: time.Hour, Run: store.PurgeIdempotencyKeys},
			jobs.Job{Name: "rotate keys", Every: time.Hour, Run: keys.Rotate})
	}
	return listen(ctx, cfg, mux, chores, func(base string) error {
		if err := what.greet(ctx, cfg.con, who, base); err != nil {
			return err
		}
		cfg.con.printf("Kyoten is ready at %s\n", base)
		return nil
	})
}

// openStore opens the database and makes the folder of an embedded one.
func openStore(ctx context.Context, url string, now clock.Func) (*models.Store, error) {
	if path, embedded := strings.CutPrefix(url, "sqlite:"); embedded {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("make the data folder: %w", err)
		}
	}
	return models.Open(ctx, url, now)
}
