package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/occupancy"
)

const (
	// lineLasts bounds how long one line stands, so that nobody is told anything
	// for long after their session has ended; a page connects again by itself.
	lineLasts = 10 * time.Minute
	// lineWrite is how long a reader may take to read an event.
	lineWrite = 15 * time.Second
)

// changeWire is what an open page is told: where something changed and, of
// spaces, which and when. It then asks for the part of itself that shows it.
type changeWire struct {
	Site   string     `json:"site"`
	Spaces []heldWire `json:"spaces,omitempty"`
}

type heldWire struct {
	Space string `json:"space"`
	From  int64  `json:"from"` // seconds since 1970
	To    int64  `json:"to"`
}

// live serves GET /live, the events of all sites for one open page.
func (p *Pages) live(v *visit) error {
	return v.line(func(ctx context.Context, tell func(occupancy.LiveEvent) error) error {
		return p.Live.Follow(ctx, v.who, v.r.URL.Query()["site"], tell)
	})
}

// mostBoards is how many screens in lobbies and at doors may have a line at once:
// whoever asks for one is nobody the server knows. A screen beyond asks every few
// seconds instead.
const mostBoards = 500

// boardLive serves GET /board/:site/live, the line of the screens of a site that
// everybody passes by: it says that something they show has changed, not what.
func (p *Pages) boardLive(v *visit) error {
	site, err := v.cat.Site(v.c.Param("site"))
	if err != nil {
		return err
	}
	if p.boards.Add(1) > mostBoards {
		p.boards.Add(-1)
		return models.ErrUnavailable
	}
	defer p.boards.Add(-1)
	return v.line(func(ctx context.Context, tell func(occupancy.LiveEvent) error) error {
		return p.Live.FollowPublic(ctx, site.Slug, tell)
	})
}

// line answers with events for as long as a line lasts.
func (v *visit) line(follow func(context.Context, func(occupancy.LiveEvent) error) error) error {
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that collects an answer would hold the events back
	v.w.WriteHeader(http.StatusOK)
	ctx, cancel := context.WithTimeout(v.ctx(), lineLasts)
	defer cancel()
	line := http.NewResponseController(v.w)
	return follow(ctx, func(e occupancy.LiveEvent) error {
		_ = line.SetWriteDeadline(clock.Now().Add(lineWrite)) // not every connection has deadlines
		if _, err := fmt.Fprint(v.w, eventText(e)); err != nil {
			return models.ErrUnavailable.Because(err)
		}
		return line.Flush()
	})
}

// eventText writes an event as it stands on the line.
func eventText(e occupancy.LiveEvent) string {
	if e.Site == "" {
		return ":\n\n"
	}
	name, wire := "availability", changeWire{Site: e.Site}
	if e.Now != nil {
		name = "occupancy"
	}
	for _, s := range e.Spaces {
		wire.Spaces = append(wire.Spaces, heldWire{s.SpaceID.String(), s.Period.StartsAt.Unix(), s.Period.EndsAt.Unix()})
	}
	data, err := json.Marshal(wire)
	if err != nil {
		return ":\n\n" // strings and numbers cannot fail
	}
	return "event: " + name + "\ndata: " + string(data) + "\n\n"
}
