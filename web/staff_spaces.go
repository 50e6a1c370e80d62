package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kyoten/models"
	"kyoten/places"
	"kyoten/web/ui"
)

const spacesPath = "/admin/spaces"

// spaces serves GET /admin/spaces: those of a site.
func (p *Pages) spaces(v *visit) error {
	shell, site, err := v.staffPage("admin.spaces")
	if err != nil {
		return err
	}
	page := listPage{staffPage: shell, Path: spacesPath, OfSite: true, Intro: shell.SiteName}
	if v.who.Admin() {
		page.Actions = append(v.add("spaces.add", spacesPath+"/new"+siteQuery(site.Slug)), v.link("spaces.import", spacesPath+"/import"+siteQuery(site.Slug)))
	}
	for _, kind := range planKinds {
		list := ui.Listing{
			Title: v.t("site." + string(kind) + "s"), None: "spaces.none",
			Columns: ui.Columns(v.t("reports.name"), v.t("spaces.zone"), "#"+v.t("spaces.capacity"), v.t("spaces.equipment"), v.t("presence.state")),
		}
		spaces := v.cat.SpacesAt(site.Slug, kind)
		from, to, pager := v.partOf(string(kind)+"s", spacesPath, v.r.URL.Query(), len(spaces))
		for _, space := range spaces[from:to] {
			list.Lines = append(list.Lines, v.spaceLine(space))
		}
		list.ID, list.Pager = string(kind)+"s", pager
		page.Listings = append(page.Listings, list)
	}
	return p.showList(v, page)
}

func (v *visit) spaceLine(space *models.Space) ui.Line {
	state := ui.Cell{Text: v.t("spaces.bookable"), Badge: "ok", Icon: "check"}
	switch {
	case !space.Bookable:
		state = ui.Cell{Text: v.t("spaces.out_of_order"), Badge: "danger", Icon: "warning", Small: space.FaultNote}
	case space.OwnerID != nil:
		state = ui.Cell{Text: v.t("spaces.fixed"), Badge: "plain", Icon: "person"}
	case space.NeedsApproval:
		state = ui.Cell{Text: v.t("spaces.needs_approval"), Badge: "warn", Icon: "wait"}
	}
	return ui.Line{URL: spacesPath + "/" + space.ID.String(), Cells: []ui.Cell{
		{Text: v.name(space.NameJA, space.NameEN), Typed: true},
		{Text: v.zoneName(space.ZoneID), Typed: true},
		{Text: strconv.Itoa(space.Capacity), Number: true},
		{Text: strings.Join(v.equipment(space), ", ")},
		state,
	}}
}

// spacePage is the page of a space; space is nil for a new one. The desk says
// whether it is out of order; the rest is for administrators.
func (v *visit) spacePage(site *models.Site, space *models.Space, owner string) formPage {
	page := formPage{staffPage: v.deskPage("admin.spaces"), Back: ui.Action{Label: v.siteName(site.Slug) + " " + v.t("admin.spaces"), URL: spacesPath + siteQuery(site.Slug)}, Target: spacesPath}
	page.Title, page.Site, page.Sections = v.t("spaces.add"), site.Slug, v.spaceSections(site, space == nil)
	page.Form = ui.NewForm(url.Values{"kind": {"seat"}, "capacity": {"1"}, "grain_minutes": {"15"}, "bookable": {"yes"}, "zone": numeral(v.cat.OuterZone(site.Slug))})
	if space == nil {
		return page
	}
	page.Title, page.Version, page.Target, page.Form = v.name(space.NameJA, space.NameEN), space.Version, spacesPath+"/"+space.ID.String(), v.spaceForm(space, owner)
	page.Here = page.Target
	page.Intro = v.siteName(site.Slug) + " · " + v.zoneName(space.ZoneID)
	page.Actions = []ui.Action{v.link("closures.add", closuresPath+"/new"+siteQuery(site.Slug)+"&space="+space.ID.String())}
	if space.OwnerID != nil {
		page.Actions = append(page.Actions, v.link("seat.given", "/seats/"+space.ID.String()))
	}
	if v.who.Admin() {
		page.Deeds = []ui.Deed{{Icon: "bin", Label: "form.delete", Text: v.t("spaces.delete_text"), URL: page.Target + "/delete", Danger: true}}
	}
	return page
}

