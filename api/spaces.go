package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/places"
)

// spaceWire is a seat or a room.
type spaceWire struct {
	ID            string        `json:"id"`
	Site          string        `json:"site"`
	Kind          models.Kind   `json:"kind" enum:"seat,room"`
	Name          string        `json:"name"`
	NameJA        string        `json:"name_ja"`
	NameEN        string        `json:"name_en"`
	Zone          int           `json:"zone"`
	Company       *int          `json:"company" doc:"Whose office it stands in."`
	Capacity      int           `json:"capacity"`
	Equipment     []string      `json:"equipment"`
	VideoAddress  *string       `json:"video_address" doc:"SIP or H.323, rooms only."`
	Position      *positionWire `json:"position" doc:"Where it is drawn."`
	Bookable      bool          `json:"bookable" doc:"Whether the caller may book it at all."`
	NeedsApproval bool          `json:"needs_approval"`
	GrainMinutes  int           `json:"grain_minutes" doc:"Starts and ends lie on multiples of it from local midnight."`
	FaultNote     *string       `json:"fault_note" doc:"What is wrong with it."`
	Owner         *string       `json:"owner,omitempty" doc:"Whose fixed seat it is; for the owner and those who run the site."`
}

// positionWire is a place on a floor plan, in centimetres from its corner.
type positionWire struct {
	FloorPlan string `json:"floor_plan"`
	X         int    `json:"x" minimum:"0" maximum:"100000"`
	Y         int    `json:"y" minimum:"0" maximum:"100000"`
	Width     int    `json:"width" minimum:"0" maximum:"100000"`
	Height    int    `json:"height" minimum:"0" maximum:"100000"`
}

func (at *atlas) space(s *models.Space) spaceWire {
	out := spaceWire{
		ID: s.ID.String(), Site: s.Site, Kind: s.Kind, Name: named(at.lang, s.NameJA, s.NameEN), NameJA: s.NameJA, NameEN: s.NameEN,
		Zone: s.ZoneID, Capacity: s.Capacity, Equipment: append([]string{}, s.Equipment...), VideoAddress: orNull(s.VideoAddress),
		Bookable: s.Bookable && (s.OwnerID == nil || at.p.Is(*s.OwnerID)), NeedsApproval: s.NeedsApproval,
		GrainMinutes: s.GrainMinutes, FaultNote: orNull(s.FaultNote),
	}
	if company := s.Company(); company != 0 {
		out.Company = &company
	}
	if s.FloorPlanID != nil {
		out.Position = &positionWire{s.FloorPlanID.String(), s.X, s.Y, s.Width, s.Height}
	}
	if s.OwnerID != nil && (at.p.Runs(s.Site) || at.p.Is(*s.OwnerID)) {
		owner := s.OwnerID.String()
		out.Owner = &owner
	}
	return out
}

func (a *API) registerSpaces() {
	add(a, operation{id: "list-site-spaces", method: "GET", path: "/sites/{slug}/spaces", who: people}, a.siteSpaces)
	add(a, operation{id: "list-spaces", method: "GET", path: "/spaces", who: people, faults: []*fault.Fault{models.ErrNotFound}}, a.spaces)
	add(a, operation{id: "get-space", method: "GET", path: "/spaces/{id}", who: people}, a.space)
	add(a, operation{id: "create-space", method: "POST", path: "/spaces", who: admins, status: http.StatusCreated}, a.createSpace)
	add(a, operation{id: "update-space", method: "PATCH", path: "/spaces/{id}", who: staff, faults: []*fault.Fault{booking.ErrBookingsInTheWay}}, a.updateSpace)
	add(a, operation{
		id: "delete-space", method: "DELETE", path: "/spaces/{id}", who: admins, status: http.StatusNoContent,
		faults: []*fault.Fault{models.ErrInUse},
	}, a.deleteSpace)
}

// siteSpacesInput asks for the spaces of the site in the path.
type siteSpacesInput struct {
	SlugInput
	Paged
	Kind models.Kind `query:"kind" enum:"seat,room"`
}

// siteSpaces serves GET /sites/{slug}/spaces.
func (a *API) siteSpaces(ctx context.Context, in *siteSpacesInput) (*body[listOf[spaceWire]], error) {
	return a.spaces(ctx, &spacesInput{AtSiteInput{in.Paged, in.Slug}, in.Kind})
}

// spacesInput asks for spaces, of one site and kind where given.
type spacesInput struct {
	AtSiteInput
	Kind models.Kind `query:"kind" enum:"seat,room"`
}

// spaces serves GET /spaces.
func (a *API) spaces(ctx context.Context, in *spacesInput) (*body[listOf[spaceWire]], error) {
	page, err := in.page("spaces")
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
	var seen []*models.Space
	for _, site := range sites {
		for _, s := range at.cat.SpacesAt(site, in.Kind) {
			if at.p.SeesSpace(s) {
				seen = append(seen, s)
			}
		}
	}
	rows, next := models.PageOf(seen, page, func(s *models.Space) string { return s.ID.String() })
	return newList("spaces", rows, next, at.space), nil
}

