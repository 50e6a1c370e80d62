package api

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/occupancy"
)

// UtilizationFigures are what a row of the utilization report counts; exported, since
// only such a part of another answer is seen by huma.
type UtilizationFigures struct {
	AvailableMinutes int     `json:"available_minutes" doc:"That bookable spaces were open, each for itself; 0 by company and plan."`
	BookedMinutes    int     `json:"booked_minutes" doc:"Promised and not given back."`
	UsedMinutes      int     `json:"used_minutes" doc:"The part of it after check-in."`
	Bookings         int     `json:"bookings" doc:"That begin in the row."`
	NoShows          int     `json:"no_shows"`
	Visitors         int     `json:"visitors" doc:"Distinct people who were inside; for space, kind, company and plan: who checked in."`
	EarlyLeaves      int     `json:"early_leaves" doc:"Spaces that somebody came to and gave back before the end."`
	Visits           int     `json:"visits" doc:"Times that somebody came; 0 by space, kind, company and plan, as the next two."`
	PeakInside       int     `json:"peak_inside" doc:"The most people that were at one site at once."`
	AverageInside    float64 `json:"average_inside" doc:"How many were at a site on average while it was open."`
}

func newUtilizationFigures(r occupancy.Row) UtilizationFigures {
	return UtilizationFigures{
		r.AvailableMinutes, r.BookedMinutes, r.UsedMinutes, r.Bookings, r.NoShows, r.Visitors,
		r.EarlyLeaves, r.Visits, r.PeakInside, r.AverageInside,
	}
}

func (f UtilizationFigures) cells() []any {
	return []any{
		f.AvailableMinutes, f.BookedMinutes, f.UsedMinutes, f.Bookings, f.NoShows, f.Visitors,
		f.EarlyLeaves, f.Visits, f.PeakInside, f.AverageInside,
	}
}

// utilizationWire is one row of the utilization report.
type utilizationWire struct {
	Key  string `json:"key" doc:"Hour 00 to 23, weekday 1 (Monday) to 7, both as 1-09, day, month, slug of a site, kind, or id of a space, zone, company (0 = none) or plan."`
	Name string `json:"name" doc:"What key stands for, in the reader's language."`
	UtilizationFigures
	Before *UtilizationFigures `json:"before,omitempty" doc:"The same of the period before, when compare asks for it and it had the row."`
}

func newUtilizationWire(cat *models.Catalogue, lang locale.Lang, by occupancy.By, r occupancy.Compared) utilizationWire {
	out := utilizationWire{Key: r.Key, Name: keyName(cat, lang, by, r.Key), UtilizationFigures: newUtilizationFigures(r.Row)}
	if r.Before != nil {
		before := newUtilizationFigures(*r.Before)
		out.Before = &before
	}
	return out
}

var utilizationColumns = []string{
	"key", "name", "available_minutes", "booked_minutes", "used_minutes", "bookings", "no_shows", "visitors",
	"early_leaves", "visits", "peak_inside", "average_inside",
}

// utilizationSheet is the report for a spreadsheet: with the period before in
// columns of its own, when it was compared.
func utilizationSheet(by occupancy.By, compared bool, rows []utilizationWire) table {
	sheet := table{name: "utilization-by-" + string(by), columns: utilizationColumns}
	if compared {
		for _, name := range utilizationColumns[2:] {
			sheet.columns = append(slices.Clip(sheet.columns), "before_"+name)
		}
	}
	for _, r := range rows {
		cells := append([]any{r.Key, r.Name}, r.cells()...)
		if compared {
			before := UtilizationFigures{}
			if r.Before != nil {
				before = *r.Before
			}
			cells = append(cells, before.cells()...)
		}
		sheet.rows = append(sheet.rows, cells)
	}
	return sheet
}

// crossSiteWire is what people of one home site did at one site.
type crossSiteWire struct {
	HomeSite      *string `json:"home_site" doc:"Null for people without one."`
	Site          string  `json:"site" doc:"The site they visited."`
	Bookings      int     `json:"bookings"`
	BookedMinutes int     `json:"booked_minutes"`
	UsedMinutes   int     `json:"used_minutes"`
	Visitors      int     `json:"visitors" doc:"Distinct people; guests count with their host's home."`
}

func newCrossSiteWire(r occupancy.CrossRow) crossSiteWire {
	out := crossSiteWire{nil, r.Site, r.Bookings, r.BookedMinutes, r.UsedMinutes, r.Visitors}
	if r.Home != "" {
		out.HomeSite = &r.Home
	}
	return out
}

var crossSiteColumns = []string{"home_site", "site", "bookings", "booked_minutes", "used_minutes", "visitors"}

func (a *API) registerReports() {
	addTable[listOf[utilizationWire]](a, operation{
		id: "report-utilization", method: "GET", path: "/reports/utilization", who: managers, faults: rangeFaults,
	}, a.utilization)
	addTable[listOf[crossSiteWire]](a, operation{
		id: "report-cross-site", method: "GET", path: "/reports/cross-site", who: staff, faults: []*fault.Fault{models.ErrNotFound, models.ErrOutOfRange},
	}, a.crossSite)
}

// addTable is add for a report R, which can be had as a file too.
func addTable[R, I any](a *API, o operation, handle handler[I, tableOutput]) {
	op := o.huma()
	op.Metadata = map[string]any{operationMeta: o}
	op.Responses = answers("application/json", a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[R](), true, ""))
	files := op.Responses["200"].Content
	files["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	files["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	huma.Register(a.huma, op, handle)
}

