package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"kyoten/models"
	"kyoten/web/ui"
)

const zonesPath = "/admin/zones"

// zoneListing lists the zones of a site, on the site's page.
func (v *visit) zoneListing(site *models.Site) ui.Listing {
	list := ui.Listing{
		Title: v.t("zones.title"), Add: v.link("zones.add", zonesPath+"/new"+siteQuery(site.Slug)), None: "zones.none",
		Columns: ui.Columns(v.t("reports.name"), v.t("zones.parent"), v.t("member.company"), v.t("zones.anti_passback"), "#"+v.t("zones.number")),
	}
	for _, z := range v.cat.ZonesAt(site.Slug) {
		parent := ""
		if z.ParentID != nil {
			parent = v.zoneName(*z.ParentID)
		}
		list.Lines = append(list.Lines, ui.Line{URL: zonesPath + "/" + strconv.Itoa(z.ID), Cells: []ui.Cell{
			{Text: v.name(z.NameJA, z.NameEN), Typed: true},
			{Text: parent},
			{Text: v.companyName(v.cat.ZoneCompany(z.ID))},
			{Text: v.t("zones.apb_" + z.AntiPassback)},
			{Text: strconv.Itoa(z.ID), Number: true},
		}})
	}
	return list
}

// zonePage is the page of a zone; z is nil for a new one.
func (v *visit) zonePage(site *models.Site, z *models.Zone) formPage {
	page := formPage{staffPage: v.deskPage("admin.sites"), Back: ui.Action{Label: v.siteName(site.Slug), URL: sitesPath + "/" + site.Slug}, Target: zonesPath}
	page.Title, page.Site, page.Sections = v.t("zones.add"), site.Slug, v.zoneSections(site, z)
	page.Form = ui.NewForm(url.Values{"anti_passback": {"soft"}, "offline_hours": {"72"}})
	if outer := v.cat.OuterZone(site.Slug); outer != 0 {
		page.Form.Values.Set("parent", strconv.Itoa(outer))
	}
	if z == nil {
		return page
	}
	page.Title, page.Version, page.Target, page.Form = v.name(z.NameJA, z.NameEN), z.Version, zonesPath+"/"+strconv.Itoa(z.ID), zoneForm(z)
	page.Here = page.Target
	page.Deeds = []ui.Deed{{Icon: "bin", Label: "form.delete", Text: v.t("zones.delete_text"), URL: page.Target + "/delete", Danger: true}}
	return page
}

func (v *visit) zoneSections(site *models.Site, self *models.Zone) []ui.Section {
	parents := []ui.Option{{Label: v.t("zones.outside")}}
	for _, z := range v.cat.ZonesAt(site.Slug) {
		if self == nil || z.ID != self.ID {
			parents = append(parents, ui.Option{Value: strconv.Itoa(z.ID), Label: v.name(z.NameJA, z.NameEN)})
		}
	}
	var modes []ui.Option
	for _, mode := range []string{"off", "soft", "timed", "hard"} {
		modes = append(modes, ui.Option{Value: mode, Label: v.t("zones.apb_" + mode)})
	}
	return []ui.Section{{Fields: []ui.Field{
		{Name: "name_ja", Label: "form.name_ja", Required: true, Longest: "100"},
		{Name: "name_en", Label: "form.name_en", Optional: true, Longest: "100"},
		{Name: "parent", Type: "select", Label: "zones.parent", Options: parents},
		{Name: "company", Type: "select", Label: "zones.company", Hint: "zones.company_hint", Options: v.companyOptions()},
	}}, {Title: "sites.entrance", Fields: []ui.Field{
		{Name: "anti_passback", Type: "select", Label: "zones.anti_passback", Hint: "zones.anti_passback_hint", Options: modes},
		{Name: "anti_passback_minutes", Type: "number", Label: "zones.anti_passback_minutes", Min: "0"},
		{Name: "capacity", Type: "number", Label: "zones.capacity", Hint: "plans.zero_none", Min: "0"},
		{Name: "offline_hours", Type: "number", Label: "zones.offline_hours", Hint: "zones.offline_hint", Min: "1"},
		{Name: "live_required", Type: "checkbox", Label: "zones.live_required", Wide: true},
	}}}
}

