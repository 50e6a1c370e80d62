package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"kyoten/models"
)

// backupCommand writes everything the database holds to one file, while a server
// may go on working.
type backupCommand struct {
	Data    string  `default:"kyoten-data" placeholder:"DIR" help:"Folder of the embedded database."`
	Storing storing `embed:""`
	File    string  `arg:"" help:"File to write, gzip of JSON lines; - for standard output."`
}

// Run writes the backup, whole or not at all.
func (c backupCommand) Run(ctx context.Context, con console) error {
	var m mistakes
	url := m.database(c.Storing, c.Data)
	if err := m.err(); err != nil {
		return err
	}
	return onFoundStore(ctx, url, func(store *models.Store) error { return c.write(ctx, con, store) })
}

func (c backupCommand) write(ctx context.Context, con console, store *models.Store) (err error) {
	var rows int64
	write := func(w io.Writer) error {
		packed := gzip.NewWriter(w)
		rows, err = store.Dump(ctx, packed)
		return errors.Join(err, packed.Close())
	}
	if c.File == "-" {
		return write(con.out)
	}
	if err := writeFile(c.File, write); err != nil {
		return err
	}
	con.printf("%d rows were written to %s.\nThe master key is not among them: keep a copy of the secret file in another safe place.\n", rows, c.File)
	return nil
}

// writeFile writes a file for its owner's eyes alone, on the disk before it gets
// its name.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// restoreCommand fills an empty database from a backup.
type restoreCommand struct {
	Data    string  `default:"kyoten-data" placeholder:"DIR" help:"Folder of the embedded database."`
	Storing storing `embed:""`
	File    string  `arg:"" help:"File that kyoten backup wrote; - for standard input."`
}

// Run restores all of the backup or nothing.
func (c restoreCommand) Run(ctx context.Context, con console) error {
	var m mistakes
	url := m.database(c.Storing, c.Data)
	if err := m.err(); err != nil {
		return err
	}
	in := os.Stdin
	if c.File != "-" {
		f, err := os.Open(filepath.Clean(c.File))
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	unpacked, err := gzip.NewReader(in)
	if err != nil {
		return fmt.Errorf("%s is not a backup: %w", c.File, err)
	}
	return onStore(ctx, url, func(store *models.Store) error {
		if err := fresh(ctx, store); err != nil {
			return err
		}
		if _, err := migrate(ctx, store); err != nil {
			return err
		}
		rows, err := store.Restore(ctx, unpacked)
		if err != nil {
			return err
		}
		con.printf("%d rows were restored. Put the secret file back too, then start the server.\n", rows)
		return nil
	})
}
