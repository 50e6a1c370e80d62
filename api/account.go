package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/notify"
)

// feedPath is where calendar feeds stand, under a secret name.
const feedPath = "/calendar/"

// calendarWire is the address of a private calendar feed.
type calendarWire struct {
	URL string `json:"url" format:"uri" doc:"Whoever knows it reads the calendar; rotate it when somebody should not."`
}

func (a *API) registerAccount() {
	add(a, operation{id: "get-calendar", method: "GET", path: "/me/calendar", who: people}, a.calendarAddress)
	add(a, operation{id: "rotate-calendar", method: "POST", path: "/me/calendar/rotate", who: people, secret: true}, a.rotateCalendar)
	add(a, operation{id: "list-my-visits", method: "GET", path: "/me/visits", who: people}, a.myVisits)
	add(a, operation{id: "export-me", method: "GET", path: "/me/export", who: people}, a.exportMe)
	add(a, operation{
		id: "erase-me", method: "DELETE", path: "/me", who: people, status: http.StatusNoContent,
		faults: []*fault.Fault{auth.ErrLastAdmin},
	}, a.eraseMe)
	add(a, operation{
		id: "erase-member", method: "DELETE", path: "/members/{id}", who: admins, status: http.StatusNoContent,
		faults: []*fault.Fault{auth.ErrLastAdmin},
	}, a.eraseMember)
}

// calendarAddress serves GET /me/calendar.
func (a *API) calendarAddress(ctx context.Context, _ *nothing) (*body[calendarWire], error) {
	token, err := a.auth.CalendarToken(ctx, auth.Principal(ctx))
	return &body[calendarWire]{calendarWire{a.feedAddress(ctx, token)}}, err
}

// rotateCalendar serves POST /me/calendar/rotate.
func (a *API) rotateCalendar(ctx context.Context, _ *nothing) (*body[calendarWire], error) {
	token, err := a.auth.RotateCalendar(ctx, auth.Principal(ctx))
	return &body[calendarWire]{calendarWire{a.feedAddress(ctx, token)}}, err
}

// feedAddress is where the reader's calendar feed with a token is.
func (a *API) feedAddress(ctx context.Context, token string) string {
	return a.auth.Origin(callOf(ctx).request) + feedPath + token + ".ics"
}

// feed serves the calendar feed. What is not a feed gives one answer.
func (a *API) feed(c echo.Context) error {
	ctx := c.Request().Context()
	httpkit.NoteRoute(ctx, feedPath+"{token}.ics")
	token, ok := strings.CutSuffix(c.Param("file"), ".ics")
	if !ok {
		return models.ErrNotFound
	}
	p, err := a.auth.CalendarOwner(ctx, token)
	if err != nil {
		return err
	}
	lang, _ := locale.Parse(p.Member.Locale)
	events, err := a.feedEvents(ctx, p)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "private, no-cache")
	return c.Blob(http.StatusOK, "text/calendar; charset=utf-8", []byte(notify.CalendarFeed(lang, a.mailFrom, events)))
}

// feedEvents are the bookings of the last month and the coming year.
func (a *API) feedEvents(ctx context.Context, p models.Principal) ([]notify.Event, error) {
	now := a.store.Now()
	rows, err := a.ownBookings(ctx, p, models.Range{From: now.AddDate(0, -1, 0), To: now.AddDate(1, 0, 0)})
	events := make([]notify.Event, 0, len(rows))
	for _, r := range rows {
		events = append(events, calendarEvent(r, p.Member))
	}
	return events, err
}

// ownBookings reads all pages of what the member holds.
func (a *API) ownBookings(ctx context.Context, p models.Principal, during models.Range) ([]booking.Record, error) {
	var all []booking.Record
	page := models.Page{Limit: 200}
	for {
		rows, next, err := a.bookingService.List(ctx, p, booking.Filter{Range: during, Page: page, Mine: true})
		all = append(all, rows...)
		if err != nil || next == nil {
			return all, err
		}
		page.After = *next
	}
}

// exportWire is what the database knows of a member.
type exportWire struct {
	ExportedAt time.Time     `json:"exported_at"`
	Member     memberWire    `json:"member"`
	Sessions   []sessionWire `json:"sessions"`
	Tokens     []tokenWire   `json:"tokens"`
	Passkeys   []passkeyWire `json:"passkeys"`
	Bookings   []bookingWire `json:"bookings"`
	Visits     []ownVisit    `json:"visits"`
}

