package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
)

// importColumns are the columns of a CSV of members; the first line names those
// that are there, in any order.
var importColumns = []string{"email", "name", "kana", "locale", "role", "company", "plan", "home_site"}

// maxImport is the most members that one file may hold.
const maxImport = 2000

// importInput is a file of members.
type importInput struct {
	DryRun  bool   `query:"dry_run" doc:"Looks whether the file is good and stores nothing."`
	RawBody []byte `contentType:"text/csv" doc:"UTF-8, the first line naming the columns: email, name, kana, locale, role, company, plan, home_site."`
}

// importWire is what became of a file.
type importWire struct {
	Members int  `json:"members" doc:"How many were added, or would be."`
	DryRun  bool `json:"dry_run"`
}

func (a *API) registerImport() {
	add(a, operation{
		id: "import-members", method: "POST", path: "/members/import", who: admins, faults: []*fault.Fault{models.ErrOutOfRange},
	}, a.importMembers)
}

// errDryRun takes back what a dry run stored.
var errDryRun = errors.New("it was a dry run")

// importMembers serves POST /members/import: all members of the file, or none
// and what is wrong with which line.
func (a *API) importMembers(ctx context.Context, in *importInput) (*body[importWire], error) {
	rows, err := readMembers(in.RawBody)
	if err != nil {
		return nil, err
	}
	err = a.store.Enclose(ctx, func(ctx context.Context) error {
		if bad := a.addMembers(ctx, rows); bad != nil {
			return bad
		}
		if in.DryRun {
			return errDryRun
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return nil, err
	}
	return &body[importWire]{importWire{len(rows), in.DryRun}}, nil
}

// readMembers reads the file into one account a line.
func readMembers(raw []byte) ([]auth.Account, error) {
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))))
	columns, err := reader.Read()
	if err != nil {
		return nil, errBadRequest.Because(err)
	}
	for i, name := range columns {
		columns[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(importColumns, columns[i]) {
			return nil, models.ErrInvalidInput.On("1/" + columns[i])
		}
	}
	var rows []auth.Account
	for {
		values, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return nil, errBadRequest.Because(err)
		case len(rows) == maxImport:
			return nil, models.ErrOutOfRange.With("max", maxImport)
		}
		account, err := readMember(columns, values)
		if err != nil {
			return nil, onLine(len(rows), fault.From(err))
		}
		rows = append(rows, account)
	}
}

// onLine makes a fault point at the line of a member; the first one is line 2.
func onLine(row int, f *fault.Fault) *fault.Fault {
	return f.On(fmt.Sprintf("%d/%s", row+2, f.Pointer))
}

func readMember(columns, values []string) (auth.Account, error) {
	a := auth.Account{Member: models.Member{Role: models.RoleMember, Locale: "ja"}}
	for i, value := range values {
		value = strings.TrimSpace(value)
		if value == "" {
			continue
		}
		if err := setColumn(&a, columns[i], value); err != nil {
			return a, err
		}
	}
	return a, nil
}

func setColumn(a *auth.Account, column, value string) error {
	switch column {
	case "email":
		a.Email = value
	case "name":
		a.Name = value
	case "kana":
		a.Kana = value
	case "home_site":
		a.HomeSite = &value
	case "role":
		a.Role = models.Role(value)
		if a.Role != models.RoleMember && a.Role != models.RoleManager {
			return models.ErrInvalidInput.On(column) // nobody becomes staff by a file
		}
	case "locale":
		if _, ok := locale.Parse(value); !ok {
			return models.ErrInvalidInput.On(column)
		}
		a.Locale = value
	case "company":
		id, err := strconv.Atoi(value)
		if err != nil {
			return models.ErrInvalidInput.On(column)
		}
		a.CompanyID = &id
	case "plan":
		id, err := models.ParseID(value)
		if err != nil {
			return models.ErrInvalidInput.On(column)
		}
		a.PlanID = &id
	}
	return nil
}

// addMembers stores the accounts and returns what is wrong with the first lines
// that are not good.
func (a *API) addMembers(ctx context.Context, rows []auth.Account) error {
	p := auth.Principal(ctx)
	bad := &badLines{}
	for i := range rows {
		err := a.auth.CreateAccount(ctx, p, &rows[i], "")
		f := fault.From(err)
		switch {
		case err == nil:
		case f.Kind != fault.Invalid && f.Kind != fault.Conflict:
			return err
		default:
			bad.add(onLine(i, f))
		}
	}
	if len(bad.faults) == 0 {
		return nil
	}
	return bad
}

// badLines is what is wrong with a file, line by line.
type badLines struct{ faults []*fault.Fault }

// add keeps as many as an answer lists.
func (b *badLines) add(f *fault.Fault) {
	if len(b.faults) < maxInputErrors {
		b.faults = append(b.faults, f)
	}
}

// Error is the first complaint.
func (b *badLines) Error() string { return b.faults[0].Error() }

// Unwrap makes it bad input.
func (b *badLines) Unwrap() error { return models.ErrInvalidInput }

// inputErrors puts them into words.
func (b *badLines) inputErrors(lang locale.Lang) []InputError {
	out := make([]InputError, 0, len(b.faults))
	for _, f := range b.faults {
		_, detail := locale.Fault(lang, f)
		out = append(out, InputError{"#/" + f.Pointer, detail})
	}
	return out
}
