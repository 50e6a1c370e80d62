package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/occupancy"
	"kyoten/places"
)

// SiteWire is a site as anybody may know it.
type SiteWire struct {
	Slug             string             `json:"slug"`
	Name             string             `json:"name"`
	NameJA           string             `json:"name_ja"`
	NameEN           string             `json:"name_en"`
	Address          string             `json:"address"`
	AddressJA        string             `json:"address_ja"`
	AddressEN        string             `json:"address_en"`
	Phone            *string            `json:"phone"`
	URL              *string            `json:"url"`
	TimeZone         string             `json:"time_zone" example:"Asia/Tokyo"`
	OpeningHours     []openingHoursWire `json:"opening_hours"`
	ClosedOnHolidays bool               `json:"closed_on_holidays"`
	OpenNow          bool               `json:"open_now"`
	HowFull          occupancy.Fullness `json:"how_full" enum:"quiet,busy,full"`
	Announcement     *string            `json:"announcement"`
	Capacity         int                `json:"capacity" doc:"How many people may be inside; 0 = not said."`
	WalkIns          bool               `json:"walk_ins" doc:"Whether the entrance offers a free seat to a member without a booking."`
}

// openingHoursWire is one opening on a weekday, in the site's wall time.
type openingHoursWire struct {
	Weekday string `json:"weekday" enum:"monday,tuesday,wednesday,thursday,friday,saturday,sunday"`
	Opens   string `json:"opens" example:"09:00" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$"`
	Closes  string `json:"closes" example:"21:00" pattern:"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"`
}

// siteDetailWire is a site with what is in it, as far as the caller may see it.
type siteDetailWire struct {
	SiteWire
	Zones      []zoneWire      `json:"zones"`
	FloorPlans []floorPlanWire `json:"floor_plans"`

	EarlyGraceMinutes int     `json:"early_grace_minutes" doc:"How long before a booking its code opens the entrance."`
	LateGraceMinutes  int     `json:"late_grace_minutes"`
	MaxStayMinutes    int     `json:"max_stay_minutes"`
	AnnouncementJA    string  `json:"announcement_ja"`
	AnnouncementEN    string  `json:"announcement_en"`
	Position          int     `json:"position"`
	Mode              *string `json:"mode,omitempty" doc:"How the doors behave; for those who run the site."`
}

func (a *API) registerSites() {
	add(a, operation{id: "list-sites", method: "GET", path: "/sites", who: public}, a.sites)
	add(a, operation{id: "get-site", method: "GET", path: "/sites/{slug}", who: public}, a.site)
	add(a, operation{
		id: "create-site", method: "POST", path: "/sites", who: admins, status: http.StatusCreated,
		faults: []*fault.Fault{models.ErrConflict, places.ErrTimeZone, places.ErrHours},
	}, a.createSite)
	add(a, operation{
		id: "update-site", method: "PATCH", path: "/sites/{slug}", who: admins,
		faults: []*fault.Fault{places.ErrTimeZone, places.ErrHours},
	}, a.updateSite)
	add(a, operation{
		id: "delete-site", method: "DELETE", path: "/sites/{slug}", who: admins, status: http.StatusNoContent,
		faults: []*fault.Fault{models.ErrInUse},
	}, a.deleteSite)
}

// atlas is what the wire types of sites are made with.
type atlas struct {
	lang locale.Lang
	cat  *models.Catalogue
	p    models.Principal
	now  time.Time
	full map[string]occupancy.Fullness
}

// atlas reads the catalogue for the caller.
func (a *API) atlas(ctx context.Context) (*atlas, error) {
	cat, err := a.store.Catalogue(ctx)
	return &atlas{lang: reader(ctx), cat: cat, p: auth.Principal(ctx), now: a.store.Now()}, err
}

// atlasNow also looks how full the sites are.
func (a *API) atlasNow(ctx context.Context) (*atlas, error) {
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	at.full, err = a.occupancy.HowFull(ctx)
	return at, err
}

