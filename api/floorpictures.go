package api

import (
	"context"
	"net/http"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/places"
)

func (a *API) registerFloorPictures() {
	const path = "/floor-plans/{id}/picture"
	add(a, operation{id: "get-floor-picture", method: "GET", path: path, who: people, media: "image/jpeg"}, a.floorPicture)
	add(a, operation{
		id: "put-floor-picture", method: "PUT", path: path, who: admins, file: true,
		faults: []*fault.Fault{models.ErrStale, places.ErrUnreadablePicture},
	}, a.putFloorPicture)
	add(a, operation{
		id: "delete-floor-picture", method: "DELETE", path: path, who: admins, status: http.StatusNoContent,
		faults: []*fault.Fault{models.ErrStale},
	}, a.deleteFloorPicture)
}

// floorPicture serves GET /floor-plans/{id}/picture.
func (a *API) floorPicture(ctx context.Context, in *struct {
	IDInput
	Version string `query:"v" maxLength:"64" doc:"Which picture, as a floor plan names it. Its answer may be kept for good."`
},
) (*keptPicture, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	pic, err := a.places.FloorPicture(ctx, auth.Principal(ctx), id)
	keep := "private, no-cache"
	if in.Version != "" {
		keep = "private, max-age=31536000, immutable" // another picture has another address
	}
	return &keptPicture{keep, "image/jpeg", pic}, err
}

// keptPicture is a picture with how long a browser may keep it.
type keptPicture struct {
	CacheControl string `header:"Cache-Control"`
	ContentType  string `header:"Content-Type"`
	Body         []byte
}

// floorPictureInput is a picture for a floor plan.
type floorPictureInput struct {
	IDInput
	Conditional
	RawBody []byte `contentType:"image/*" doc:"PNG or JPEG, as large as the plan is wide. It is kept as a JPEG of at most 1,600 pixels a side."`
}

// putFloorPicture serves PUT /floor-plans/{id}/picture.
func (a *API) putFloorPicture(ctx context.Context, in *floorPictureInput) (*versioned[floorPlanWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	f, err := a.places.SetFloorPicture(ctx, auth.Principal(ctx), id, in.match(), in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.changedFloorPlan(ctx, f)
}

// deleteFloorPicture serves DELETE /floor-plans/{id}/picture.
func (a *API) deleteFloorPicture(ctx context.Context, in *struct {
	IDInput
	Conditional
},
) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	_, err = a.places.RemoveFloorPicture(ctx, auth.Principal(ctx), id, in.match())
	return nil, err
}
