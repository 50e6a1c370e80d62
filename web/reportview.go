package web

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/occupancy"
	"kyoten/web/ui"
)

// figures words the totals, each beside what it was in the period before. Of
// several sites, how many are inside is said of one.
func (v *visit) figures(now, before occupancy.Row, several bool) []figure {
	peak, average := "peak", "average"
	if several {
		peak, average = "peak_of_site", "average_of_site"
	}
	pair := func(key string, value func(occupancy.Row) string) figure {
		return figure{Label: v.t("reports." + key), Value: value(now), Before: v.t("reports.before", map[string]any{"value": value(before)})}
	}
	figures := []figure{
		pair("share_booked", func(r occupancy.Row) string { return share(r.BookedMinutes, r.AvailableMinutes) }),
		pair("share_used", func(r occupancy.Row) string { return share(r.UsedMinutes, r.BookedMinutes) }),
		pair("hours_booked", func(r occupancy.Row) string { return v.hoursOf60(r.BookedMinutes) }),
		pair("bookings", func(r occupancy.Row) string { return strconv.Itoa(r.Bookings) }),
		pair("no_shows", func(r occupancy.Row) string { return strconv.Itoa(r.NoShows) }),
		pair("early_leaves", func(r occupancy.Row) string { return strconv.Itoa(r.EarlyLeaves) }),
	}
	if !v.seesDoors() {
		return figures[1:]
	}
	return append(figures,
		pair("visitors", func(r occupancy.Row) string { return strconv.Itoa(r.Visitors) }),
		pair("visits", func(r occupancy.Row) string { return strconv.Itoa(r.Visits) }),
		pair(peak, func(r occupancy.Row) string { return strconv.Itoa(r.PeakInside) }),
		pair(average, func(r occupancy.Row) string { return fmt.Sprintf("%.1f", r.AverageInside) }),
	)
}

// seesDoors reports whether the reader's report counts what the doors saw and how
// long spaces were open. A manager's does not: there it would say that nobody came.
func (v *visit) seesDoors() bool { return staff.admits(v.who) == nil }

// share writes a part of a whole in percent, a dash where there is no whole.
func share(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f%%", float64(part)*100/float64(whole))
}

// hoursOf60 writes minutes as hours with one decimal.
func (v *visit) hoursOf60(minutes int) string {
	return v.t("reports.hours", map[string]any{"hours": fmt.Sprintf("%.1f", float64(minutes)/60)})
}

// hoursWords is hoursOf60 within a sentence, where a whole number has no decimal.
func (v *visit) hoursWords(minutes int) string {
	return v.t("reports.hours", map[string]any{"hours": strconv.FormatFloat(math.Round(float64(minutes)/6)/10, 'f', -1, 64)})
}

// heat is the report by weekday and hour as a table of shades: the share of the
// available time that was booked. Hours in which nothing is ever open are left
// out. There is none for managers, whose report knows no available time.
func (v *visit) heat(cells []occupancy.Compared) *ui.Heat {
	if !v.seesDoors() {
		return nil
	}
	byKey := map[string]occupancy.Row{}
	first, last := 24, -1
	for _, c := range cells {
		byKey[c.Key] = c.Row
		if hour, err := strconv.Atoi(c.Key[len(c.Key)-2:]); err == nil && c.AvailableMinutes+c.BookedMinutes > 0 {
			first, last = min(first, hour), max(last, hour)
		}
	}
	if last < 0 {
		return nil
	}
	heat := &ui.Heat{}
	for hour := first; hour <= last; hour++ {
		heat.Columns = append(heat.Columns, fmt.Sprintf("%02d", hour))
	}
	for n := range 7 {
		row := ui.HeatRow{Name: locale.Weekday(v.lang, time.Weekday((n+1)%7))}
		for hour := first; hour <= last; hour++ {
			c := byKey[fmt.Sprintf("%d-%02d", n+1, hour)]
			row.Cells = append(row.Cells, heatCell(c))
		}
		heat.Rows = append(heat.Rows, row)
	}
	return heat
}

// heatCell shades a cell in steps of a tenth.
func heatCell(r occupancy.Row) ui.HeatCell {
	if r.AvailableMinutes == 0 {
		return ui.HeatCell{Text: "–"}
	}
	percent := ui.Percent(r.BookedMinutes, r.AvailableMinutes)
	return ui.HeatCell{Text: strconv.Itoa(percent), Shade: (percent + 9) / 10}
}

