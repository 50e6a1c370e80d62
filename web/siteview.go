package web

import (
	"slices"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// siteView is a site as it is now.
type siteView struct {
	Slug         string
	Name         string
	Address      string
	Phone        string
	Announcement string
	OpenNow      bool
	Today        string // open today from when to when
	Full         string // quiet, busy or full
	Seats        *ui.Meter
	Rooms        *ui.Meter
	Week         []weekLine
}

// weekLine is the opening hours that some weekdays share.
type weekLine struct {
	Days  string
	Hours string
}

// sayOnce takes an announcement that all sites make off them and returns it.
func sayOnce(views []siteView) string {
	if len(views) < 2 {
		return ""
	}
	said := views[0].Announcement
	for _, view := range views[1:] {
		if view.Announcement != said {
			return ""
		}
	}
	for i := range views {
		views[i].Announcement = ""
	}
	return said
}

// siteView words what the catalogue knows of a site.
func (v *visit) siteView(site *models.Site) siteView {
	return siteView{
		Slug: site.Slug, Name: v.name(site.NameJA, site.NameEN), Phone: site.Phone,
		Address: v.name(site.AddressJA, site.AddressEN), Announcement: v.name(site.AnnouncementJA, site.AnnouncementEN),
		OpenNow: v.cat.OpenAt(site, v.now), Today: v.openToday(site), Week: v.week(site),
	}
}

func (v *visit) openToday(site *models.Site) string {
	day := models.DayOf(v.now, site.Location())
	open := v.cat.SiteOpenTimes(site, day.In(site.Location()))
	if len(open) == 0 {
		return v.t("site.closed_today")
	}
	return v.t("site.open_today", map[string]any{"hours": v.rangesOf(open, site.Location())})
}

// rangesOf joins openings: 09:00〜12:00、13:00〜18:00.
func (v *visit) rangesOf(open []models.Period, loc *time.Location) string {
	words := ""
	for i, p := range open {
		if i > 0 {
			words += " / "
		}
		words += locale.TimeRange(v.lang, p.StartsAt, p.EndsAt, loc)
	}
	return words
}

// week groups neighbouring weekdays with the same hours, Monday first.
func (v *visit) week(site *models.Site) []weekLine {
	var lines []weekLine
	first := time.Monday
	for n := range 7 {
		day, hours := (time.Monday+time.Weekday(n))%7, v.hoursOn(site, (time.Monday+time.Weekday(n))%7)
		last := locale.Weekday(v.lang, day)
		if n > 0 && lines[len(lines)-1].Hours == hours {
			lines[len(lines)-1].Days = locale.Span(v.lang, locale.Weekday(v.lang, first), last)
			continue
		}
		first = day
		lines = append(lines, weekLine{Days: last, Hours: hours})
	}
	if site.ClosedOnHolidays {
		lines = append(lines, weekLine{Days: v.t("site.holidays"), Hours: v.t("site.closed")})
	}
	return lines
}

func (v *visit) hoursOn(site *models.Site, day time.Weekday) string {
	open := slices.DeleteFunc(slices.Clone(site.Hours), func(h models.OpeningHours) bool { return h.Weekday != day })
	words := ""
	for i, h := range open {
		if i > 0 {
			words += " / "
		}
		words += locale.Span(v.lang, clockTime(h.Opens), clockTime(h.Closes))
	}
	if words == "" {
		return v.t("site.closed")
	}
	return words
}
