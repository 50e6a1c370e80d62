package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/places"
	"kyoten/web/ui"
)

const sitesPath = "/admin/sites"

// sites serves GET /admin/sites.
func (p *Pages) sites(v *visit) error {
	page := listPage{staffPage: v.deskPage("admin.sites"), Path: sitesPath, Actions: v.add("sites.add", sitesPath+"/new")}
	list := ui.Listing{None: "sites.none", Columns: ui.Columns(v.t("reports.name"), v.t("sites.slug"), "#"+v.t("site.seats"), "#"+v.t("site.rooms"), v.t("sites.time_zone"))}
	for _, site := range v.cat.Sites() {
		list.Lines = append(list.Lines, ui.Line{URL: sitesPath + "/" + site.Slug, Cells: []ui.Cell{
			{Text: v.name(site.NameJA, site.NameEN), Small: v.name(site.AddressJA, site.AddressEN), Typed: true},
			{Text: site.Slug},
			{Text: strconv.Itoa(len(v.cat.SpacesAt(site.Slug, models.KindSeat))), Number: true},
			{Text: strconv.Itoa(len(v.cat.SpacesAt(site.Slug, models.KindRoom))), Number: true},
			{Text: site.TimeZone},
		}})
	}
	page.Listings = []ui.Listing{list}
	return p.showList(v, page)
}

// sitePage is the page of a site; site is nil for a new one.
func (v *visit) sitePage(site *models.Site) formPage {
	page := formPage{staffPage: v.deskPage("admin.sites"), Back: v.link("admin.sites", sitesPath), Target: sitesPath}
	page.Title = v.t("sites.add")
	if site == nil {
		page.Sections = v.siteSections(true)
		page.Form = ui.NewForm(url.Values{
			"time_zone": {"Asia/Tokyo"}, "closed_on_holidays": {"yes"}, "early_grace_minutes": {"15"}, "late_grace_minutes": {"15"}, "max_stay_minutes": {"960"},
		})
		return page
	}
	page.Sections = v.siteSections(false)
	page.Title, page.Version, page.Target, page.Form = v.name(site.NameJA, site.NameEN), site.Version, sitesPath+"/"+site.Slug, siteForm(site)
	page.Here = page.Target
	page.Actions = []ui.Action{
		v.link("admin.spaces", spacesPath+siteQuery(site.Slug)), v.link("admin.gates", gatesPath+siteQuery(site.Slug)), v.link("admin.closures", closuresPath+siteQuery(site.Slug)),
	}
	page.Listings = []ui.Listing{v.zoneListing(site), v.floorListing(site)}
	page.Deeds = []ui.Deed{{Icon: "bin", Label: "form.delete", Text: v.t("sites.delete_text"), URL: page.Target + "/delete", Danger: true}}
	return page
}

// siteSections are the fields of a site; a new one gets its short name, for good.
func (v *visit) siteSections(fresh bool) []ui.Section {
	var first []ui.Field
	if fresh {
		first = []ui.Field{{Name: "slug", Label: "sites.slug", Hint: "sites.slug_hint", Required: true, Longest: "63"}}
	}
	first = append(first,
		ui.Field{Name: "name_ja", Label: "form.name_ja", Required: true, Longest: "100"}, ui.Field{Name: "name_en", Label: "form.name_en", Optional: true, Longest: "100"},
		ui.Field{Name: "address_ja", Label: "sites.address_ja", Optional: true, Longest: "300"}, ui.Field{Name: "address_en", Label: "sites.address_en", Optional: true, Longest: "300"},
		ui.Field{Name: "phone", Type: "tel", Label: "sites.phone", Optional: true, Longest: "40"}, ui.Field{Name: "url", Type: "url", Label: "sites.url", Optional: true, Longest: "300"},
		ui.Field{Name: "announcement_ja", Type: "textarea", Label: "sites.announcement_ja", Optional: true, Rows: 2}, ui.Field{Name: "announcement_en", Type: "textarea", Label: "sites.announcement_en", Optional: true, Rows: 2},
	)
	hours := []ui.Field{{Name: "time_zone", Label: "sites.time_zone", Hint: "sites.time_zone_hint", Required: true, Longest: "64"}}
	for n := range 7 {
		hours = append(hours, ui.Field{Name: "hours-" + strconv.Itoa((n+1)%7), Label: "sites.hours_" + strconv.Itoa((n+1)%7), Longest: "200"})
	}
	hours = append(hours, ui.Field{Name: "closed_on_holidays", Type: "checkbox", Label: "sites.closed_on_holidays", Wide: true})
	return []ui.Section{
		{Fields: first},
		{Title: "sites.hours", Hint: "sites.hours_hint", Fields: hours},
		{Title: "sites.entrance", Fields: []ui.Field{
			{Name: "capacity", Type: "number", Label: "sites.capacity", Hint: "plans.zero_none", Min: "0"},
			{Name: "early_grace_minutes", Type: "number", Label: "sites.early", Min: "0"},
			{Name: "late_grace_minutes", Type: "number", Label: "sites.late", Min: "0"},
			{Name: "max_stay_minutes", Type: "number", Label: "sites.max_stay", Min: "60"},
			{Name: "walk_ins", Type: "checkbox", Label: "sites.walk_ins", Wide: true},
		}},
	}
}

