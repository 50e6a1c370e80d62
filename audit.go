package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"kyoten/internal/fault"
	"kyoten/models"
)

// auditCommand works on the audit log.
type auditCommand struct {
	Data    string  `default:"kyoten-data" placeholder:"DIR" help:"Folder of the embedded database."`
	Storing storing `embed:""`

	Verify auditVerify `cmd:"" help:"Check the hash chain and name the first bad row."`
}

// auditVerify checks the chain.
type auditVerify struct {
	Head string `env:"-" placeholder:"SEQ:HASH" help:"A head that was kept elsewhere: the chain must still hold it. Without it, the one the server keeps in the data folder."`
}

// Run walks the chain. It reads only, so it may run beside the server.
func (v auditVerify) Run(ctx context.Context, con console, parent *auditCommand) error {
	var m mistakes
	url := m.database(parent.Storing, parent.Data)
	kept, err := v.kept(parent.Data)
	m.note("head", err)
	if err := m.err(); err != nil {
		return err
	}
	return onFoundStore(ctx, url, func(store *models.Store) error { return verify(ctx, con, store, kept) })
}

func verify(ctx context.Context, con console, store *models.Store, kept models.AuditHead) error {
	head, err := store.VerifyAudit(ctx, kept)
	if f := fault.From(err); errors.Is(err, models.ErrAuditBroken) {
		return fmt.Errorf("the audit log is broken at row %v; the rows before it are as they were written: %w", f.Data["seq"], err)
	}
	if err != nil {
		return err
	}
	passages, err := store.VerifyPassages(ctx)
	if f := fault.From(err); errors.Is(err, models.ErrAuditBroken) {
		return fmt.Errorf("passages were changed: those that row %v of the audit log sealed are not as they were: %w", f.Data["seq"], err)
	}
	if err != nil {
		return err
	}
	con.printf("The audit log is whole: %d rows, and so are the %d passages it seals. Its head, to be kept elsewhere:\n  %s\n",
		head.Seq, passages, head)
	return nil
}

// headFile is where a server keeps the head it sealed last.
const headFile = "audit-head"

// keepHead writes a head, whole or not at all.
func keepHead(file string, head models.AuditHead) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return writeFile(file, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, head)
		return err
	})
}

// kept returns the head that was given, else the one the server kept.
func (v auditVerify) kept(folder string) (models.AuditHead, error) {
	if v.Head != "" {
		return parseHead(v.Head)
	}
	raw, err := os.ReadFile(filepath.Join(filepath.Clean(folder), headFile))
	if errors.Is(err, os.ErrNotExist) {
		return models.AuditHead{}, nil
	}
	if err != nil {
		return models.AuditHead{}, err
	}
	return parseHead(strings.TrimSpace(string(raw)))
}

// parseHead reads SEQ:HASH; "" is no head.
func parseHead(text string) (models.AuditHead, error) {
	if text == "" {
		return models.AuditHead{}, nil
	}
	seq, hash, _ := strings.Cut(text, ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil || n < 1 || len(hash) != 64 {
		return models.AuditHead{}, errors.New("a head is written as SEQ:HASH")
	}
	return models.AuditHead{Seq: n, Hash: hash}, nil
}
