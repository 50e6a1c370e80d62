package web

import (
	"net/http"
	"net/url"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/occupancy"
	"kyoten/web/ui"
)

// reportsPage is how the sites were used: the whole, by weekday and hour, by day,
// by space, company and plan, and between the sites.
type reportsPage struct {
	staffPage
	Form    ui.Form
	Period  string
	Presets []preset
	Refused *ui.Notice
	Figures []figure
	Heat    *ui.Heat
	Curve   *ui.Curve
	Tables  []reportTable
	Cross   []crossLine
	Files   []preset // the report by day as files

	CrossFiles []preset // what Cross says, as files
}

// figure is one number of the summary, beside that of the period before.
type figure struct {
	Label, Value, Before string
}

// reportTable is the report by one grouping.
type reportTable struct {
	Title   string
	Columns []string
	Rows    []reportRow
	ID      string
	Pager   ui.Pager
}

// reportRow is a line of it.
type reportRow struct {
	Name  string
	Cells []reportCell
}

// reportCell is a value beside that of the period before.
type reportCell struct{ Now, Before string }

// crossLine is what people of one home site did at one site.
type crossLine struct {
	Home, Site, Booked string
	Bookings, Visitors int
}

// reports serves GET /admin/reports.
func (p *Pages) reports(v *visit) error {
	page := reportsPage{staffPage: v.reportShell(), Form: ui.NewForm(v.r.URL.Query())}
	q, err := v.reportQuery(&page)
	if err == nil {
		err = p.fillReport(v, q, &page)
	}
	if err != nil {
		if page.Refused, _, err = v.refused(err, &page.Form); err != nil {
			return err
		}
		return p.show(v, http.StatusUnprocessableEntity, "reports", page)
	}
	return p.show(v, http.StatusOK, "reports", page)
}

// reportShell is the shell of a page that is about one site of the reader's or
// about all of them; managers of a company have it, too.
func (v *visit) reportShell() staffPage {
	page := staffPage{Page: v.page("admin.reports", "admin"), Now: v.now, Sites: []ui.Option{{Label: v.t("admin.all_sites")}}}
	for _, site := range v.cat.Sites() {
		if v.who.Runs(site.Slug) || v.who.Manages(v.who.Company()) {
			page.Sites = append(page.Sites, ui.Option{Value: site.Slug, Label: v.name(site.NameJA, site.NameEN)})
		}
	}
	page.Site = v.query("site")
	page.Menu = v.staffMenu("admin.reports", page.Site)
	return page
}

// reportQuery reads the site and the days; the last four weeks when none are
// named.
func (v *visit) reportQuery(page *reportsPage) (occupancy.Query, error) {
	site := v.home()
	if asked, err := v.cat.Site(page.Site); err == nil {
		site = asked
	}
	loc := site.Location()
	today := models.DayOf(v.now, loc)
	first, last := today.Add(-28), today.Add(-1)
	var err error
	if s := page.Form.Value("from"); s != "" {
		if first, err = models.ParseDay(s); err != nil {
			return occupancy.Query{}, fieldError(err, "from")
		}
	}
	if s := page.Form.Value("to"); s != "" {
		if last, err = models.ParseDay(s); err != nil {
			return occupancy.Query{}, fieldError(err, "to")
		}
	}
	page.Form.Values.Set("from", first.String())
	page.Form.Values.Set("to", last.String())
	period, err := models.NewPeriod(first.At(0, loc), last.Add(1).At(0, loc))
	page.Period = v.t("seat.days", map[string]any{"first": locale.Date(v.lang, first.At(720, loc), loc), "last": locale.Date(v.lang, last.At(720, loc), loc)})
	page.Presets = v.reportPresets(page.Site, today, first, last)
	page.Files = reportFiles(v, page.Site, period)
	return occupancy.Query{Site: page.Site, Period: period}, err
}

// reportPresets are periods people often ask about.
func (v *visit) reportPresets(site string, today, first, last models.Day) []preset {
	month := models.Day{Year: today.Year, Month: today.Month, Day: 1}
	before := month.Add(-1)
	before.Day = 1
	var list []preset
	for _, c := range []struct {
		key      string
		from, to models.Day
	}{
		{"reports.last_7", today.Add(-7), today.Add(-1)},
		{"reports.last_28", today.Add(-28), today.Add(-1)},
		{"reports.this_month", month, today},
		{"reports.last_month", before, month.Add(-1)},
	} {
		query := url.Values{"site": {site}, "from": {c.from.String()}, "to": {c.to.String()}}
		list = append(list, preset{Label: v.t(c.key), URL: "/admin/reports?" + query.Encode(), Current: c.from == first && c.to == last})
	}
	return list
}

