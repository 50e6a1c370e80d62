package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/places"
)

// zoneWire is a part of a site behind a door. How its door judges is for those
// who run the site.
type zoneWire struct {
	ID       int    `json:"id"`
	Site     string `json:"site"`
	Parent   *int   `json:"parent" doc:"The zone around it."`
	Company  *int   `json:"company" doc:"Whom it belongs to."`
	Name     string `json:"name"`
	NameJA   string `json:"name_ja"`
	NameEN   string `json:"name_en"`
	Capacity int    `json:"capacity" doc:"How many people may be inside; 0 = no limit."`

	LiveRequired        *bool   `json:"live_required,omitempty"`
	AntiPassback        *string `json:"anti_passback,omitempty" enum:"off,soft,timed,hard"`
	AntiPassbackMinutes *int    `json:"anti_passback_minutes,omitempty"`
	OfflineHours        *int    `json:"offline_hours,omitempty" doc:"How old a gate's state may be."`
}

// floorPlanWire is a drawing that spaces are placed on, in centimetres.
type floorPlanWire struct {
	ID       string          `json:"id"`
	Site     string          `json:"site"`
	Name     string          `json:"name"`
	NameJA   string          `json:"name_ja"`
	NameEN   string          `json:"name_en"`
	Width    int             `json:"width"`
	Height   int             `json:"height"`
	Shapes   json.RawMessage `json:"shapes"`
	Position int             `json:"position"`

	Picture      string `json:"picture,omitempty" doc:"Where the picture under the plan is, for those who may see it."`
	PictureShown *bool  `json:"picture_shown,omitempty" doc:"Everybody sees the picture. Said to those who run the site."`
}

func (at *atlas) zone(z *models.Zone) zoneWire {
	out := zoneWire{
		ID: z.ID, Site: z.Site, Parent: z.ParentID, Company: z.CompanyID, Name: named(at.lang, z.NameJA, z.NameEN),
		NameJA: z.NameJA, NameEN: z.NameEN, Capacity: z.Capacity,
	}
	if at.p.Runs(z.Site) {
		out.LiveRequired, out.AntiPassback = &z.LiveRequired, &z.AntiPassback
		out.AntiPassbackMinutes, out.OfflineHours = &z.AntiPassbackMinutes, &z.OfflineHours
	}
	return out
}

func (at *atlas) floorPlan(f models.FloorPlan) floorPlanWire {
	out := floorPlanWire{
		ID: f.ID.String(), Site: f.Site, Name: named(at.lang, f.NameJA, f.NameEN), NameJA: f.NameJA, NameEN: f.NameEN,
		Width: f.Width, Height: f.Height, Shapes: json.RawMessage(at.p.VisibleShapes(at.cat, f)), Position: f.Position,
	}
	if at.p.SeesPicture(f) {
		out.Picture = prefix + "/floor-plans/" + out.ID + "/picture?v=" + f.Picture
	}
	if at.p.Runs(f.Site) {
		out.PictureShown = &f.PictureShown
	}
	return out
}

func (a *API) registerZones() {
	faults := []*fault.Fault{places.ErrZoneTree}
	add(a, operation{id: "list-zones", method: "GET", path: "/zones", who: people, faults: []*fault.Fault{models.ErrNotFound}}, a.zones)
	add(a, operation{id: "get-zone", method: "GET", path: "/zones/{id}", who: people}, a.zone)
	add(a, operation{id: "create-zone", method: "POST", path: "/zones", who: admins, status: http.StatusCreated, faults: faults}, a.createZone)
	add(a, operation{id: "update-zone", method: "PATCH", path: "/zones/{id}", who: admins, faults: append(slices.Clone(faults), booking.ErrBookingsInTheWay)}, a.updateZone)
	add(a, operation{
		id: "delete-zone", method: "DELETE", path: "/zones/{id}", who: admins, status: http.StatusNoContent,
		faults: []*fault.Fault{models.ErrInUse},
	}, a.deleteZone)
}

// AtSiteInput asks for a list, of one site where given.
type AtSiteInput struct {
	Paged
	Site string `query:"site" maxLength:"63"`
}

// siteNames returns the site asked for, or all.
func (in *AtSiteInput) siteNames(c *models.Catalogue) (names []string, err error) {
	if in.Site != "" {
		_, err := c.Site(in.Site)
		return []string{in.Site}, err
	}
	for _, s := range c.Sites() {
		names = append(names, s.Slug)
	}
	return names, nil
}