// curve is the report by day as lines: booked hours, used ones, and those booked in
// the period before.
func (v *visit) curve(days []occupancy.Compared) *ui.Curve {
	if len(days) == 0 {
		return nil
	}
	curve := &ui.Curve{Names: []string{v.t("reports.booked"), v.t("reports.used"), v.t("reports.booked_before")}}
	for _, d := range days {
		day, err := models.ParseDay(d.Key)
		if err != nil {
			continue
		}
		values := []int{d.BookedMinutes, d.UsedMinutes, before(d).BookedMinutes}
		point := ui.CurvePoint{Label: locale.ShortDate(v.lang, day.At(720, time.UTC), time.UTC), Values: values}
		for _, minutes := range values {
			point.Words = append(point.Words, v.hoursOf60(minutes))
		}
		curve.Points = append(curve.Points, point)
	}
	return curve
}

// before is the row of the period before; one without anything where there was
// none.
func before(r occupancy.Compared) occupancy.Row {
	if r.Before == nil {
		return occupancy.Row{}
	}
	return *r.Before
}

// reportTable words the rows of a grouping that the address asks for, each value
// beside that of the period before.
func (v *visit) reportTable(by occupancy.By, rows []occupancy.Compared) reportTable {
	columns := []struct {
		key   string
		value func(occupancy.Row) string
	}{
		{"share_booked", func(r occupancy.Row) string { return share(r.BookedMinutes, r.AvailableMinutes) }},
		{"booked", func(r occupancy.Row) string { return v.hoursOf60(r.BookedMinutes) }},
		{"used", func(r occupancy.Row) string { return v.hoursOf60(r.UsedMinutes) }},
		{"bookings", func(r occupancy.Row) string { return strconv.Itoa(r.Bookings) }},
		{"no_shows", func(r occupancy.Row) string { return strconv.Itoa(r.NoShows) }},
		{"early_leaves", func(r occupancy.Row) string { return strconv.Itoa(r.EarlyLeaves) }},
		{"visitors", func(r occupancy.Row) string { return strconv.Itoa(r.Visitors) }},
	}
	if !v.seesDoors() && (by == occupancy.ByMonth || by == occupancy.ByZone) {
		columns = columns[:len(columns)-1] // by these, visitors are those whom doors saw
	}
	rows = v.inOrder(by, rows)
	table := reportTable{Title: v.t("reports.by_" + string(by)), ID: "by-" + string(by)}
	from, to, pager := v.partOf(table.ID, "/admin/reports", v.r.URL.Query(), len(rows))
	table.Pager = pager
	for _, c := range columns {
		table.Columns = append(table.Columns, v.t("reports."+c.key))
	}
	for _, r := range rows[from:to] {
		row := reportRow{Name: v.reportName(by, r.Key)}
		for _, c := range columns {
			row.Cells = append(row.Cells, reportCell{c.value(r.Row), c.value(before(r))})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// inOrder puts the rows as people look for them: spaces as they stand in every
// list. Rows about nothing, now and before, are left out.
func (v *visit) inOrder(by occupancy.By, rows []occupancy.Compared) []occupancy.Compared {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r occupancy.Compared) bool {
		now := r.AvailableMinutes + r.BookedMinutes + r.Visitors
		// Periods that touch unequal numbers of months have one that is no part of this one.
		return now == 0 && (by == occupancy.ByMonth || before(r).AvailableMinutes+before(r).BookedMinutes+before(r).Visitors == 0)
	})
	if by != occupancy.BySpace {
		return rows
	}
	rank := map[string]int{}
	for _, site := range v.cat.Sites() {
		for _, space := range v.cat.SpacesAt(site.Slug, "") {
			rank[space.ID.String()] = len(rank)
		}
	}
	slices.SortStableFunc(rows, func(a, b occupancy.Compared) int { return rank[a.Key] - rank[b.Key] })
	return rows
}

// reportName names what the key of a row stands for.
func (v *visit) reportName(by occupancy.By, key string) string {
	switch by {
	case occupancy.BySpace:
		if id, err := models.ParseID(key); err == nil {
			return v.spaceName(id)
		}
	case occupancy.ByZone:
		id, _ := strconv.Atoi(key) // no number names no zone
		if zone, err := v.cat.Zone(id); err == nil {
			return v.siteName(zone.Site) + " " + v.name(zone.NameJA, zone.NameEN)
		}
	case occupancy.ByKind:
		return v.t("report.kind." + key)
	case occupancy.ByMonth:
		if month, err := time.Parse("2006-01", key); err == nil {
			return locale.Month(v.lang, month, time.UTC)
		}
	case occupancy.ByCompany:
		if id, err := strconv.Atoi(key); err == nil && id != 0 {
			if company, err := v.cat.Company(id); err == nil {
				return v.name(company.NameJA, company.NameEN)
			}
		}
		return v.t("reports.no_company")
	case occupancy.ByPlan:
		if id, err := models.ParseID(key); err == nil {
			if plan, err := v.cat.Plan(id); err == nil {
				return v.name(plan.NameJA, plan.NameEN)
			}
		}
	}
	return key
}