// space serves GET /spaces/{id}.
func (a *API) space(ctx context.Context, in *IDInput) (*versioned[spaceWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return a.spaceByID(ctx, id)
}

func (a *API) spaceByID(ctx context.Context, id models.ID) (*versioned[spaceWire], error) {
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	s, err := at.cat.Space(id)
	if err != nil || !at.p.SeesSpace(s) {
		return nil, models.ErrNotFound
	}
	return &versioned[spaceWire]{etag(s.Version), at.space(s)}, nil
}

// SpaceFields is what can be said of a space. "name" stands for both languages.
type SpaceFields struct {
	Name          *string              `json:"name,omitempty" maxLength:"100"`
	NameJA        *string              `json:"name_ja,omitempty" maxLength:"100"`
	NameEN        *string              `json:"name_en,omitempty" maxLength:"100"`
	Zone          *int                 `json:"zone,omitempty" minimum:"1" maximum:"2147483647"`
	Capacity      *int                 `json:"capacity,omitempty" minimum:"1" maximum:"10000"`
	Equipment     *[]string            `json:"equipment,omitempty" maxItems:"50"`
	VideoAddress  *string              `json:"video_address,omitempty" maxLength:"300"`
	Position      Change[positionWire] `json:"position,omitempty" required:"false"`
	Bookable      *bool                `json:"bookable,omitempty"`
	NeedsApproval *bool                `json:"needs_approval,omitempty"`
	GrainMinutes  *int                 `json:"grain_minutes,omitempty" minimum:"1" maximum:"1440"`
	FaultNote     *string              `json:"fault_note,omitempty" maxLength:"500"`
	Owner         Change[string]       `json:"owner,omitempty" required:"false" doc:"The member whose fixed seat it is."`
	Order         *int                 `json:"order,omitempty" minimum:"0" maximum:"100000" doc:"Its place in lists."`
}

// references reads the ids among the fields.
func (in *SpaceFields) references() (plan, owner *models.ID, err error) {
	if in.Position.Set && !in.Position.Null {
		id, err := models.ParseID(in.Position.Value.FloorPlan)
		if err != nil {
			return nil, nil, models.ErrInvalidInput.On("position/floor_plan").Saying("nothing_there")
		}
		plan = &id
	}
	owner, err = idOf(in.Owner, "owner")
	return plan, owner, err
}

// change returns what puts the fields into a space.
func (in *SpaceFields) change() (func(*models.Space), error) {
	plan, owner, err := in.references()
	if err != nil {
		return nil, err
	}
	return func(s *models.Space) {
		setNames(&s.NameJA, &s.NameEN, in.Name, in.NameJA, in.NameEN)
		set(&s.ZoneID, in.Zone)
		set(&s.Capacity, in.Capacity)
		if in.Equipment != nil {
			s.Equipment = *in.Equipment
		}
		set(&s.VideoAddress, in.VideoAddress)
		set(&s.Bookable, in.Bookable)
		set(&s.NeedsApproval, in.NeedsApproval)
		set(&s.GrainMinutes, in.GrainMinutes)
		set(&s.FaultNote, in.FaultNote)
		set(&s.Position, in.Order)
		if in.Position.Set {
			at := in.Position.Value
			s.FloorPlanID, s.X, s.Y, s.Width, s.Height = plan, at.X, at.Y, at.Width, at.Height
		}
		if in.Owner.Set {
			s.OwnerID = owner
		}
	}, nil
}

// NewSpaceFields is SpaceFields with what a new space must have.
type NewSpaceFields struct {
	Kind models.Kind `json:"kind" enum:"seat,room"`
	SpaceFields
}

// TransformSchema asks for the zone, which says the site.
func (*NewSpaceFields) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return requiring(s, "zone")
}

// createSpace serves POST /spaces.
func (a *API) createSpace(ctx context.Context, in *struct{ Body NewSpaceFields }) (*created[spaceWire], error) {
	change, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	s := models.Space{Kind: in.Body.Kind, Capacity: 1, GrainMinutes: 15, Bookable: true, Position: places.Last}
	change(&s)
	if err := a.places.CreateSpace(ctx, auth.Principal(ctx), &s); err != nil {
		return nil, err
	}
	out, err := a.spaceByID(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	return &created[spaceWire]{prefix + "/spaces/" + s.ID.String(), out.ETag, out.Body}, nil
}

// updateSpace serves PATCH /spaces/{id}.
func (a *API) updateSpace(ctx context.Context, in *struct {
	IDInput
	Conditional
	Body struct {
		SpaceFields
		CancelBookings bool `json:"cancel_bookings,omitempty" doc:"Cancels, with notice, the coming bookings of those who may not enter where the space lies now."`
	}
},
) (*versioned[spaceWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	change, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	err = a.moving(ctx, in.Body.CancelBookings, func(ctx context.Context) error {
		_, err := a.places.UpdateSpace(ctx, auth.Principal(ctx), id, in.match(), change)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.spaceByID(ctx, id)
}

// deleteSpace serves DELETE /spaces/{id}.
func (a *API) deleteSpace(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.places.DeleteSpace(ctx, auth.Principal(ctx), id)
}
