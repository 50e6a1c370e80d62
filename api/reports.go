package api

import (
	"context"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/occupancy"
)

// utilizationWire is one row of the utilization report.
type utilizationWire struct {
	Key              string `json:"key" doc:"Hour 00 to 23, weekday 1 (Monday) to 7, day, slug of a site, kind, or id of a space, company (0 = none) or plan."`
	Name             string `json:"name" doc:"What key stands for, in the reader's language."`
	AvailableMinutes int    `json:"available_minutes" doc:"That bookable spaces were open, each for itself; 0 by company and plan."`
	BookedMinutes    int    `json:"booked_minutes" doc:"Promised and not given back."`
	UsedMinutes      int    `json:"used_minutes" doc:"The part of it after check-in."`
	Bookings         int    `json:"bookings" doc:"That begin in the row."`
	NoShows          int    `json:"no_shows"`
	Visitors         int    `json:"visitors" doc:"Distinct people who were inside; for space, kind, company and plan: who checked in."`
}

func (u utilizationWire) row() []any {
	return []any{u.Key, u.Name, u.AvailableMinutes, u.BookedMinutes, u.UsedMinutes, u.Bookings, u.NoShows, u.Visitors}
}

var utilizationColumns = []string{"key", "name", "available_minutes", "booked_minutes", "used_minutes", "bookings", "no_shows", "visitors"}

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
	faults := []*fault.Fault{models.ErrNotFound, models.ErrOutOfRange}
	addTable[utilizationWire](a, operation{
		id: "report-utilization", method: "GET", path: "/reports/utilization", who: managers, faults: faults,
	}, a.utilization)
	addTable[crossSiteWire](a, operation{
		id: "report-cross-site", method: "GET", path: "/reports/cross-site", who: staff, faults: faults,
	}, a.crossSite)
}

// addTable is add for a report of rows R, which can be had as a file too.
func addTable[R, I any](a *API, o operation, handle handler[I, tableOutput]) {
	op := o.huma()
	op.Metadata = map[string]any{operationMeta: o}
	rows := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[listOf[R]](), true, "")
	file := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		"application/json": {Schema: rows},
		"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString}},
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": file,
	}}}
	huma.Register(a.huma, op, handle)
}

// utilizationInput asks for the utilization report.
type utilizationInput struct {
	TableFormat
	Site string       `query:"site" maxLength:"64" doc:"All of the caller's sites when absent."`
	From Instant      `query:"from" doc:"28 days before to when absent."`
	To   Instant      `query:"to" doc:"Now when absent. At most 366 days after from."`
	By   occupancy.By `query:"by" enum:"hour,weekday,day,space,company,plan,kind,site" default:"day"`
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
		return p, models.ErrOutOfRange.On("to")
	}
	return p, nil
}

// utilization serves GET /reports/utilization.
func (a *API) utilization(ctx context.Context, in *utilizationInput) (*tableOutput, error) {
	period, err := in.period(a.store.Now())
	if err != nil {
		return nil, err
	}
	rows, err := a.occupancy.Utilization(ctx, auth.Principal(ctx), occupancy.Query{Site: in.Site, Period: period, By: in.By})
	if err != nil {
		return nil, err
	}
	cat, err := a.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	lang := reader(ctx)
	list := newList("utilization", rows, nil, func(r occupancy.Row) utilizationWire {
		return utilizationWire{
			r.Key, keyName(cat, lang, in.By, r.Key), r.AvailableMinutes, r.BookedMinutes, r.UsedMinutes, r.Bookings, r.NoShows, r.Visitors,
		}
	})
	sheet := table{name: "utilization-by-" + string(in.By), columns: utilizationColumns}
	for _, item := range list.Body.Items {
		sheet.rows = append(sheet.rows, item.row())
	}
	return in.write(lang, sheet, list.Body)
}

// crossSite serves GET /reports/cross-site.
func (a *API) crossSite(ctx context.Context, in *struct {
	TableFormat
	Month string `query:"month" pattern:"^20[0-9]{2}-(0[1-9]|1[0-2])$" doc:"As 2026-12. The present one when absent."`
},
) (*tableOutput, error) {
	month := a.store.Now()
	if in.Month != "" {
		var err error
		if month, err = time.Parse("2006-01", in.Month); err != nil {
			return nil, models.ErrInvalidInput.On("month").Because(err)
		}
	}
	rows, err := a.occupancy.CrossSite(ctx, auth.Principal(ctx), month.Year(), month.Month())
	if err != nil {
		return nil, err
	}
	list := newList("cross-site", rows, nil, newCrossSiteWire)
	sheet := table{name: "cross-site-" + month.Format("2006-01"), columns: crossSiteColumns}
	for _, r := range rows {
		sheet.rows = append(sheet.rows, []any{r.Home, r.Site, r.Bookings, r.BookedMinutes, r.UsedMinutes, r.Visitors})
	}
	return in.write(reader(ctx), sheet, list.Body)
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