// reportFiles are the addresses of the report by day as files.
func reportFiles(v *visit, site string, p models.Period) []preset {
	query := url.Values{"by": {"day"}, "compare": {"true"}, "from": {p.StartsAt.Format(time.RFC3339)}, "to": {p.EndsAt.Format(time.RFC3339)}}
	if site != "" {
		query.Set("site", site)
	}
	return v.fileLinks("/api/v1/reports/utilization", query)
}

// fileLinks are the addresses of a table of the API as files for people: as UTF-8
// with the mark without which Excel in Japan takes it for Shift_JIS (programs ask
// for it without), for old spreadsheets in Japan, and for new ones.
func (v *visit) fileLinks(path string, query url.Values) []preset {
	var files []preset
	for _, file := range []struct{ key, format, charset string }{
		{"reports.csv", "csv", "utf-8-bom"}, {"reports.csv_shift_jis", "csv", "shift_jis"}, {"reports.xlsx", "xlsx", "utf-8"},
	} {
		query.Set("format", file.format)
		query.Set("charset", file.charset)
		files = append(files, preset{Label: v.t(file.key), URL: path + "?" + query.Encode()})
	}
	return files
}

// tabled are the groupings that the page shows as tables.
var tabled = []occupancy.By{occupancy.ByMonth, occupancy.ByKind, occupancy.ByZone, occupancy.BySpace, occupancy.ByCompany, occupancy.ByPlan}

// fillReport asks for all parts of the report at once.
func (p *Pages) fillReport(v *visit, q occupancy.Query, page *reportsPage) error {
	by := append([]occupancy.By{occupancy.BySite, occupancy.ByWeekdayHour, occupancy.ByDay}, tabled...)
	all, err := p.Occupancy.CompareUtilizations(v.ctx(), v.who, q, by...)
	if err != nil {
		return err
	}
	now, before := reportTotals(all[0])
	page.Figures = v.figures(now, before, len(all[0]) > 1)
	page.Heat, page.Curve = v.heat(all[1]), v.curve(all[2])
	for i, rows := range all[3:] {
		page.Tables = append(page.Tables, v.reportTable(tabled[i], rows))
	}
	return p.fillCross(v, q, page)
}

// reportTotals adds up the report by site, and that of the period before. People
// who visited two sites count at each of them; of how many are inside, the peak is
// that of the fullest site and the average that of a site.
func reportTotals(rows []occupancy.Compared) (now, before occupancy.Row) {
	compared := 0
	for _, r := range rows {
		addRow(&now, r.Row)
		if r.Before != nil {
			addRow(&before, *r.Before)
			compared++
		}
	}
	now.AverageInside /= float64(max(len(rows), 1))
	before.AverageInside /= float64(max(compared, 1))
	return now, before
}

func addRow(sum *occupancy.Row, r occupancy.Row) {
	sum.AvailableMinutes += r.AvailableMinutes
	sum.BookedMinutes += r.BookedMinutes
	sum.UsedMinutes += r.UsedMinutes
	sum.Bookings += r.Bookings
	sum.NoShows += r.NoShows
	sum.EarlyLeaves += r.EarlyLeaves
	sum.Visitors += r.Visitors
	sum.Visits += r.Visits
	sum.PeakInside = max(sum.PeakInside, r.PeakInside)
	sum.AverageInside += r.AverageInside
}

// fillCross adds the month in which the period ends, for those who run a site.
func (p *Pages) fillCross(v *visit, q occupancy.Query, page *reportsPage) error {
	if !v.who.Staff() && !v.who.Admin() {
		return nil
	}
	last := q.Period.EndsAt.Add(-time.Second).In(v.home().Location())
	rows, err := p.Occupancy.CrossSite(v.ctx(), v.who, last.Year(), last.Month())
	for _, r := range rows {
		home := v.t("reports.no_home")
		if r.Home != "" {
			home = v.siteName(r.Home)
		}
		page.Cross = append(page.Cross, crossLine{
			Home: home, Site: v.siteName(r.Site), Booked: v.hoursOf60(r.BookedMinutes), Bookings: r.Bookings, Visitors: r.Visitors,
		})
	}
	page.CrossFiles = v.fileLinks("/api/v1/reports/cross-site", url.Values{"month": {last.Format("2006-01")}})
	return err
}