func (at *atlas) site(s *models.Site) SiteWire {
	out := SiteWire{
		Slug: s.Slug, Name: named(at.lang, s.NameJA, s.NameEN), NameJA: s.NameJA, NameEN: s.NameEN,
		Address: named(at.lang, s.AddressJA, s.AddressEN), AddressJA: s.AddressJA, AddressEN: s.AddressEN,
		Phone: orNull(s.Phone), URL: orNull(s.URL), TimeZone: s.TimeZone, OpeningHours: []openingHoursWire{},
		ClosedOnHolidays: s.ClosedOnHolidays, OpenNow: at.cat.OpenAt(s, at.now), HowFull: at.full[s.Slug],
		Announcement: orNull(named(at.lang, s.AnnouncementJA, s.AnnouncementEN)), Capacity: s.Capacity, WalkIns: s.WalkIns,
	}
	for _, h := range s.Hours {
		out.OpeningHours = append(out.OpeningHours, openingHoursWire{weekdays[h.Weekday], clockText(h.Opens), clockText(h.Closes)})
	}
	return out
}

func (at *atlas) siteDetail(s *models.Site) siteDetailWire {
	out := siteDetailWire{
		SiteWire: at.site(s), Zones: []zoneWire{}, FloorPlans: []floorPlanWire{},
		EarlyGraceMinutes: s.EarlyGraceMinutes, LateGraceMinutes: s.LateGraceMinutes, MaxStayMinutes: s.MaxStayMinutes,
		AnnouncementJA: s.AnnouncementJA, AnnouncementEN: s.AnnouncementEN, Position: s.Position,
	}
	for _, z := range at.cat.ZonesAt(s.Slug) {
		if at.p.SeesZone(at.cat, z) {
			out.Zones = append(out.Zones, at.zone(z))
		}
	}
	for _, f := range at.cat.FloorPlans(s.Slug) {
		out.FloorPlans = append(out.FloorPlans, at.floorPlan(f))
	}
	if at.p.Runs(s.Slug) {
		out.Mode = orNull(string(s.Mode))
	}
	return out
}

// weekdays name the days of the week as time.Weekday counts them.
var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// clockText writes minutes from midnight as 09:30.
func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// clockMinutes reads what the schema let through.
func clockMinutes(text string) (minutes int) {
	var hour, minute int
	_, _ = fmt.Sscanf(text, "%d:%d", &hour, &minute) // the pattern has been checked
	return hour*60 + minute
}

// orNull is the text, or null for none.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// sites serves GET /sites.
func (a *API) sites(ctx context.Context, in *Paged) (*body[listOf[SiteWire]], error) {
	page, err := in.page("sites")
	if err != nil {
		return nil, err
	}
	at, err := a.atlasNow(ctx)
	if err != nil {
		return nil, err
	}
	rows, next := models.PageOf(at.cat.Sites(), page, func(s *models.Site) string { return s.Slug })
	return newList("sites", rows, next, at.site), nil
}

// SlugInput names a site in the path.
type SlugInput struct {
	Slug string `path:"slug"`
}

// site serves GET /sites/{slug}.
func (a *API) site(ctx context.Context, in *SlugInput) (*versioned[siteDetailWire], error) {
	at, err := a.atlasNow(ctx)
	if err != nil {
		return nil, err
	}
	site, err := at.cat.Site(in.Slug)
	if err != nil {
		return nil, err
	}
	return &versioned[siteDetailWire]{etag(site.Version), at.siteDetail(site)}, nil
}

// SiteFields is what can be said of a site. "name" stands for both languages.
type SiteFields struct {
	Name              *string             `json:"name,omitempty" maxLength:"100"`
	NameJA            *string             `json:"name_ja,omitempty" maxLength:"100"`
	NameEN            *string             `json:"name_en,omitempty" maxLength:"100"`
	AddressJA         *string             `json:"address_ja,omitempty" maxLength:"300"`
	AddressEN         *string             `json:"address_en,omitempty" maxLength:"300"`
	Phone             *string             `json:"phone,omitempty" maxLength:"40"`
	URL               *string             `json:"url,omitempty" maxLength:"300" pattern:"^(https?://.*)?$"`
	TimeZone          *string             `json:"time_zone,omitempty" maxLength:"64"`
	OpeningHours      *[]openingHoursWire `json:"opening_hours,omitempty" maxItems:"70"`
	ClosedOnHolidays  *bool               `json:"closed_on_holidays,omitempty"`
	Capacity          *int                `json:"capacity,omitempty" minimum:"0" maximum:"100000"`
	WalkIns           *bool               `json:"walk_ins,omitempty"`
	EarlyGraceMinutes *int                `json:"early_grace_minutes,omitempty" minimum:"0" maximum:"720"`
	LateGraceMinutes  *int                `json:"late_grace_minutes,omitempty" minimum:"0" maximum:"720"`
	MaxStayMinutes    *int                `json:"max_stay_minutes,omitempty" minimum:"60" maximum:"10080"`
	AnnouncementJA    *string             `json:"announcement_ja,omitempty" maxLength:"1000"`
	AnnouncementEN    *string             `json:"announcement_en,omitempty" maxLength:"1000"`
	Position          *int                `json:"position,omitempty" minimum:"0" maximum:"100000"`
}