// utilizationInput asks for the utilization report.
type utilizationInput struct {
	TableFormat
	Site string       `query:"site" maxLength:"64" doc:"All of the caller's sites when absent."`
	From Instant      `query:"from" doc:"28 days before to when absent."`
	To   Instant      `query:"to" doc:"Now when absent. At most 366 days after from."`
	By   occupancy.By `query:"by" enum:"hour,weekday,weekday_hour,day,month,space,zone,company,plan,kind,site" default:"day"`

	Compare bool `query:"compare" doc:"Puts beside each row that of the period before, which is as long."`
}

// period reads the time a report is about.
func (in utilizationInput) period(now time.Time) (models.Period, error) {
	p := models.Period{StartsAt: in.From.UTC(), EndsAt: in.To.UTC()}
	if in.To.IsZero() {
		p.EndsAt = now
	}
	if in.From.IsZero() {
		p.StartsAt = p.EndsAt.AddDate(0, 0, -28)
	}
	if !p.EndsAt.After(p.StartsAt) {
		return p, models.ErrEndsBeforeStart.On("to")
	}
	return p, nil
}

// utilization serves GET /reports/utilization.
func (a *API) utilization(ctx context.Context, in *utilizationInput) (*tableOutput, error) {
	period, err := in.period(a.store.Now())
	if err != nil {
		return nil, err
	}
	rows, err := a.utilizationRows(ctx, occupancy.Query{Site: in.Site, Period: period, By: in.By}, in.Compare)
	if err != nil {
		return nil, err
	}
	cat, err := a.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	lang := reader(ctx)
	list := newList("utilization", rows, nil, func(r occupancy.Compared) utilizationWire {
		return newUtilizationWire(cat, lang, in.By, r)
	})
	return in.write(lang, utilizationSheet(in.By, in.Compare, list.Body.Items), list.Body)
}

func (a *API) utilizationRows(ctx context.Context, q occupancy.Query, compare bool) ([]occupancy.Compared, error) {
	if compare {
		all, err := a.occupancy.CompareUtilizations(ctx, auth.Principal(ctx), q, q.By)
		if err != nil {
			return nil, err
		}
		return all[0], nil
	}
	rows, err := a.occupancy.Utilization(ctx, auth.Principal(ctx), q)
	alone := make([]occupancy.Compared, len(rows))
	for i, r := range rows {
		alone[i].Row = r
	}
	return alone, err
}

// MonthInput names a month.
type MonthInput struct {
	Month string `query:"month" pattern:"^20[0-9]{2}-(0[1-9]|1[0-2])$" doc:"As 2026-12. The present one when absent, by the clocks of the caller's home site."`
}

// month returns the month asked for.
func (in MonthInput) month(at *atlas) time.Time {
	month, err := time.Parse("2006-01", in.Month) // the pattern has been checked
	if err != nil {
		month = at.now.In(at.cat.HomeOf(at.p.Member).Location())
	}
	return month
}

// crossSite serves GET /reports/cross-site.
func (a *API) crossSite(ctx context.Context, in *struct {
	TableFormat
	MonthInput
},
) (*tableOutput, error) {
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	month := in.month(at)
	rows, err := a.occupancy.CrossSite(ctx, auth.Principal(ctx), month.Year(), month.Month())
	if err != nil {
		return nil, err
	}
	list := newList("cross-site", rows, nil, newCrossSiteWire)
	sheet := table{name: "cross-site-" + month.Format("2006-01"), columns: crossSiteColumns}
	for _, r := range rows {
		sheet.rows = append(sheet.rows, []any{r.Home, r.Site, r.Bookings, r.BookedMinutes, r.UsedMinutes, r.Visitors})
	}
	return in.write(at.lang, sheet, list.Body)
}

// keyName is what the key of a row stands for; "" when it is gone.
func keyName(cat *models.Catalogue, lang locale.Lang, by occupancy.By, key string) string {
	switch by {
	case occupancy.ByWeekday:
		day, _ := strconv.Atoi(key)
		return locale.Weekday(lang, time.Weekday(day%7))
	case occupancy.BySpace, occupancy.ByPlan:
		return idName(cat, lang, by, key)
	case occupancy.BySite:
		if site, err := cat.Site(key); err == nil {
			return named(lang, site.NameJA, site.NameEN)
		}
	case occupancy.ByCompany:
		id, _ := strconv.Atoi(key)
		if company, err := cat.Company(id); err == nil {
			return named(lang, company.NameJA, company.NameEN)
		}
		return locale.T(lang, "report.no_company")
	case occupancy.ByZone:
		id, _ := strconv.Atoi(key)
		if zone, err := cat.Zone(id); err == nil {
			return zone.Site + " " + named(lang, zone.NameJA, zone.NameEN)
		}
	case occupancy.ByWeekdayHour:
		return keyName(cat, lang, occupancy.ByWeekday, key[:1]) + " " + key[2:]
	case occupancy.ByKind:
		return locale.T(lang, "report.kind."+key)
	}
	return key
}

func idName(cat *models.Catalogue, lang locale.Lang, by occupancy.By, key string) string {
	id, err := models.ParseID(key)
	if err != nil {
		return ""
	}
	if plan, err := cat.Plan(id); by == occupancy.ByPlan && err == nil {
		return named(lang, plan.NameJA, plan.NameEN)
	}
	if space, err := cat.Space(id); err == nil {
		return space.Site + " " + named(lang, space.NameJA, space.NameEN)
	}
	return ""
}
