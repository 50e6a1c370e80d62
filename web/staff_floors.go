package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"kyoten/models"
	"kyoten/places"
	"kyoten/web/ui"
)

const floorsPath = "/admin/floors"

// floorListing lists the floor plans of a site, on the site's page.
func (v *visit) floorListing(site *models.Site) ui.Listing {
	list := ui.Listing{
		Title: v.t("floors.title"), None: "floors.none", Add: v.link("floors.add", floorsPath+"/new"+siteQuery(site.Slug)),
		Columns: ui.Columns(v.t("reports.name"), v.t("floors.size"), "#"+v.t("admin.spaces")),
	}
	for _, f := range v.cat.FloorPlans(site.Slug) {
		list.Lines = append(list.Lines, ui.Line{URL: floorsPath + "/" + f.ID.String(), Cells: []ui.Cell{
			{Text: v.name(f.NameJA, f.NameEN), Typed: true},
			{Text: v.t("floors.metres", map[string]any{"width": metres(f.Width), "height": metres(f.Height)})},
			{Text: strconv.Itoa(len(v.drawnOn(f))), Number: true},
		}})
	}
	return list
}

// metres writes centimetres as metres.
func metres(cm int) string { return strconv.FormatFloat(float64(cm)/100, 'f', -1, 64) }

// drawnOn returns the spaces that have a place on a floor plan.
func (v *visit) drawnOn(f models.FloorPlan) []*models.Space {
	var drawn []*models.Space
	for _, space := range v.cat.SpacesAt(f.Site, "") {
		if space.FloorPlanID != nil && *space.FloorPlanID == f.ID {
			drawn = append(drawn, space)
		}
	}
	return drawn
}

// floorPage is the page of a floor plan: its size, and where each space stands.
// The drawing moves the same numbers that the table holds.
type floorPage struct {
	formPage
	Plan   *ui.Plan
	Places []placeRow
	Grid   int // centimetres that a key moves a space by
	Undraw []ui.Option
}

// placeRow is where one space stands on a plan; its fields are called by its id.
type placeRow struct {
	ID, Name            string
	X, Y, Width, Height string
	Error               string
}

// gridStep is how far a key moves a space, in centimetres.
const gridStep = 10

func (v *visit) floorPage(site *models.Site, f *models.FloorPlan, form *ui.Form) (floorPage, error) {
	page := floorPage{Grid: gridStep, formPage: formPage{
		staffPage: v.deskPage("admin.sites"), Back: ui.Action{Label: v.siteName(site.Slug), URL: sitesPath + "/" + site.Slug}, Target: floorsPath, Save: "form.save",
		Form: ui.NewForm(url.Values{"width": {"2000"}, "height": {"1200"}}),
		Sections: []ui.Section{{Fields: []ui.Field{
			{Name: "name_ja", Label: "form.name_ja", Required: true, Longest: "100"},
			{Name: "name_en", Label: "form.name_en", Optional: true, Longest: "100"},
			{Name: "width", Type: "number", Label: "floors.width", Min: "1"},
			{Name: "height", Type: "number", Label: "floors.height", Min: "1"},
		}}},
	}}
	page.Title, page.Site = v.t("floors.add"), site.Slug
	if f == nil {
		return page, nil
	}
	page.Title, page.Version, page.Target = v.name(f.NameJA, f.NameEN), f.Version, floorsPath+"/"+f.ID.String()
	page.Here, page.Scripts = page.Target, append(page.Scripts, "js/floor-editor.js")
	page.Form = ui.NewForm(url.Values{"name_ja": {f.NameJA}, "name_en": {f.NameEN}, "width": numeral(f.Width), "height": numeral(f.Height)})
	page.Deeds = v.floorDeeds(*f, page.Target)
	if f.Picture != "" {
		shown := ui.Field{Name: "picture_shown", Type: "checkbox", Label: "floors.picture_shown", Wide: true}
		page.Sections[0].Fields = append(page.Sections[0].Fields, shown)
		if f.PictureShown {
			page.Form.Values.Set(shown.Name, "on")
		}
	}
	return page, v.fillPlaces(&page, *f, form)
}

// fillPlaces draws the plan with every space on it, and lists them; form holds
// what was typed where it is drawn again.
func (v *visit) fillPlaces(page *floorPage, f models.FloorPlan, form *ui.Form) error {
	shapes, err := ui.ParseShapes(f.Shapes)
	if err != nil {
		return err
	}
	page.Plan = &ui.Plan{Name: page.Title, Width: f.Width, Height: f.Height, Under: v.pictureUnder(f), Shapes: v.named(shapes)}
	for _, space := range v.drawnOn(f) {
		spot := v.spotOf(space)
		spot.State, spot.Words = ui.SpotFree, v.t("floors.move_me")
		page.Plan.Spots = append(page.Plan.Spots, spot)
		row := placeRow{ID: spot.ID, Name: spot.Name, X: strconv.Itoa(space.X), Y: strconv.Itoa(space.Y), Width: strconv.Itoa(space.Width), Height: strconv.Itoa(space.Height)}
		if form != nil && form.Values.Has("x/"+row.ID) {
			row.X, row.Y, row.Width, row.Height = form.Value("x/"+row.ID), form.Value("y/"+row.ID), form.Value("width/"+row.ID), form.Value("height/"+row.ID)
		}
		page.Places = append(page.Places, row)
	}
	page.Undraw = []ui.Option{{Label: v.t("floors.nobody")}}
	for _, space := range v.cat.SpacesAt(f.Site, "") {
		if space.FloorPlanID == nil {
			page.Undraw = append(page.Undraw, ui.Option{Value: space.ID.String(), Label: v.name(space.NameJA, space.NameEN)})
		}
	}
	return nil
}

