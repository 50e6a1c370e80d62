package web

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/internal/sheet"
	"kyoten/web/ui"
)

// mostUpload is the most that a file people bring may have.
const mostUpload = 8 << 20

// importer is a kind of thing that can be brought in a file: it looks at the
// file, or with dry false takes it.
type importer struct {
	name    string // of the menu entry it belongs to
	path    string
	title   string // key
	hint    string // key: which columns
	columns []string
	take    func(v *visit, raw []byte, dry bool) (int, error)
}

// importForm serves the page on which a file is chosen.
func (p *Pages) importForm(of importer) handler {
	return func(v *visit) error { return p.showForm(v, http.StatusOK, v.importPage(of)) }
}

func (v *visit) importPage(of importer) formPage {
	page := formPage{
		staffPage: v.deskPage(of.name), Back: v.link(of.name, of.path), Target: of.path + "/import", Upload: true, Save: "import.look",
		Intro: v.t("import.text"), Sections: []ui.Section{{Fields: []ui.Field{{Name: "file", Type: "file", Label: "import.file", Hint: of.hint, Required: true, Wide: true}}}},
	}
	page.Title, page.Here = v.t(of.title), page.Target
	return page
}

// takeFile serves what is posted there. A file is looked at first, and what would
// come of it is shown with a button that takes it: the file travels along, so
// that the server keeps nothing.
func (p *Pages) takeFile(of importer) handler {
	return func(v *visit) error {
		raw, confirmed, err := v.upload()
		if err != nil {
			return err
		}
		page := v.importPage(of)
		n, err := of.take(v, raw, !confirmed)
		if bad, ok := errors.AsType[*sheet.Bad](err); ok {
			page.Above = []ui.Listing{v.badLines(bad)}
			page.Notice = &ui.Notice{Kind: "danger", Title: v.t("import.bad", map[string]any{"count": len(bad.Lines)}), Text: v.t("import.nothing_stored")}
			return p.showForm(v, http.StatusUnprocessableEntity, page)
		}
		if err != nil {
			f := fault.From(err)
			if f.Is(sheet.ErrUnreadable) || f.Is(sheet.ErrTooManyLines) {
				err = f.On("file")
			}
			return p.refuseForm(v, page, ui.NewForm(nil), err)
		}
		if confirmed {
			return v.redirect(of.path + "?done=imported")
		}
		page.Notice = &ui.Notice{Kind: "ok", Title: v.t("import.good", map[string]any{"count": n}), Text: v.t("import.confirm_text")}
		return p.offerFile(v, of, page, raw, n)
	}
}

// offerFile shows how a file of n rows that was looked at begins, and the button
// that takes it. A page is UTF-8, whatever the file is.
func (p *Pages) offerFile(v *visit, of importer, page formPage, raw []byte, n int) error {
	text, err := sheet.Decode(raw)
	if err != nil {
		return err
	}
	rows, err := sheet.Read(text, of.columns, n)
	if err != nil {
		return err
	}
	page.Above = []ui.Listing{v.firstLines(of.columns, rows)}
	page.Sections = []ui.Section{{Fields: []ui.Field{{Name: "content", Type: "content"}}}}
	page.Form, page.Save = ui.NewForm(map[string][]string{"content": {string(text)}}), "import.confirm"
	return p.showForm(v, http.StatusOK, page)
}

// shownLines is how many rows of a file are shown before it is taken.
const shownLines = 5

// firstLines lists how the rows of a file were read, in the columns that hold
// something: garbled names and shifted columns are seen here and by nothing else.
func (v *visit) firstLines(columns []string, rows []sheet.Row) ui.Listing {
	shown := rows[:min(len(rows), shownLines)]
	used := slices.DeleteFunc(slices.Clone(columns), func(column string) bool {
		return !slices.ContainsFunc(shown, func(r sheet.Row) bool { return r.Cell(column) != "" })
	})
	list := ui.Listing{Title: v.t("import.begins"), Columns: ui.Columns(used...)}
	for _, r := range shown {
		var line ui.Line
		for _, column := range used {
			line.Cells = append(line.Cells, ui.Cell{Text: r.Cell(column), Typed: true})
		}
		list.Lines = append(list.Lines, line)
	}
	return list
}

// upload reads a file that was chosen, or one that was looked at before and is
// confirmed now.
func (v *visit) upload() (raw []byte, confirmed bool, err error) {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, mostUpload+1<<16)
	if err := v.r.ParseMultipartForm(mostUpload); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, false, codeOfStatus[http.StatusRequestEntityTooLarge].Because(err)
		}
		return nil, false, errBadForm.Because(err)
	}
	if v.drawnForAnother(v.takeWhose()) {
		return nil, false, errAnothers
	}
	if content := v.r.PostFormValue("content"); content != "" {
		return []byte(content), true, nil
	}
	file, _, err := v.r.FormFile("file")
	if err != nil {
		return nil, false, nil // an empty file is refused like any other that is no table
	}
	defer func() { _ = file.Close() }()
	raw, err = io.ReadAll(file)
	return raw, false, err
}

// mostBadLines bounds how many bad lines a page lists.
const mostBadLines = 200

// badLines lists what is wrong with a file.
func (v *visit) badLines(bad *sheet.Bad) ui.Listing {
	list := ui.Listing{Title: v.t("import.lines"), Columns: ui.Columns("#"+v.t("import.line"), v.t("import.column"), v.t("import.what"))}
	for _, f := range bad.Lines[:min(len(bad.Lines), mostBadLines)] {
		line, column, _ := strings.Cut(f.Pointer, "/")
		list.Lines = append(list.Lines, ui.Line{Cells: []ui.Cell{{Text: line}, {Text: column}, {Text: locale.BadCell(v.lang, f)}}})
	}
	if more := len(bad.Lines) - mostBadLines; more > 0 {
		list.Lines = append(list.Lines, ui.Line{Cells: []ui.Cell{{Text: "…"}, {}, {Text: v.t("import.more", map[string]any{"count": more})}}})
	}
	return list
}

// memberImport is a file of members.
func (p *Pages) memberImport() importer {
	return importer{
		name: "admin.members", path: membersPath, title: "members.import", hint: "members.columns", columns: auth.ImportColumns,
		take: func(v *visit, raw []byte, dry bool) (int, error) { return p.Auth.Import(v.ctx(), v.who, raw, dry) },
	}
}
