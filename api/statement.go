package api

import (
	"context"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/occupancy"
)

// statementLineWire is the use of one kind of space at one site in a month.
type statementLineWire struct {
	Site          string      `json:"site"`
	SiteName      string      `json:"site_name"`
	Kind          models.Kind `json:"kind" enum:"seat,room"`
	Bookings      int         `json:"bookings" doc:"That begin in the month."`
	BookedMinutes int         `json:"booked_minutes"`
	UsedMinutes   int         `json:"used_minutes"`
	NoShows       int         `json:"no_shows"`
}

// statementAllowanceWire is a limit on a month and how much of it was booked.
type statementAllowanceWire struct {
	Kind          *models.Kind `json:"kind" doc:"Null: both; a company's is shared by its members and sites."`
	LimitMinutes  int          `json:"limit_minutes"`
	BookedMinutes int          `json:"booked_minutes"`
}

// statementWire is a month of a company or of a member.
type statementWire struct {
	Month      string                   `json:"month"`
	Items      []statementLineWire      `json:"items"`
	Allowances []statementAllowanceWire `json:"allowances"`
}

var statementColumns = []string{"site", "name", "kind", "bookings", "booked_minutes", "used_minutes", "no_shows"}

func (a *API) registerStatement() {
	addTable[statementWire](a, operation{
		id: "report-statement", method: "GET", path: "/reports/statement", who: people, faults: []*fault.Fault{models.ErrNotFound},
	}, a.statement)
}

// statementInput asks for a month of a company, of a member, or of the caller.
type statementInput struct {
	TableFormat
	MonthInput
	Company int    `query:"company" minimum:"0" maximum:"2147483647"`
	Member  string `query:"member" maxLength:"64" doc:"The caller when neither is given."`
}

func (in *statementInput) query(at *atlas) (occupancy.StatementQuery, error) {
	month := in.month(at)
	q := occupancy.StatementQuery{Company: in.Company, Year: month.Year(), Month: month.Month()}
	switch {
	case in.Member != "":
		id, err := models.ParseID(in.Member)
		q.Member = &id
		return q, err
	case in.Company == 0:
		q.Member = &at.p.Member.ID
	}
	return q, nil
}

// statement serves GET /reports/statement.
func (a *API) statement(ctx context.Context, in *statementInput) (*tableOutput, error) {
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	q, err := in.query(at)
	if err != nil {
		return nil, err
	}
	st, err := a.occupancy.Statement(ctx, at.p, q)
	if err != nil {
		return nil, err
	}
	month := time.Date(q.Year, q.Month, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
	out := statementWire{Month: month, Items: []statementLineWire{}, Allowances: []statementAllowanceWire{}}
	sheet := table{name: "statement-" + month, columns: statementColumns}
	for _, line := range st.Lines {
		item := at.statementLine(line)
		out.Items = append(out.Items, item)
		sheet.rows = append(sheet.rows, []any{item.Site, item.SiteName, string(item.Kind), item.Bookings, item.BookedMinutes, item.UsedMinutes, item.NoShows})
	}
	for _, allowance := range st.Allowances {
		wire := statementAllowanceWire{LimitMinutes: allowance.LimitMinutes, BookedMinutes: allowance.BookedMinutes}
		if allowance.Kind != "" {
			wire.Kind = &allowance.Kind
		}
		out.Allowances = append(out.Allowances, wire)
	}
	return in.write(at.lang, sheet, out)
}

func (at *atlas) statementLine(line occupancy.StatementLine) statementLineWire {
	name := line.Site
	if site, err := at.cat.Site(line.Site); err == nil {
		name = named(at.lang, site.NameJA, site.NameEN)
	}
	return statementLineWire{line.Site, name, line.Kind, line.Bookings, line.BookedMinutes, line.UsedMinutes, line.NoShows}
}