// showFloor draws the page; form and err are what was refused, if anything.
func (p *Pages) showFloor(v *visit, site *models.Site, f *models.FloorPlan, form *ui.Form, err error) error {
	page, errPage := v.floorPage(site, f, form)
	if errPage != nil {
		return errPage
	}
	status := http.StatusOK
	if err != nil {
		notice, refused, other := v.refused(err, form)
		if other != nil {
			return other
		}
		status, page.Notice = refused, notice
		page.typed(form)
	}
	return p.show(v, status, "floor", page)
}

// typed puts back what was typed, with what is wrong with it; form may be nil,
// when it was no field of the page that was refused.
func (page *floorPage) typed(form *ui.Form) {
	if form == nil {
		return
	}
	page.Form = *form
	for i := range page.Places {
		for _, name := range []string{"x/", "y/", "width/", "height/"} {
			if wrong := form.Error(name + page.Places[i].ID); wrong != "" {
				page.Places[i].Error = wrong
			}
		}
	}
}

// newFloor serves GET /admin/floors/new.
func (p *Pages) newFloor(v *visit) error {
	site, err := v.cat.Site(v.query("site"))
	if err != nil {
		return err
	}
	return p.showFloor(v, site, nil, nil, nil)
}

// createFloor serves POST /admin/floors.
func (p *Pages) createFloor(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	site, err := v.cat.Site(form.Value("site"))
	if err != nil {
		return err
	}
	change, err := readFloor(form)
	f := models.FloorPlan{Site: site.Slug, Shapes: "[]", Position: places.Last}
	if err == nil {
		change(&f)
		err = p.Places.CreateFloorPlan(v.ctx(), v.who, &f)
	}
	if err != nil {
		return p.showFloor(v, site, nil, &form, err)
	}
	return v.redirect(floorsPath + "/" + f.ID.String() + "?done=stored")
}

func readFloor(form ui.Form) (func(*models.FloorPlan), error) {
	f := &fields{form: form}
	ja, en := f.needed("name_ja", 100), f.text("name_en", 100)
	width, height := f.number("width", 1, 100_000), f.number("height", 1, 100_000)
	shown := form.Value("picture_shown") != ""
	return func(plan *models.FloorPlan) {
		plan.NameJA, plan.NameEN, plan.Width, plan.Height = ja, en, width, height
		plan.PictureShown = shown && plan.Picture != ""
	}, f.err
}

// floor returns the floor plan of the address with its site.
func (v *visit) floor() (*models.FloorPlan, *models.Site, error) {
	id, err := v.id("id")
	if err != nil {
		return nil, nil, err
	}
	f, err := v.cat.FloorPlan(id)
	if err != nil {
		return nil, nil, err
	}
	site, err := v.cat.Site(f.Site)
	return &f, site, err
}

// floorDetail serves GET /admin/floors/:id.
func (p *Pages) floorDetail(v *visit) error {
	f, site, err := v.floor()
	if err != nil {
		return err
	}
	return p.showFloor(v, site, f, nil, nil)
}

// saveFloor serves POST /admin/floors/:id: the plan and the places of all spaces
// on it, together or not at all.
func (p *Pages) saveFloor(v *visit) error {
	f, site, err := v.floor()
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	change, err := readFloor(form)
	if err == nil {
		err = p.Store.Enclose(v.ctx(), func(ctx context.Context) error {
			if _, err := p.Places.UpdateFloorPlan(ctx, v.who, f.ID, matchOf(form), change); err != nil {
				return err
			}
			return p.movePlaces(ctx, v, *f, form)
		})
	}
	if err != nil {
		return p.showFloor(v, site, f, &form, err)
	}
	return v.redirect(floorsPath + "/" + f.ID.String() + "?done=stored")
}

// movePlaces stores where spaces stand now, and puts the one that was chosen on
// the plan.
func (p *Pages) movePlaces(ctx context.Context, v *visit, f models.FloorPlan, form ui.Form) error {
	read := &fields{form: form}
	for _, space := range v.drawnOn(f) {
		id := space.ID.String()
		if !form.Values.Has("x/" + id) {
			continue
		}
		x, y := read.number("x/"+id, 0, f.Width*10), read.number("y/"+id, 0, f.Height*10)
		width, height := read.number("width/"+id, 1, f.Width*10), read.number("height/"+id, 1, f.Height*10)
		if read.err != nil {
			return read.err
		}
		if space.X == x && space.Y == y && space.Width == width && space.Height == height {
			continue
		}
		_, err := p.Places.UpdateSpace(ctx, v.who, space.ID, nil, func(s *models.Space) { s.X, s.Y, s.Width, s.Height = x, y, width, height })
		if err != nil {
			return err
		}
	}
	fresh := read.id("draw")
	if read.err != nil || fresh == nil {
		return read.err
	}
	_, err := p.Places.UpdateSpace(ctx, v.who, *fresh, nil, func(s *models.Space) {
		s.FloorPlanID, s.X, s.Y, s.Width, s.Height = &f.ID, 0, 0, max(s.Width, 100), max(s.Height, 80)
	})
	return err
}

// deleteFloor serves POST /admin/floors/:id/delete.
func (p *Pages) deleteFloor(v *visit) error {
	f, site, err := v.floor()
	if err != nil {
		return err
	}
	if err := p.Places.DeleteFloorPlan(v.ctx(), v.who, f.ID); err != nil {
		form := ui.NewForm(url.Values{"name_ja": {f.NameJA}, "name_en": {f.NameEN}, "width": numeral(f.Width), "height": numeral(f.Height)})
		return p.showFloor(v, site, f, &form, err)
	}
	return v.redirect(sitesPath + "/" + site.Slug + "?done=deleted")
}
