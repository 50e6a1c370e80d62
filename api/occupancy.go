package api

import (
	"context"
	"time"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/occupancy"
)

// countsWire says how many spaces of a kind there are and are held now.
type countsWire struct {
	Total     int `json:"total"`
	Booked    int `json:"booked" doc:"Held now, those checked in included."`
	CheckedIn int `json:"checked_in"`
}

// siteNowWire is a site as it is now.
type siteNowWire struct {
	Site        string     `json:"site"`
	Inside      int        `json:"inside"`
	Unconfirmed int        `json:"unconfirmed,omitempty" doc:"Not seen leaving; for those who run the site."`
	Capacity    int        `json:"capacity"`
	Seats       countsWire `json:"seats"`
	Rooms       countsWire `json:"rooms"`
	At          time.Time  `json:"at"`
}

func newSiteNowWire(n occupancy.SiteNow) siteNowWire {
	return siteNowWire{n.Site, n.Inside, n.Unconfirmed, n.Capacity, countsWire(n.Seats), countsWire(n.Rooms), n.At}
}

// holderWire is a person as those who run a site see them. Id and name are null
// once the link from the subject was forgotten.
type holderWire struct {
	ID      *string `json:"id" doc:"Of a member."`
	Name    string  `json:"name"`
	Kana    string  `json:"kana,omitempty"`
	Subject string  `json:"subject"`
	Host    string  `json:"host,omitempty" doc:"Of a guest: whose guest it is."`
}

func newHolderWire(h models.Holder) holderWire {
	return holderWire{idOrNil(h.MemberID), h.Name, h.Kana, h.Subject, h.HostName}
}

// presentWire is somebody at a site.
type presentWire struct {
	Holder      holderWire `json:"holder"`
	Zone        int        `json:"zone" doc:"The innermost."`
	Since       time.Time  `json:"since"`
	Unconfirmed bool       `json:"unconfirmed" doc:"Not seen leaving, within 12 hours."`
	SafeAt      *time.Time `json:"safe_at" doc:"Accounted for in an evacuation."`
}

func newPresentWire(p occupancy.Present) presentWire {
	return presentWire{newHolderWire(p.Holder), p.ZoneID, p.Since, p.Unconfirmed, p.SafeAt}
}

func (a *API) registerOccupancy() {
	add(a, operation{id: "get-occupancy", method: "GET", path: "/occupancy", who: people}, a.occupancyNow)
	add(a, operation{id: "get-presence", method: "GET", path: "/sites/{slug}/presence", who: staff}, a.presence)
	add(a, operation{id: "list-passages", method: "GET", path: "/passages", who: staff, faults: rangeFaults}, a.passages)
	add(a, operation{id: "list-visits", method: "GET", path: "/visits", who: staff, faults: rangeFaults}, a.visits)
}

// occupancyNow serves GET /occupancy.
func (a *API) occupancyNow(ctx context.Context, in *Paged) (*body[listOf[siteNowWire]], error) {
	page, err := in.page("occupancy")
	if err != nil {
		return nil, err
	}
	sites, err := a.occupancy.Now(ctx, auth.Principal(ctx))
	if err != nil {
		return nil, err
	}
	sites, next := models.PageOf(sites, page, func(n occupancy.SiteNow) string { return n.Site })
	return newList("occupancy", sites, next, newSiteNowWire), nil
}

// presenceInput is Paged without a usual limit: in an evacuation nobody may be
// missing because none was named.
type presenceInput struct {
	Slug   string `path:"slug"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" doc:"Everybody when absent: this is the evacuation list."`
	Cursor string `query:"cursor" maxLength:"500" doc:"The next_cursor of the page before."`
}

// presence serves GET /sites/{slug}/presence.
func (a *API) presence(ctx context.Context, in *presenceInput) (*body[listOf[presentWire]], error) {
	page, err := Paged{in.Limit, in.Cursor}.page("presence")
	if err != nil {
		return nil, err
	}
	people, err := a.occupancy.Presence(ctx, auth.Principal(ctx), in.Slug)
	if err != nil {
		return nil, err
	}
	if in.Limit == 0 {
		page.Limit = len(people)
	}
	people, next := models.PageOf(people, page, func(p occupancy.Present) string { return p.Subject })
	return newList("presence", people, next, newPresentWire), nil
}

