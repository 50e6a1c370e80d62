package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/models"
	"kyoten/occupancy"
)

// liveLasts bounds how long one line stands, so that nobody is told anything for
// long after their session or token has ended.
const liveLasts = 10 * time.Minute

func (a *API) registerLive() {
	add(a, operation{id: "follow-site", method: "GET", path: "/sites/{slug}/live", who: people}, a.followSite)
}

// heldWire is a space whose holds have changed, and for when.
type heldWire struct {
	Space    string    `json:"space"`
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
}

// availabilityEvent says what may be free or taken now; without spaces, all of it.
type availabilityEvent struct {
	Site   string     `json:"site"`
	Spaces []heldWire `json:"spaces,omitempty"`
}

// followSite serves GET /sites/{slug}/live.
func (a *API) followSite(ctx context.Context, in *SlugInput) (*huma.StreamResponse, error) {
	cat, err := a.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := cat.Site(in.Slug); err != nil {
		return nil, err
	}
	who := auth.Principal(ctx)
	return &huma.StreamResponse{Body: func(stream huma.Context) {
		line, cancel := context.WithTimeout(stream.Context(), liveLasts)
		defer cancel()
		out := newEvents(stream)
		err := a.live.Follow(line, who, []string{in.Slug}, func(e occupancy.LiveEvent) error {
			event, err := liveEvent(e)
			if err != nil {
				return err
			}
			if err := out.tell(event); err != nil {
				return models.ErrUnavailable.Because(err) // who is gone is no failure of ours
			}
			return nil
		})
		if err != nil && line.Err() == nil && fault.From(err).Kind == fault.Internal {
			httpkit.NoteError(ctx, err)
		}
	}}, nil
}

// liveEvent writes what a reader is told.
func liveEvent(e occupancy.LiveEvent) (access.StreamEvent, error) {
	if e.Site == "" {
		return access.StreamEvent{}, nil
	}
	if e.Now != nil {
		data, err := json.Marshal(newSiteNowWire(*e.Now))
		return access.StreamEvent{Name: "occupancy", Data: data}, err
	}
	wire := availabilityEvent{Site: e.Site}
	for _, s := range e.Spaces {
		wire.Spaces = append(wire.Spaces, heldWire{s.SpaceID.String(), s.Period.StartsAt, s.Period.EndsAt})
	}
	data, err := json.Marshal(wire)
	return access.StreamEvent{Name: "availability", Data: data}, err
}
