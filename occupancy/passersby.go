package occupancy

import (
	"context"
	"slices"
	"time"

	"kyoten/models"
)

// boardReach is how far ahead a screen in a lobby looks: the rest of the day.
const boardReach = 24 * time.Hour

// FollowPublic tells whoever stands in the lobby of a site that what they may see
// has changed, and never what: that a space everybody may book is held anew or no
// more within a day, or how many such are held now. Who comes and goes is no news
// for them, nor is anything behind a company's door.
func (l *Live) FollowPublic(ctx context.Context, site string, tell func(LiveEvent) error) error {
	var known *SiteNow
	f := &follower{sites: []string{site}}
	f.tell = func(e LiveEvent) error {
		switch {
		case e.Now != nil:
			now := SiteNow{Seats: Counts{e.Now.Seats.Total, e.Now.Seats.Booked, 0}, Rooms: Counts{e.Now.Rooms.Total, e.Now.Rooms.Booked, 0}}
			if known != nil && now == *known {
				return nil
			}
			known = &now
		case e.Spaces != nil && !slices.ContainsFunc(e.Spaces, l.soon):
			return nil
		}
		return tell(LiveEvent{Site: e.Site})
	}
	f.last = map[string]SiteNow{}
	return l.attend(ctx, f, func() error {
		cat, err := l.service.store.Catalogue(ctx)
		if err != nil {
			return err
		}
		now, err := l.service.snapshot(ctx)
		if err != nil {
			return err
		}
		return f.counts(now.seenBy(cat, f.p))
	})
}

// soon reports whether a hold is within what a screen in a lobby shows.
func (l *Live) soon(hold models.SpaceClaim) bool {
	now := l.service.store.Now()
	return hold.Period.Overlaps(models.Period{StartsAt: now, EndsAt: now.Add(boardReach)})
}