func (v *visit) spaceSections(site *models.Site, fresh bool) []ui.Section {
	order := ui.Section{Title: "spaces.order", Fields: []ui.Field{
		{Name: "bookable", Type: "checkbox", Label: "spaces.can_be_booked", Wide: true},
		{Name: "fault_note", Label: "spaces.fault_note", Optional: true, Longest: "300", Wide: true},
	}}
	owner := ui.Field{Name: "owner", Type: "email", Label: "spaces.owner", Hint: "spaces.owner_hint", Optional: true, Longest: "254"}
	if !v.who.Admin() {
		order.Fields = append(order.Fields, owner)
		return []ui.Section{order}
	}
	var first []ui.Field
	if fresh {
		first = []ui.Field{{Name: "kind", Type: "choices", Label: "spaces.kind", Options: []ui.Option{{Value: "seat", Label: v.t("spaces.seat")}, {Value: "room", Label: v.t("spaces.room")}}, Wide: true}}
	}
	var zones, floors []ui.Option
	for _, z := range v.cat.ZonesAt(site.Slug) {
		zones = append(zones, ui.Option{Value: strconv.Itoa(z.ID), Label: v.name(z.NameJA, z.NameEN)})
	}
	floors = append(floors, ui.Option{Label: v.t("spaces.not_drawn")})
	for _, f := range v.cat.FloorPlans(site.Slug) {
		floors = append(floors, ui.Option{Value: f.ID.String(), Label: v.name(f.NameJA, f.NameEN)})
	}
	first = append(first,
		ui.Field{Name: "name_ja", Label: "form.name_ja", Required: true, Longest: "100"}, ui.Field{Name: "name_en", Label: "form.name_en", Optional: true, Longest: "100"},
		ui.Field{Name: "zone", Type: "select", Label: "spaces.zone", Options: zones}, ui.Field{Name: "capacity", Type: "number", Label: "spaces.capacity", Min: "1"},
		ui.Field{Name: "equipment", Label: "spaces.equipment", Hint: "spaces.equipment_hint", Optional: true, Longest: "300"},
		ui.Field{Name: "video_address", Label: "spaces.video", Hint: "spaces.video_hint", Optional: true, Longest: "200"},
		ui.Field{Name: "grain_minutes", Type: "number", Label: "spaces.grain", Min: "1"}, owner,
		ui.Field{Name: "needs_approval", Type: "checkbox", Label: "spaces.approval", Wide: true},
	)
	return []ui.Section{{Fields: first}, order, {Title: "spaces.place", Hint: "spaces.place_hint", Fields: []ui.Field{
		{Name: "floor_plan", Type: "select", Label: "spaces.floor_plan", Options: floors},
		{Name: "x", Type: "number", Label: "spaces.x", Min: "0"},
		{Name: "y", Type: "number", Label: "spaces.y", Min: "0"},
		{Name: "width", Type: "number", Label: "spaces.width", Min: "0"},
		{Name: "height", Type: "number", Label: "spaces.height", Min: "0"},
	}}}
}

func (v *visit) spaceForm(s *models.Space, owner string) ui.Form {
	values := url.Values{
		"name_ja": {s.NameJA}, "name_en": {s.NameEN}, "zone": numeral(s.ZoneID), "capacity": numeral(s.Capacity), "equipment": {strings.Join(s.Equipment, ", ")},
		"video_address": {s.VideoAddress}, "grain_minutes": numeral(s.GrainMinutes), "owner": {owner}, "needs_approval": ticked(s.NeedsApproval),
		"bookable": ticked(s.Bookable), "fault_note": {s.FaultNote}, "x": numeral(s.X), "y": numeral(s.Y), "width": numeral(s.Width), "height": numeral(s.Height),
	}
	if s.FloorPlanID != nil {
		values.Set("floor_plan", s.FloorPlanID.String())
	}
	return ui.NewForm(values)
}

// readSpace returns what puts the form into a space.
func (p *Pages) readSpace(v *visit, form ui.Form) (func(*models.Space), error) {
	f := &fields{form: form}
	note := f.text("fault_note", 300)
	if !v.who.Admin() {
		owner := p.readOwner(v, f)
		return func(s *models.Space) { s.Bookable, s.FaultNote, s.OwnerID = f.yes("bookable"), note, owner }, f.err
	}
	var in models.Space
	in.NameJA, in.NameEN, in.VideoAddress = f.needed("name_ja", 100), f.text("name_en", 100), f.text("video_address", 200)
	in.Capacity, in.GrainMinutes, in.FloorPlanID = f.number("capacity", 1, 10_000), f.number("grain_minutes", 1, minutesOfDay), f.id("floor_plan")
	in.X, in.Y, in.Width, in.Height = f.number("x", 0, 100_000), f.number("y", 0, 100_000), f.number("width", 0, 100_000), f.number("height", 0, 100_000)
	if zone := f.key("zone"); zone != nil {
		in.ZoneID = *zone
	}
	for _, e := range strings.FieldsFunc(f.text("equipment", 300), func(r rune) bool { return r == ',' || r == '、' }) {
		if e = strings.TrimSpace(e); e != "" {
			in.Equipment = append(in.Equipment, e)
		}
	}
	owner := p.readOwner(v, f)
	return func(s *models.Space) {
		s.NameJA, s.NameEN, s.VideoAddress, s.Capacity, s.GrainMinutes = in.NameJA, in.NameEN, in.VideoAddress, in.Capacity, in.GrainMinutes
		s.ZoneID, s.Equipment, s.OwnerID, s.NeedsApproval = in.ZoneID, in.Equipment, owner, f.yes("needs_approval")
		s.FloorPlanID, s.X, s.Y, s.Width, s.Height = in.FloorPlanID, in.X, in.Y, in.Width, in.Height
		s.Bookable, s.FaultNote = f.yes("bookable"), note
	}, f.err
}

