package api

import (
	"context"
	"net/http"
	"time"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
)

// closureWire is a time when a site, a zone or a space cannot be used.
type closureWire struct {
	ID       string    `json:"id"`
	Site     string    `json:"site"`
	Zone     *int      `json:"zone"`
	Space    *string   `json:"space"`
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
	Reason   string    `json:"reason"`
}

func newClosureWire(c models.Closure) closureWire {
	return closureWire{c.ID.String(), c.Site, c.ZoneID, idOrNil(c.SpaceID), c.StartsAt, c.EndsAt, c.Reason}
}

func (a *API) registerClosures() {
	add(a, operation{id: "list-closures", method: "GET", path: "/closures", who: people, faults: rangeFaults}, a.closures)
	add(a, operation{id: "get-closure", method: "GET", path: "/closures/{id}", who: people}, a.closure)
	add(a, operation{id: "delete-closure", method: "DELETE", path: "/closures/{id}", who: staff, status: http.StatusNoContent}, a.deleteClosure)
}

// RangeInput asks for what overlaps a time.
type RangeInput struct {
	From Instant `query:"from"`
	To   Instant `query:"to"`
}

// longestRange is the widest range of a list.
const longestRange = 366 * 24 * time.Hour

// rangeFaults are those of a list within a range and of a site.
var rangeFaults = []*fault.Fault{models.ErrNotFound, models.ErrEndsBeforeStart, models.ErrOutOfRange}

// period returns the time asked for: what is not said is usual before or after
// now.
func (in *RangeInput) period(now time.Time, usual time.Duration) (models.Period, error) {
	p := models.Period{StartsAt: in.From.UTC(), EndsAt: in.To.UTC()}
	switch {
	case in.From.IsZero() && in.To.IsZero():
		p = models.Period{StartsAt: now, EndsAt: now.Add(usual)}
	case in.From.IsZero():
		p.StartsAt = p.EndsAt.Add(-usual)
	case in.To.IsZero():
		p.EndsAt = p.StartsAt.Add(usual)
	}
	switch {
	case !p.EndsAt.After(p.StartsAt):
		return p, models.ErrEndsBeforeStart.On("to")
	case p.EndsAt.Sub(p.StartsAt) > longestRange:
		return p, models.ErrOutOfRange.On("to")
	}
	return p, nil
}

// closuresInput asks for closures.
type closuresInput struct {
	AtSiteInput
	RangeInput
}

// closures serves GET /closures: those of the coming 90 days unless a time is
// given.
func (a *API) closures(ctx context.Context, in *closuresInput) (*body[listOf[closureWire]], error) {
	page, err := in.page("closures")
	if err != nil {
		return nil, err
	}
	period, err := in.period(a.store.Now(), 90*24*time.Hour)
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := in.siteNames(at.cat); err != nil {
		return nil, err
	}
	rows, next, err := a.store.ClosuresBetween(ctx, in.Site, period, page)
	if err != nil {
		return nil, err
	}
	seen := rows[:0]
	for _, c := range rows {
		if at.p.SeesClosure(at.cat, c) {
			seen = append(seen, c)
		}
	}
	return newList("closures", seen, next, newClosureWire), nil
}

// closure serves GET /closures/{id}.
func (a *API) closure(ctx context.Context, in *IDInput) (*versioned[closureWire], error) {
	c, err := a.seenClosure(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &versioned[closureWire]{etag(c.Version), newClosureWire(c)}, nil
}

func (a *API) seenClosure(ctx context.Context, id string) (models.Closure, error) {
	parsed, err := models.ParseID(id)
	if err != nil {
		return models.Closure{}, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return models.Closure{}, err
	}
	c, err := a.store.Closure(ctx, parsed)
	if err == nil && !at.p.SeesClosure(at.cat, c) {
		err = models.ErrNotFound
	}
	return c, err
}

// deleteClosure serves DELETE /closures/{id}: the place can be booked again.
func (a *API) deleteClosure(ctx context.Context, in *IDInput) (*nothing, error) {
	c, err := a.seenClosure(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.places.DeleteClosure(ctx, auth.Principal(ctx), c)
}
