package api

import (
	"context"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/internal/sheet"
	"kyoten/models"
)

// importInput is a file of things to be added.
type importInput struct {
	DryRun  bool   `query:"dry_run" doc:"Looks whether the file is good and stores nothing."`
	RawBody []byte `contentType:"text/csv" doc:"CSV, the first line naming the columns, in any order. Members: email, name, kana, locale, role, company, plan, home_site."`
}

// importWire is what became of a file.
type importWire struct {
	Members int  `json:"members" doc:"How many were added, or would be."`
	DryRun  bool `json:"dry_run"`
}

// importSpacesInput is a file of spaces.
type importSpacesInput struct {
	DryRun  bool   `query:"dry_run" doc:"Looks whether the file is good and stores nothing."`
	RawBody []byte `contentType:"text/csv" doc:"CSV, the first line naming the columns, in any order: site, zone, kind, name_ja, name_en, capacity, equipment, video_address, needs_approval, floor_plan, x, y, width, height."`
}

// importSpacesWire is what became of a file of spaces.
type importSpacesWire struct {
	Spaces int  `json:"spaces" doc:"How many were added, or would be."`
	DryRun bool `json:"dry_run"`
}

func (a *API) registerImport() {
	add(a, operation{
		id: "import-members", method: "POST", path: "/members/import", who: admins, file: true,
		faults: []*fault.Fault{models.ErrConflict, sheet.ErrUnreadable, sheet.ErrTooManyLines},
	}, a.importMembers)
	add(a, operation{
		id: "import-spaces", method: "POST", path: "/spaces/import", who: admins, file: true,
		faults: []*fault.Fault{sheet.ErrUnreadable, sheet.ErrTooManyLines},
	}, a.importSpaces)
}

// importSpaces serves POST /spaces/import: all spaces of the file, or none and
// what is wrong with which line.
func (a *API) importSpaces(ctx context.Context, in *importSpacesInput) (*body[importSpacesWire], error) {
	n, err := a.places.ImportSpaces(ctx, auth.Principal(ctx), in.RawBody, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &body[importSpacesWire]{importSpacesWire{n, in.DryRun}}, nil
}

// importMembers serves POST /members/import: all members of the file, or none and
// what is wrong with which line.
func (a *API) importMembers(ctx context.Context, in *importInput) (*body[importWire], error) {
	n, err := a.auth.Import(ctx, auth.Principal(ctx), in.RawBody, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &body[importWire]{importWire{n, in.DryRun}}, nil
}

// maxLineErrors bounds how many bad lines of a file one answer lists.
const maxLineErrors = 1000

// lineErrors puts into words what is wrong with the lines of a file.
func lineErrors(lang locale.Lang, bad *sheet.Bad) []InputError {
	out := make([]InputError, 0, len(bad.Lines))
	for _, f := range bad.Lines[:min(len(bad.Lines), maxLineErrors)] {
		out = append(out, InputError{"#/" + f.Pointer, locale.BadCell(lang, f)})
	}
	return out
}
