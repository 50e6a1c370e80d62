package api

import (
	"context"
	"encoding/base64"
	"time"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
)

// passWire is a pass with its printable code.
type passWire struct {
	ID        string          `json:"id" doc:"16 hex digits, as in the code."`
	Kind      models.PassKind `json:"kind" enum:"booking,standing,identity"`
	Holder    passHolderWire  `json:"holder"`
	Site      string          `json:"site"`
	Zones     []int           `json:"zones"`
	Booking   *string         `json:"booking" doc:"Null for a pass that is for no single booking."`
	NotBefore time.Time       `json:"not_before"`
	NotAfter  time.Time       `json:"not_after" doc:"Exclusive."`
	Code      string          `json:"code" doc:"What the QR shows. Whoever has it can use it."`
	QRPNG     string          `json:"qr_png"`
	QRSVG     string          `json:"qr_svg"`
}

// passHolderWire is who may use a pass.
type passHolderWire struct {
	Name  string `json:"name"`
	Guest bool   `json:"guest"`
}

func newPassWire(p access.Issued) passWire {
	link := prefix + "/passes/" + p.ID + "/qr."
	out := passWire{
		ID: p.ID, Kind: p.Kind, Holder: passHolderWire{p.Holder, p.GuestID != nil}, Site: p.Site, Zones: zonesOfPass(p.Pass),
		NotBefore: p.NotBefore, NotAfter: p.NotAfter, Code: p.Code, QRPNG: link + "png", QRSVG: link + "svg",
	}
	if p.BookingID != nil {
		id := p.BookingID.String()
		out.Booking = &id
	}
	return out
}

func zonesOfPass(p models.Pass) []int {
	if p.ZoneB == 0 {
		return []int{p.ZoneA}
	}
	return []int{p.ZoneA, p.ZoneB}
}

func (a *API) registerPasses() {
	add(a, operation{id: "list-booking-passes", method: "GET", path: "/bookings/{id}/passes", who: people}, a.bookingPasses)
	add(a, operation{id: "list-my-passes", method: "GET", path: "/me/passes", who: people}, a.myPasses)
	add(a, operation{
		id: "enrol-device", method: "PUT", path: "/me/device", who: people, faults: []*fault.Fault{access.ErrInvalidDeviceKey, access.ErrDeviceRetired},
	}, a.enrolDevice)
	add(a, operation{
		id: "get-pass-png", method: "GET", path: "/passes/{id}/qr.png", who: people, media: "image/png", faults: []*fault.Fault{models.ErrOutOfRange},
	}, a.passPNG)
	add(a, operation{id: "get-pass-svg", method: "GET", path: "/passes/{id}/qr.svg", who: people, media: "image/svg+xml"}, a.passSVG)
}

// bookingPasses serves GET /bookings/{id}/passes.
func (a *API) bookingPasses(ctx context.Context, in *struct {
	Paged
	ID string `path:"id"`
},
) (*body[listOf[passWire]], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	passes, err := a.entrance.BookingPasses(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	return passPage(in.Paged, "passes", passes)
}

// myPasses serves GET /me/passes.
func (a *API) myPasses(ctx context.Context, in *Paged) (*body[listOf[passWire]], error) {
	passes, err := a.entrance.MyPasses(ctx, auth.Principal(ctx))
	if err != nil {
		return nil, err
	}
	return passPage(*in, "my-passes", passes)
}

func passPage(in Paged, list string, passes []access.Issued) (*body[listOf[passWire]], error) {
	page, err := in.page(list)
	if err != nil {
		return nil, err
	}
	passes, next := models.PageOf(passes, page, func(p access.Issued) string { return p.ID })
	return newList(list, passes, next, newPassWire), nil
}

// deviceInput is a phone's key.
type deviceInput struct {
	Body struct {
		PublicKey string `json:"public_key" minLength:"1" maxLength:"100" doc:"P-256, SEC 1 compressed, base64url."`
		Renew     bool   `json:"renew,omitempty" doc:"Only go on with a phone that is enrolled: 409 device_retired when another has taken its place."`
	}
}

// deviceWire is what a phone keeps.
type deviceWire struct {
	Passes     []livePassWire `json:"passes"`
	ServerTime time.Time      `json:"server_time" doc:"To keep the phone's offset by."`
}

// livePassWire is one pass for the phone.
type livePassWire struct {
	ID        string          `json:"id"`
	Kind      models.PassKind `json:"kind" enum:"booking,standing,identity"`
	Site      string          `json:"site"`
	Zones     []int           `json:"zones"`
	Booking   *string         `json:"booking"`
	NotBefore time.Time       `json:"not_before"`
	NotAfter  time.Time       `json:"not_after"`
	Pass      string          `json:"pass" doc:"Body, device key and the issuer's signature, base64url: the phone adds the step and its own signature every 15 seconds."`
}

// enrolDevice serves PUT /me/device.
func (a *API) enrolDevice(ctx context.Context, in *deviceInput) (*body[deviceWire], error) {
	key, err := access.ParseDeviceKey(in.Body.PublicKey)
	if err != nil {
		return nil, err
	}
	enrol := a.entrance.EnrolDevice
	if in.Body.Renew {
		enrol = a.entrance.RenewDevice
	}
	passes, now, err := enrol(ctx, auth.Principal(ctx), key)
	if err != nil {
		return nil, err
	}
	out := deviceWire{Passes: []livePassWire{}, ServerTime: now}
	for _, p := range passes {
		wire := newPassWire(access.Issued{Pass: p.Pass})
		out.Passes = append(out.Passes, livePassWire{
			ID: wire.ID, Kind: wire.Kind, Site: wire.Site, Zones: wire.Zones, Booking: wire.Booking,
			NotBefore: wire.NotBefore, NotAfter: wire.NotAfter, Pass: base64.RawURLEncoding.EncodeToString(p.Signed),
		})
	}
	return &body[deviceWire]{out}, nil
}

// pictureOutput is a drawn code.
type pictureOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// passPNG serves GET /passes/{id}/qr.png.
func (a *API) passPNG(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Size int    `query:"size" default:"512" minimum:"64" maximum:"2048" doc:"Width and height in pixels."`
},
) (*pictureOutput, error) {
	pass, err := a.entrance.Pass(ctx, auth.Principal(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	picture, err := entry.QRPNG(pass.Code, in.Size)
	return &pictureOutput{"image/png", picture}, err
}

// passSVG serves GET /passes/{id}/qr.svg.
func (a *API) passSVG(ctx context.Context, in *IDInput) (*pictureOutput, error) {
	pass, err := a.entrance.Pass(ctx, auth.Principal(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	picture, err := entry.QRSVG(pass.Code)
	return &pictureOutput{"image/svg+xml", picture}, err
}
