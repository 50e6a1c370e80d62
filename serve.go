package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"kyoten/internal/clock"
	"kyoten/internal/jobs"
	"kyoten/models"
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

	handler := http.NewServeMux()
	addHealth(handler, store)

	return listen(ctx, cfg, handler, func(ctx context.Context) { jobs.Run(ctx, cfg.log, store) },
		func(base string) error { return what.greet(ctx, cfg, store, base) })
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