func siteForm(s *models.Site) ui.Form {
	values := url.Values{
		"name_ja": {s.NameJA}, "name_en": {s.NameEN}, "address_ja": {s.AddressJA}, "address_en": {s.AddressEN}, "phone": {s.Phone}, "url": {s.URL},
		"announcement_ja": {s.AnnouncementJA}, "announcement_en": {s.AnnouncementEN}, "time_zone": {s.TimeZone}, "closed_on_holidays": ticked(s.ClosedOnHolidays),
		"capacity": numeral(s.Capacity), "early_grace_minutes": numeral(s.EarlyGraceMinutes), "late_grace_minutes": numeral(s.LateGraceMinutes),
		"max_stay_minutes": numeral(s.MaxStayMinutes), "walk_ins": ticked(s.WalkIns),
	}
	for _, h := range s.Hours {
		name := "hours-" + strconv.Itoa(int(h.Weekday))
		span := clockTime(h.Opens) + "-" + clockTime(h.Closes)
		if before := values.Get(name); before != "" {
			span = before + ", " + span
		}
		values.Set(name, span)
	}
	return ui.NewForm(values)
}

func readSite(form ui.Form) (func(*models.Site), error) {
	f := &fields{form: form}
	var s models.Site
	s.NameJA, s.NameEN = f.needed("name_ja", 100), f.text("name_en", 100)
	s.AddressJA, s.AddressEN, s.Phone, s.URL = f.text("address_ja", 300), f.text("address_en", 300), f.text("phone", 40), f.text("url", 300)
	s.AnnouncementJA, s.AnnouncementEN, s.TimeZone = f.text("announcement_ja", 1000), f.text("announcement_en", 1000), f.text("time_zone", 64)
	s.Capacity, s.MaxStayMinutes = f.number("capacity", 0, 100_000), f.number("max_stay_minutes", 60, 10080)
	s.EarlyGraceMinutes, s.LateGraceMinutes = f.number("early_grace_minutes", 0, 720), f.number("late_grace_minutes", 0, 720)
	s.Hours = readWeek(f)
	if s.URL != "" && !strings.HasPrefix(s.URL, "https://") && !strings.HasPrefix(s.URL, "http://") {
		f.fail(models.ErrInvalidInput.On("url").Saying("link"))
	}
	return func(site *models.Site) {
		site.NameJA, site.NameEN, site.AddressJA, site.AddressEN, site.Phone, site.URL = s.NameJA, s.NameEN, s.AddressJA, s.AddressEN, s.Phone, s.URL
		site.AnnouncementJA, site.AnnouncementEN, site.TimeZone, site.Hours = s.AnnouncementJA, s.AnnouncementEN, s.TimeZone, s.Hours
		site.Capacity, site.MaxStayMinutes, site.EarlyGraceMinutes, site.LateGraceMinutes = s.Capacity, s.MaxStayMinutes, s.EarlyGraceMinutes, s.LateGraceMinutes
		site.ClosedOnHolidays, site.WalkIns = f.yes("closed_on_holidays"), f.yes("walk_ins")
	}, f.err
}

// readWeek reads the openings of each weekday: 09:00-12:00, 13:00-21:00, also as
// a Japanese keyboard types them: ９：００〜１２：００、１３：００〜２１：００.
func readWeek(f *fields) []models.OpeningHours {
	var week []models.OpeningHours
	for day := range 7 {
		name := "hours-" + strconv.Itoa(day)
		for span := range strings.FieldsFuncSeq(models.PlainWidth(f.form.Value(name)), func(r rune) bool { return r == ',' || r == '、' }) {
			from, to, _ := strings.Cut(dashes.Replace(span), "-")
			opens, okFrom := parseMinutes(strings.TrimSpace(from))
			closes, okTo := parseMinutes(strings.TrimSpace(to))
			switch {
			case !okFrom || !okTo:
				f.fail(models.ErrInvalidInput.On(name).Saying("clock"))
			case opens >= closes:
				f.fail(places.ErrHours.On(name))
			}
			week = append(week, models.OpeningHours{Weekday: time.Weekday(day), Opens: opens, Closes: closes})
		}
	}
	return week
}

// dashes makes one of the signs between two times; the last is the one a Japanese
// keyboard has where others have the hyphen.
var dashes = strings.NewReplacer("〜", "-", "~", "-", "–", "-", "−", "-", "ー", "-")