// historyInput narrows what happened at a site.
type historyInput struct {
	Paged
	Site   string  `query:"site" required:"true" maxLength:"64"`
	From   Instant `query:"from" doc:"24 hours before to when absent."`
	To     Instant `query:"to" doc:"Now when absent."`
	Holder string  `query:"holder" doc:"A member's id."`
}

// filter reads which part of the history is asked for.
func (in historyInput) filter(now time.Time) (models.PassageFilter, error) {
	f := models.PassageFilter{Site: in.Site, Period: models.Period{StartsAt: in.From.UTC(), EndsAt: in.To.UTC()}}
	if in.To.IsZero() {
		f.Period.EndsAt = now.Add(time.Second)
	}
	if in.From.IsZero() {
		f.Period.StartsAt = f.Period.EndsAt.Add(-24 * time.Hour)
	}
	if !f.Period.EndsAt.After(f.Period.StartsAt) {
		return f, models.ErrEndsBeforeStart.On("to")
	}
	var err error
	f.Holder, err = parseOptionalID("holder", in.Holder)
	return f, err
}

// passageWire is one decided scan.
type passageWire struct {
	ID         string      `json:"id"`
	Site       string      `json:"site"`
	Gate       *string     `json:"gate" doc:"Null where nobody scanned: staff, or the end of the day."`
	At         time.Time   `json:"at"`
	Direction  string      `json:"direction" enum:"entry,exit"`
	Decision   string      `json:"decision" enum:"allow,warn,deny"`
	Reason     string      `json:"reason"`
	PassID     string      `json:"pass_id"`
	Holder     *holderWire `json:"holder"`
	Zone       int         `json:"zone"`
	Offline    bool        `json:"offline" doc:"Decided by the gate itself."`
	Flags      []string    `json:"flags"`
	ReasonText string      `json:"reason_text" doc:"What staff wrote."`
	Staff      *string     `json:"staff" doc:"Who did it by hand."`
}

func newPassageWire(e occupancy.PassageEntry) passageWire {
	out := passageWire{
		ID: e.ID, Site: e.Site, At: e.At(), Direction: e.Direction, Decision: e.Decision, Reason: e.Reason,
		PassID: e.PassID, Zone: e.ZoneID, Offline: !e.Online, Flags: append([]string{}, e.Flags...), ReasonText: e.ReasonText,
		Gate: idOrNil(e.GateID), Staff: idOrNil(e.StaffID),
	}
	if e.Subject != "" {
		h := newHolderWire(e.Holder)
		out.Holder = &h
	}
	return out
}

// passages serves GET /passages.
func (a *API) passages(ctx context.Context, in *historyInput) (*body[listOf[passageWire]], error) {
	page, err := in.page("passages")
	if err != nil {
		return nil, err
	}
	f, err := in.filter(a.store.Now())
	if err != nil {
		return nil, err
	}
	rows, next, err := a.occupancy.Passages(ctx, auth.Principal(ctx), f, page)
	if err != nil {
		return nil, err
	}
	return newList("passages", rows, next, newPassageWire), nil
}

// visitWire is a stay between an entry and an exit.
type visitWire struct {
	Holder    holderWire `json:"holder"`
	Site      string     `json:"site"`
	Zone      int        `json:"zone"`
	EnteredAt time.Time  `json:"entered_at"`
	LeftAt    *time.Time `json:"left_at" doc:"Null while it lasts."`
	ClosedBy  *string    `json:"closed_by" enum:"scan,inferred,auto,staff" nullable:"true"`
	Flags     []string   `json:"flags"`
}

func newVisitWire(v occupancy.VisitEntry) visitWire {
	out := visitWire{
		Holder: newHolderWire(v.Holder), Site: v.Site, Zone: v.ZoneID, EnteredAt: time.UnixMilli(v.EnteredMS).UTC(),
		Flags: append([]string{}, v.Flags...),
	}
	if v.LeftMS != nil {
		left := time.UnixMilli(*v.LeftMS).UTC()
		out.LeftAt, out.ClosedBy = &left, &v.ClosedBy
	}
	return out
}

// visits serves GET /visits.
func (a *API) visits(ctx context.Context, in *historyInput) (*body[listOf[visitWire]], error) {
	page, err := in.page("visits")
	if err != nil {
		return nil, err
	}
	f, err := in.filter(a.store.Now())
	if err != nil {
		return nil, err
	}
	rows, next, err := a.occupancy.Visits(ctx, auth.Principal(ctx), f, page)
	if err != nil {
		return nil, err
	}
	return newList("visits", rows, next, newVisitWire), nil
}
