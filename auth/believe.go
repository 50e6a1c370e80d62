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

// known is what a token said when it was last looked up.
type known struct {
	shown models.Shown
	read  time.Time
}

// know remembers whose a token is.
func (s *Service) know(hash string, shown models.Shown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxKnown {
		clear(s.known)
	}
	s.known[hash] = known{shown, s.now()}
}

// believe takes whoever shows a token for who they were when it was last looked up.
// It reports whether anybody is known by it.
func (s *Service) believe(r *http.Request) (models.Principal, bool) {
	token := bearerToken(r)
	if token == "" || len(token) > maxToken {
		return models.Principal{}, false
	}
	shown, ok := s.knownBy(HashToken(token))
	if !ok {
		return models.Principal{}, false
	}
	p, m := shown.Principal, *shown.Principal.Member
	p.Member = &m
	p.Confirm = func(ctx context.Context) (models.Principal, error) { return s.bearer(ctx, token) }
	return p, true
}

func (s *Service) knownBy(hash string) (models.Shown, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.known[hash]
	now := s.now()
	age := now.Sub(k.read)
	return k.shown, ok && age >= 0 && age < knownFor && (k.shown.ExpiresAt == nil || k.shown.ExpiresAt.After(now))
}
