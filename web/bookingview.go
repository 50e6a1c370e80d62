package web

import (
	"slices"
	"strings"
	"time"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
)

// bookingView is a booking as pages show it, worded for one reader.
type bookingView struct {
	ID        string
	Reference string
	Title     string
	Status    string
	Version   int
	StartsAt  time.Time
	EndsAt    time.Time
	Day       string // today, tomorrow, a date
	LongDay   string // the whole date
	Hours     string
	Length    string
	Now       bool // it is running
	JoinURL   string
	Places    []placeView
}

// Sites names the sites of the booking, as a live part of a page says which it is
// about.
func (b bookingView) Sites() string {
	var sites []string
	for _, place := range b.Places {
		if !slices.Contains(sites, place.Site) {
			sites = append(sites, place.Site)
		}
	}
	return strings.Join(sites, " ")
}

// placeView is one space of a booking.
type placeView struct {
	Site         string
	SiteName     string
	Address      string
	ID           string
	Name         string
	Kind         string
	Status       string
	VideoAddress string
	CheckedIn    string
	Broken       bool   // it is out of order
	Fault        string // and what is wrong with it
}

// bookingView words r. Its times are those of its first site, where the holder
// will be; linked meetings at sites in several zones are one instant anyway.
func (v *visit) bookingView(r booking.Record) bookingView {
	b := r.Booking
	loc := v.locationOf(b)
	view := bookingView{
		ID: b.ID.String(), Reference: b.Reference, Title: b.Title, Version: b.Version, JoinURL: b.JoinURL,
		Status: string(b.StatusAt(v.now)), StartsAt: b.StartsAt, EndsAt: b.EndsAt,
		LongDay: locale.Date(v.lang, b.StartsAt, loc), Length: locale.Duration(v.lang, b.Period().Length()),
		Now: b.Status.Holds() && b.Period().Has(v.now),
	}
	view.Day, view.Hours = v.words(b.Period(), loc)
	for _, bs := range b.Spaces {
		view.Places = append(view.Places, v.placeView(b, bs, loc))
	}
	return view
}

func (v *visit) placeView(b models.Booking, bs models.BookingSpace, loc *time.Location) placeView {
	place := placeView{
		Site: bs.Site, SiteName: v.siteName(bs.Site), ID: bs.SpaceID.String(), Kind: string(bs.Kind),
		Status: string(bs.StatusAt(b.EndsAt, v.now)),
	}
	if site, err := v.cat.Site(bs.Site); err == nil {
		place.Address = v.name(site.AddressJA, site.AddressEN)
	}
	if space, err := v.cat.Space(bs.SpaceID); err == nil {
		place.Name, place.VideoAddress = v.name(space.NameJA, space.NameEN), space.VideoAddress
		if !space.Bookable && bs.Active && !b.Over(v.now) {
			place.Broken, place.Fault = true, space.FaultNote
		}
	}
	if bs.CheckedInAt != nil {
		place.CheckedIn = v.t("booking.checked_in_at", map[string]any{"time": locale.Time(*bs.CheckedInAt, loc)})
	}
	return place
}

func (v *visit) bookingViews(records []booking.Record) []bookingView {
	views := make([]bookingView, 0, len(records))
	for _, r := range records {
		views = append(views, v.bookingView(r))
	}
	return views
}

// locationOf returns the time zone a booking is read in.
func (v *visit) locationOf(b models.Booking) *time.Location {
	for _, bs := range b.Spaces {
		if site, err := v.cat.Site(bs.Site); err == nil {
			return site.Location()
		}
	}
	return time.UTC
}