// zones serves GET /zones.
func (a *API) zones(ctx context.Context, in *AtSiteInput) (*body[listOf[zoneWire]], error) {
	page, err := in.page("zones")
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	sites, err := in.siteNames(at.cat)
	if err != nil {
		return nil, err
	}
	var seen []*models.Zone
	for _, site := range sites {
		for _, z := range at.cat.ZonesAt(site) {
			if at.p.SeesZone(at.cat, z) {
				seen = append(seen, z)
			}
		}
	}
	rows, next := models.PageOf(seen, page, func(z *models.Zone) string { return strconv.Itoa(z.ID) })
	return newList("zones", rows, next, at.zone), nil
}

// parseNumber reads the id of a zone, a company or a key; what is no number names
// nothing.
func parseNumber(text string) (int, error) {
	id, err := strconv.ParseInt(text, 10, 32)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != text {
		return 0, models.ErrNotFound
	}
	return int(id), nil
}

// zone serves GET /zones/{id}.
func (a *API) zone(ctx context.Context, in *IDInput) (*versioned[zoneWire], error) {
	id, err := parseNumber(in.ID)
	if err != nil {
		return nil, err
	}
	return a.zoneByID(ctx, id)
}

func (a *API) zoneByID(ctx context.Context, id int) (*versioned[zoneWire], error) {
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	z, err := at.cat.Zone(id)
	if err != nil || !at.p.SeesZone(at.cat, z) {
		return nil, models.ErrNotFound
	}
	return &versioned[zoneWire]{etag(z.Version), at.zone(z)}, nil
}

// ZoneFields is what can be said of a zone. "name" stands for both languages.
type ZoneFields struct {
	Name                *string     `json:"name,omitempty" maxLength:"100"`
	NameJA              *string     `json:"name_ja,omitempty" maxLength:"100"`
	NameEN              *string     `json:"name_en,omitempty" maxLength:"100"`
	Parent              Change[int] `json:"parent,omitempty" required:"false"`
	Company             Change[int] `json:"company,omitempty" required:"false"`
	Capacity            *int        `json:"capacity,omitempty" minimum:"0" maximum:"100000"`
	LiveRequired        *bool       `json:"live_required,omitempty"`
	AntiPassback        *string     `json:"anti_passback,omitempty" enum:"off,soft,timed,hard"`
	AntiPassbackMinutes *int        `json:"anti_passback_minutes,omitempty" minimum:"0" maximum:"10080"`
	OfflineHours        *int        `json:"offline_hours,omitempty" minimum:"0" maximum:"8760"`
}

func (in *ZoneFields) apply(z *models.Zone) {
	setNames(&z.NameJA, &z.NameEN, in.Name, in.NameJA, in.NameEN)
	in.Parent.toOptional(&z.ParentID)
	in.Company.toOptional(&z.CompanyID)
	set(&z.Capacity, in.Capacity)
	set(&z.LiveRequired, in.LiveRequired)
	set(&z.AntiPassback, in.AntiPassback)
	set(&z.AntiPassbackMinutes, in.AntiPassbackMinutes)
	set(&z.OfflineHours, in.OfflineHours)
}

// newZoneInput is a zone to be made.
type newZoneInput struct {
	Body struct {
		Site string `json:"site" maxLength:"63"`
		ZoneFields
	}
}

// createZone serves POST /zones.
func (a *API) createZone(ctx context.Context, in *newZoneInput) (*created[zoneWire], error) {
	z := models.Zone{Site: in.Body.Site, AntiPassback: "off", OfflineHours: 72}
	in.Body.apply(&z)
	if err := a.places.CreateZone(ctx, auth.Principal(ctx), &z); err != nil {
		return nil, err
	}
	out, err := a.zoneByID(ctx, z.ID)
	if err != nil {
		return nil, err
	}
	return &created[zoneWire]{prefix + "/zones/" + strconv.Itoa(z.ID), out.ETag, out.Body}, nil
}

// zoneInput is a change of a zone.
type zoneInput struct {
	IDInput
	Conditional
	Body struct {
		ZoneFields
		CancelBookings bool `json:"cancel_bookings,omitempty" doc:"Cancels, with notice, the coming bookings of those who may not enter the zone any more."`
	}
}

// updateZone serves PATCH /zones/{id}.
func (a *API) updateZone(ctx context.Context, in *zoneInput) (*versioned[zoneWire], error) {
	id, err := parseNumber(in.ID)
	if err != nil {
		return nil, err
	}
	err = a.moving(ctx, in.Body.CancelBookings, func(ctx context.Context) error {
		_, err := a.places.UpdateZone(ctx, auth.Principal(ctx), id, in.match(), in.Body.apply)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.zoneByID(ctx, id)
}

// deleteZone serves DELETE /zones/{id}.
func (a *API) deleteZone(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := parseNumber(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.places.DeleteZone(ctx, auth.Principal(ctx), id)
}