// sessionWire is a sign-in.
type sessionWire struct {
	UserAgent  string    `json:"user_agent"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	ExpiresAt  time.Time `json:"expires_at"`
}

// ownVisit is a stay at a site.
type ownVisit struct {
	Site      string     `json:"site"`
	Zone      int        `json:"zone"`
	EnteredAt time.Time  `json:"entered_at"`
	LeftAt    *time.Time `json:"left_at"`
}

// exportMe serves GET /me/export.
func (a *API) exportMe(ctx context.Context, _ *nothing) (*body[exportWire], error) {
	p := auth.Principal(ctx)
	member, err := a.memberWire(ctx, p)
	if err != nil {
		return nil, err
	}
	out := exportWire{ExportedAt: a.store.Now(), Member: member, Sessions: []sessionWire{}, Tokens: []tokenWire{}, Passkeys: []passkeyWire{}, Bookings: []bookingWire{}}
	if err := a.exportAccess(ctx, p, &out); err != nil {
		return nil, err
	}
	rows, err := a.ownBookings(ctx, p, models.Range{})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out.Bookings = append(out.Bookings, a.bookingWire(ctx, r))
	}
	out.Visits, err = a.ownVisits(ctx, p)
	return &body[exportWire]{out}, err
}

// exportAccess adds what the member signs in with.
func (a *API) exportAccess(ctx context.Context, p models.Principal, out *exportWire) error {
	sessions, err := a.store.SessionsOf(ctx, p.Member.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		out.Sessions = append(out.Sessions, sessionWire{s.UserAgent, s.CreatedAt, s.LastUsedAt, s.ExpiresAt})
	}
	tokens, err := a.store.TokensOf(ctx, p.Member.ID)
	for _, t := range tokens {
		out.Tokens = append(out.Tokens, newTokenWire(t))
	}
	if err != nil {
		return err
	}
	keys, err := a.store.PasskeysOf(ctx, p.Member.ID)
	for _, k := range keys {
		out.Passkeys = append(out.Passkeys, newPasskeyWire(k))
	}
	return err
}

// ownVisits reads all stays of the member, the latest first.
func (a *API) ownVisits(ctx context.Context, p models.Principal) ([]ownVisit, error) {
	all := []ownVisit{}
	for page := (models.Page{Limit: 200}); ; {
		rows, next, err := a.store.VisitsOf(ctx, p.Member.ID, page)
		if err != nil {
			return nil, err
		}
		for _, v := range rows {
			all = append(all, newOwnVisit(v))
		}
		if next == nil {
			return all, nil
		}
		page.After = *next
	}
}

// myVisits serves GET /me/visits: what the doors remember of the caller.
func (a *API) myVisits(ctx context.Context, in *Paged) (*body[listOf[ownVisit]], error) {
	page, err := in.page("my-visits")
	if err != nil {
		return nil, err
	}
	rows, next, err := a.store.VisitsOf(ctx, auth.Principal(ctx).Member.ID, page)
	if err != nil {
		return nil, err
	}
	return newList("my-visits", rows, next, newOwnVisit), nil
}

func newOwnVisit(v models.Visit) ownVisit {
	out := ownVisit{Site: v.Site, Zone: v.ZoneID, EnteredAt: time.UnixMilli(v.EnteredMS).UTC()}
	if v.LeftMS != nil {
		left := time.UnixMilli(*v.LeftMS).UTC()
		out.LeftAt = &left
	}
	return out
}

// eraseMe serves DELETE /me.
func (a *API) eraseMe(ctx context.Context, _ *nothing) (*signOutOutput, error) {
	p := auth.Principal(ctx)
	if err := a.erase(ctx, p, p.Member.ID); err != nil {
		return nil, err
	}
	return &signOutOutput{SetCookie: auth.NoCookie(callOf(ctx).request).String()}, nil
}

// eraseMember serves DELETE /members/{id}.
func (a *API) eraseMember(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.erase(ctx, auth.Principal(ctx), id)
}

// erase gives back what the member holds and takes the person out, both or
// neither.
func (a *API) erase(ctx context.Context, p models.Principal, id models.ID) error {
	return a.store.Enclose(ctx, func(ctx context.Context) error {
		if err := a.bookingService.Depart(ctx, p, id); err != nil {
			return err
		}
		return a.auth.Erase(ctx, p, id)
	})
}