// readOwner reads whose fixed seat it is; nil = nobody's.
func (p *Pages) readOwner(v *visit, f *fields) *models.ID {
	email := f.text("owner", 254)
	if email == "" {
		return nil
	}
	m, err := p.memberAt(v, "owner", email)
	if err != nil {
		f.fail(err)
	}
	return &m.ID
}

// minutesOfDay is the coarsest grain.
const minutesOfDay = 24 * 60

// newSpace serves GET /admin/spaces/new.
func (p *Pages) newSpace(v *visit) error {
	_, site, err := v.staffPage("admin.spaces")
	if err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, v.spacePage(site, nil, ""))
}

// createSpace serves POST /admin/spaces.
func (p *Pages) createSpace(v *visit) error {
	_, site, err := v.staffPage("admin.spaces")
	if err != nil {
		return err
	}
	return p.create(v, v.spacePage(site, nil, ""), func(form ui.Form) (string, error) {
		change, err := p.readSpace(v, form)
		if err != nil {
			return "", err
		}
		space := models.Space{Site: site.Slug, Kind: models.Kind(form.Value("kind")), Position: places.Last}
		change(&space)
		err = p.Places.CreateSpace(v.ctx(), v.who, &space)
		return spacesPath + "/" + space.ID.String(), err
	})
}

// space returns the space of the address with its site and its owner's address.
func (p *Pages) spaceOf(v *visit) (*models.Space, formPage, error) {
	id, err := v.id("id")
	if err != nil {
		return nil, formPage{}, err
	}
	space, err := v.cat.Space(id)
	if err != nil || !v.who.Runs(space.Site) {
		return nil, formPage{}, models.ErrNotFound
	}
	site, err := v.cat.Site(space.Site)
	if err != nil {
		return nil, formPage{}, err
	}
	owner := ""
	if space.OwnerID != nil {
		m, err := p.Store.Member(v.ctx(), *space.OwnerID)
		if err != nil {
			return nil, formPage{}, err
		}
		owner = m.Email
	}
	page := v.spacePage(site, space, owner)
	if space.Bookable {
		return space, page, nil
	}
	// Taking a space out of order cancels nothing: who has booked it would come.
	rows, err := p.Booking.ComingTo(v.ctx(), v.who, space.ID)
	if err == nil && len(rows) > 0 {
		page.Above = []ui.Listing{v.bookingListing(rows, v.t("spaces.still_booked"))}
	}
	return space, page, err
}

// spaceDetail serves GET /admin/spaces/:id.
func (p *Pages) spaceDetail(v *visit) error {
	_, page, err := p.spaceOf(v)
	if err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, page)
}

// saveSpace serves POST /admin/spaces/:id.
func (p *Pages) saveSpace(v *visit) error {
	space, page, err := p.spaceOf(v)
	if err != nil {
		return err
	}
	return p.save(v, page, func(form ui.Form) error {
		change, err := p.readSpace(v, form)
		if err == nil {
			err = p.Booking.Moving(v.ctx(), v.who, form.Value("cancel") == "yes", func(ctx context.Context) error {
				_, err := p.Places.UpdateSpace(ctx, v.who, space.ID, matchOf(form), change)
				return err
			})
		}
		return err
	})
}

// deleteSpace serves POST /admin/spaces/:id/delete.
func (p *Pages) deleteSpace(v *visit) error {
	space, page, err := p.spaceOf(v)
	if err != nil {
		return err
	}
	return p.remove(v, page, func() error { return p.Places.DeleteSpace(v.ctx(), v.who, space.ID) })
}

// spaceImport is a file of spaces; its rows name their zones.
func (p *Pages) spaceImport() importer {
	return importer{
		name: "admin.spaces", path: spacesPath, title: "spaces.import", hint: "spaces.columns", columns: places.ImportColumns,
		take: func(v *visit, raw []byte, dry bool) (int, error) {
			return p.Places.ImportSpaces(v.ctx(), v.who, raw, dry)
		},
	}
}