func zoneForm(z *models.Zone) ui.Form {
	values := url.Values{
		"name_ja": {z.NameJA}, "name_en": {z.NameEN}, "anti_passback": {z.AntiPassback}, "anti_passback_minutes": numeral(z.AntiPassbackMinutes),
		"capacity": numeral(z.Capacity), "offline_hours": numeral(z.OfflineHours), "live_required": ticked(z.LiveRequired),
	}
	if z.ParentID != nil {
		values["parent"] = numeral(*z.ParentID)
	}
	if z.CompanyID != nil {
		values["company"] = numeral(*z.CompanyID)
	}
	return ui.NewForm(values)
}

func readZone(form ui.Form) (func(*models.Zone), error) {
	f := &fields{form: form}
	ja, en := f.needed("name_ja", 100), f.text("name_en", 100)
	parent, company, mode := f.key("parent"), f.key("company"), f.one("anti_passback", "off", "soft", "timed", "hard")
	minutes, capacity, offline := f.number("anti_passback_minutes", 0, 10080), f.number("capacity", 0, 100_000), f.number("offline_hours", 1, 720)
	return func(z *models.Zone) {
		z.NameJA, z.NameEN, z.ParentID, z.CompanyID, z.AntiPassback = ja, en, parent, company, mode
		z.AntiPassbackMinutes, z.Capacity, z.OfflineHours, z.LiveRequired = minutes, capacity, offline, f.yes("live_required")
	}, f.err
}

// newZone serves GET /admin/zones/new.
func (p *Pages) newZone(v *visit) error {
	site, err := v.cat.Site(v.query("site"))
	if err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, v.zonePage(site, nil))
}

// createZone serves POST /admin/zones.
func (p *Pages) createZone(v *visit) error {
	site, err := v.cat.Site(v.r.FormValue("site"))
	if err != nil {
		return err
	}
	return p.create(v, v.zonePage(site, nil), func(form ui.Form) (string, error) {
		change, err := readZone(form)
		if err != nil {
			return "", err
		}
		z := models.Zone{Site: site.Slug}
		change(&z)
		err = p.Places.CreateZone(v.ctx(), v.who, &z)
		return zonesPath + "/" + strconv.Itoa(z.ID), err
	})
}

// zone returns the zone of the address with its site.
func (v *visit) zone() (*models.Zone, *models.Site, error) {
	z, err := v.cat.Zone(v.number("id"))
	if err != nil {
		return nil, nil, err
	}
	site, err := v.cat.Site(z.Site)
	return z, site, err
}

// zoneDetail serves GET /admin/zones/:id.
func (p *Pages) zoneDetail(v *visit) error {
	z, site, err := v.zone()
	if err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, v.zonePage(site, z))
}

// saveZone serves POST /admin/zones/:id.
func (p *Pages) saveZone(v *visit) error {
	z, site, err := v.zone()
	if err != nil {
		return err
	}
	return p.save(v, v.zonePage(site, z), func(form ui.Form) error {
		change, err := readZone(form)
		if err == nil {
			err = p.Booking.Moving(v.ctx(), v.who, form.Value("cancel") == "yes", func(ctx context.Context) error {
				_, err := p.Places.UpdateZone(ctx, v.who, z.ID, matchOf(form), change)
				return err
			})
		}
		return err
	})
}

// deleteZone serves POST /admin/zones/:id/delete.
func (p *Pages) deleteZone(v *visit) error {
	z, site, err := v.zone()
	if err != nil {
		return err
	}
	return p.remove(v, v.zonePage(site, z), func() error { return p.Places.DeleteZone(v.ctx(), v.who, z.ID) })
}
