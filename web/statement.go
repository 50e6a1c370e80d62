package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/occupancy"
	"kyoten/web/ui"
)

const statementPath = "/statements"

// statementPage is a month of a company or of a member, for paper too.
type statementPage struct {
	ui.Page
	Of      string // whose it is
	Month   string
	Before  string // address of the month before
	After   string
	List    ui.Listing
	Meters  []ui.Meter
	Files   []preset
	Nothing bool
}

// statement serves GET /statements: the reader's own month, a member's or a
// company's.
func (p *Pages) statement(v *visit) error {
	q, of, err := p.statementQuery(v)
	if err != nil {
		return err
	}
	st, err := p.Occupancy.Statement(v.ctx(), v.who, q)
	if err != nil {
		return err
	}
	first := time.Date(q.Year, q.Month, 1, 12, 0, 0, 0, time.UTC)
	page := statementPage{Page: v.page("statement.title", "account"), Of: of, Month: locale.Month(v.lang, first, time.UTC)}
	page.Before, page.After = v.statementURL(first.AddDate(0, -1, 0)), v.statementURL(first.AddDate(0, 1, 0))
	page.List = v.statementListing(st.Lines)
	page.Nothing = len(st.Lines) == 0
	for _, a := range st.Allowances {
		page.Meters = append(page.Meters, v.allowanceMeter(a))
	}
	page.Files = v.fileLinks("/api/v1/reports/statement", v.statementValues(first))
	return p.show(v, http.StatusOK, "statement", page)
}

// statementQuery reads whose month is asked for, and names them.
func (p *Pages) statementQuery(v *visit) (occupancy.StatementQuery, string, error) {
	month, err := time.Parse("2006-01", v.query("month"))
	if err != nil {
		month = v.now.In(v.home().Location())
	}
	q := occupancy.StatementQuery{Year: month.Year(), Month: month.Month()}
	if company := v.query("company"); company != "" {
		q.Company, _ = strconv.Atoi(company) // no number is no company
		return q, v.companyName(q.Company), nil
	}
	id := v.who.Member.ID
	if asked := v.query("member"); asked != "" {
		if id, err = models.ParseID(asked); err != nil {
			return q, "", models.ErrNotFound
		}
	}
	m, err := p.Store.Member(v.ctx(), id)
	q.Member = &id
	return q, m.Name, err
}

func (v *visit) statementValues(month time.Time) url.Values {
	values := url.Values{"month": {month.Format("2006-01")}}
	for _, name := range []string{"company", "member"} {
		if asked := v.query(name); asked != "" {
			values.Set(name, asked)
		}
	}
	return values
}

func (v *visit) statementURL(month time.Time) string {
	return statementPath + "?" + v.statementValues(month).Encode()
}

func (v *visit) statementListing(lines []occupancy.StatementLine) ui.Listing {
	list := ui.Listing{None: "statement.none", Columns: ui.Columns(
		v.t("book.site"), v.t("spaces.kind"), "#"+v.t("reports.bookings"), "#"+v.t("reports.booked"), "#"+v.t("reports.used"), "#"+v.t("reports.no_shows"))}
	var sum occupancy.StatementLine
	for _, line := range lines {
		list.Lines = append(list.Lines, ui.Line{Cells: v.statementCells(v.siteName(line.Site), v.t("spaces."+string(line.Kind)), line)})
		sum.Bookings, sum.NoShows = sum.Bookings+line.Bookings, sum.NoShows+line.NoShows
		sum.BookedMinutes, sum.UsedMinutes = sum.BookedMinutes+line.BookedMinutes, sum.UsedMinutes+line.UsedMinutes
	}
	if len(lines) > 1 {
		list.Lines = append(list.Lines, ui.Line{Cells: v.statementCells(v.t("statement.sum"), "", sum)})
	}
	return list
}

func (v *visit) statementCells(name, kind string, line occupancy.StatementLine) []ui.Cell {
	cells := []ui.Cell{{Text: name}, {Text: kind}}
	for _, text := range []string{strconv.Itoa(line.Bookings), v.hoursOf60(line.BookedMinutes), v.hoursOf60(line.UsedMinutes), strconv.Itoa(line.NoShows)} {
		cells = append(cells, ui.Cell{Text: text, Number: true})
	}
	return cells
}

// allowanceMeter shows how much of an allowance was booked.
func (v *visit) allowanceMeter(a occupancy.StatementAllowance) ui.Meter {
	kind := "both"
	if a.Kind != "" {
		kind = string(a.Kind)
	}
	return ui.Meter{
		Label: v.t("statement.allowance_" + kind), Words: v.hoursOf60(a.BookedMinutes) + " / " + v.hoursOf60(a.LimitMinutes),
		Filled: ui.Percent(a.BookedMinutes, a.LimitMinutes),
	}
}