// newSite serves GET /admin/sites/new.
func (p *Pages) newSite(v *visit) error { return p.showForm(v, http.StatusOK, v.sitePage(nil)) }

// createSite serves POST /admin/sites.
func (p *Pages) createSite(v *visit) error {
	return p.create(v, v.sitePage(nil), func(form ui.Form) (string, error) {
		change, err := readSite(form)
		if err != nil {
			return "", err
		}
		site := models.Site{Slug: strings.TrimSpace(form.Value("slug")), Position: places.Last}
		change(&site)
		err = p.Places.CreateSite(v.ctx(), v.who, &site)
		return sitesPath + "/" + site.Slug, err
	})
}

// siteDetail serves GET /admin/sites/:slug.
func (p *Pages) siteDetail(v *visit) error {
	site, err := v.cat.Site(v.c.Param("slug"))
	if err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, v.sitePage(site))
}

// saveSite serves POST /admin/sites/:slug.
func (p *Pages) saveSite(v *visit) error {
	site, err := v.cat.Site(v.c.Param("slug"))
	if err != nil {
		return err
	}
	return p.save(v, v.sitePage(site), func(form ui.Form) error {
		change, err := readSite(form)
		if err == nil {
			_, err = p.Places.UpdateSite(v.ctx(), v.who, site.Slug, matchOf(form), change)
		}
		return err
	})
}

// deleteSite serves POST /admin/sites/:slug/delete.
func (p *Pages) deleteSite(v *visit) error {
	site, err := v.cat.Site(v.c.Param("slug"))
	if err != nil {
		return err
	}
	return p.remove(v, v.sitePage(site), func() error { return p.Places.DeleteSite(v.ctx(), v.who, site.Slug) })
}

const holidaysPath = "/admin/holidays"

// holidays serves GET /admin/holidays: what differs from the national calendar.
func (p *Pages) holidays(v *visit) error {
	page, err := p.holidayPage(v)
	if err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, page)
}

func (p *Pages) holidayPage(v *visit) (formPage, error) {
	page := formPage{
		staffPage: v.deskPage("admin.holidays"), Intro: v.t("holidays.text"), Target: holidaysPath, Save: "holidays.add",
		Form: ui.NewForm(url.Values{"is_holiday": {"yes"}}),
		Sections: []ui.Section{{Fields: []ui.Field{
			{Name: "day", Type: "date", Label: "book.day", Required: true},
			{Name: "name_ja", Label: "form.name_ja", Required: true, Longest: "100"},
			{Name: "name_en", Label: "form.name_en", Optional: true, Longest: "100"},
			{Name: "is_holiday", Type: "choices", Label: "holidays.kind", Options: []ui.Option{{Value: "yes", Label: v.t("holidays.off")}, {Value: "no", Label: v.t("holidays.open")}}, Wide: true},
		}}},
	}
	rows, err := p.Store.Holidays(v.ctx())
	list := ui.Listing{None: "holidays.none", Columns: ui.Columns(v.t("book.day"), v.t("reports.name"), v.t("holidays.kind"), "")}
	for _, h := range rows {
		kind := "holidays.open"
		if h.IsHoliday {
			kind = "holidays.off"
		}
		day, errDay := models.ParseDay(h.Day)
		if errDay != nil {
			continue // nothing else is stored
		}
		list.Lines = append(list.Lines, ui.Line{
			Cells:   []ui.Cell{{Text: locale.Date(v.lang, day.At(720, time.UTC), time.UTC)}, {Text: v.name(h.NameJA, h.NameEN), Typed: true}, {Text: v.t(kind)}},
			Actions: []ui.Action{{Label: v.t("form.delete"), URL: holidaysPath + "/" + h.Day + "/delete", Post: true}},
		})
	}
	page.Listings = []ui.Listing{list}
	return page, err
}

// setHoliday serves POST /admin/holidays.
func (p *Pages) setHoliday(v *visit) error {
	page, err := p.holidayPage(v)
	if err != nil {
		return err
	}
	return p.save(v, page, func(form ui.Form) error {
		day, err := models.ParseDay(form.Value("day"))
		if err != nil {
			return fieldError(err, "day")
		}
		f := &fields{form: form}
		h := models.Holiday{Day: day.String(), NameJA: f.needed("name_ja", 100), NameEN: f.text("name_en", 100), IsHoliday: form.Value("is_holiday") == "yes"}
		if f.err != nil {
			return f.err
		}
		_, err = p.Places.SetHoliday(v.ctx(), v.who, h)
		return err
	})
}

// deleteHoliday serves POST /admin/holidays/:day/delete.
func (p *Pages) deleteHoliday(v *visit) error {
	day, err := models.ParseDay(v.c.Param("day"))
	if err != nil {
		return models.ErrNotFound
	}
	if err := p.Places.DeleteHoliday(v.ctx(), v.who, day); err != nil {
		return err
	}
	return v.redirect(holidaysPath + "?done=deleted")
}