func (in *SiteFields) apply(s *models.Site) {
	setNames(&s.NameJA, &s.NameEN, in.Name, in.NameJA, in.NameEN)
	set(&s.AddressJA, in.AddressJA)
	set(&s.AddressEN, in.AddressEN)
	set(&s.Phone, in.Phone)
	set(&s.URL, in.URL)
	set(&s.TimeZone, in.TimeZone)
	set(&s.ClosedOnHolidays, in.ClosedOnHolidays)
	set(&s.Capacity, in.Capacity)
	set(&s.WalkIns, in.WalkIns)
	set(&s.EarlyGraceMinutes, in.EarlyGraceMinutes)
	set(&s.LateGraceMinutes, in.LateGraceMinutes)
	set(&s.MaxStayMinutes, in.MaxStayMinutes)
	set(&s.AnnouncementJA, in.AnnouncementJA)
	set(&s.AnnouncementEN, in.AnnouncementEN)
	set(&s.Position, in.Position)
	if in.OpeningHours == nil {
		return
	}
	s.Hours = nil
	for _, h := range *in.OpeningHours {
		s.Hours = append(s.Hours, models.OpeningHours{Weekday: weekdayOf(h.Weekday), Opens: clockMinutes(h.Opens), Closes: clockMinutes(h.Closes)})
	}
}

// weekdayOf reads a name that the schema let through.
func weekdayOf(name string) time.Weekday { return time.Weekday(slices.Index(weekdays, name)) }

// newSiteInput is a site to be made: it also has a slug, for good.
type newSiteInput struct {
	Body struct {
		Slug string `json:"slug" maxLength:"63" doc:"Names the site in addresses; it cannot be changed."`
		SiteFields
	}
}

// createSite serves POST /sites.
func (a *API) createSite(ctx context.Context, in *newSiteInput) (*created[siteDetailWire], error) {
	site := models.Site{Slug: in.Body.Slug, TimeZone: "Asia/Tokyo", ClosedOnHolidays: true, EarlyGraceMinutes: 15, LateGraceMinutes: 15, MaxStayMinutes: 960, Position: places.Last}
	in.Body.apply(&site)
	if err := a.places.CreateSite(ctx, auth.Principal(ctx), &site); err != nil {
		return nil, err
	}
	return a.createdSite(ctx, site.Slug)
}

// createdSite reads a site anew, as the catalogue joins it.
func (a *API) createdSite(ctx context.Context, slug string) (*created[siteDetailWire], error) {
	out, err := a.site(ctx, &SlugInput{slug})
	if err != nil {
		return nil, err
	}
	return &created[siteDetailWire]{prefix + "/sites/" + slug, out.ETag, out.Body}, nil
}

// updateSite serves PATCH /sites/{slug}.
func (a *API) updateSite(ctx context.Context, in *struct {
	SlugInput
	Conditional
	Body SiteFields
},
) (*versioned[siteDetailWire], error) {
	_, err := a.places.UpdateSite(ctx, auth.Principal(ctx), in.Slug, in.match(), in.Body.apply)
	if err != nil {
		return nil, err
	}
	return a.site(ctx, &in.SlugInput)
}

// deleteSite serves DELETE /sites/{slug}.
func (a *API) deleteSite(ctx context.Context, in *SlugInput) (*nothing, error) {
	return nil, a.places.DeleteSite(ctx, auth.Principal(ctx), in.Slug)
}
