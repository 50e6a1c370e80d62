package auth

import (
	"context"
	"net/http"
	"time"

	"kyoten/models"
)

// knownFor is how long it is remembered whose a token was. That it still is theirs
// is looked up by whoever acts for them, so this bounds memory and when a use is
// noted, not what anybody may do.
const knownFor = 30 * time.Minute

// maxKnown bounds the memory; more people than that do not book within half an hour.
const maxKnown = 10_000

// believe takes whoever shows a token for who they were when it was last looked up.
// It reports whether anybody is known by it.
func (s *Service) believe(r *http.Request) (models.Principal, bool) {
	token := bearerToken(r)
	if token == "" || len(token) > maxToken {
		return models.Principal{}, false
	}
	now := s.now()
	shown, ok := s.known.recall(HashToken(token), now)
	if !ok || shown.ExpiresAt != nil && !shown.ExpiresAt.After(now) {
		return models.Principal{}, false
	}
	p, m := shown.Principal, *shown.Principal.Member
	p.Member = &m
	p.Confirm = func(ctx context.Context) (models.Principal, error) { return s.bearer(ctx, token) }
	return p, true
}
