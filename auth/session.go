package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"kyoten/models"
)

// sessionLife is how long a session lasts after its last use.
const sessionLife = 30 * 24 * time.Hour

// SignIn is a successful sign-in: the token goes to the client, its hash stays.
type SignIn struct {
	Token     string
	ExpiresAt time.Time
	Principal models.Principal
}

// Start opens a session for a member who has shown who they are.
func (s *Service) Start(ctx context.Context, m models.Member, userAgent string) (SignIn, error) {
	return s.start(ctx, m, userAgent, nil)
}

// start is Start with what the audit log keeps of how they have shown it.
func (s *Service) start(ctx context.Context, m models.Member, userAgent string, how map[string]any) (SignIn, error) {
	p, err := s.store.PrincipalOf(ctx, m)
	if err != nil {
		return SignIn{}, err
	}
	now := s.store.Now()
	in := SignIn{Token: newToken(sessionPrefix), ExpiresAt: now.Add(sessionLife), Principal: p}
	session := models.Session{
		TokenHash: HashToken(in.Token), MemberID: m.ID, UserAgent: shorten(userAgent, 200),
		LastUsedAt: now, ExpiresAt: in.ExpiresAt,
	}
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.InsertSession(ctx, &session); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "session.start", "session", session.ID.String(), "", how)
	})
	in.Principal.SessionID = session.ID
	return in, err
}

// SignOut ends the session the caller came with. Whoever came with a personal
// token has no session to end.
func (s *Service) SignOut(ctx context.Context, p models.Principal) error {
	err := s.EndSession(ctx, p, p.SessionID)
	if errors.Is(err, models.ErrNotFound) {
		return nil // ended meanwhile, which is what was wanted
	}
	return err
}

// EndSession ends one of the caller's sessions, here or on another device;
// [models.ErrNotFound] when it is not theirs.
func (s *Service) EndSession(ctx context.Context, p models.Principal, id models.ID) error {
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.DeleteSession(ctx, p.Member.ID, id); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "session.end", "session", id.String(), "", nil)
	})
}

// session returns the member whose session the token names.
func (s *Service) session(ctx context.Context, token string) (models.Principal, error) {
	now := s.store.Now()
	hash := HashToken(token)
	shown, err := s.store.ShownSession(ctx, hash)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return models.Principal{}, ErrUnauthenticated
	case err != nil:
		return models.Principal{}, err
	case !shown.ExpiresAt.After(now), !shown.Principal.Member.Active():
		return models.Principal{}, ErrUnauthenticated
	}
	s.use(shown.Principal.SessionID, true, shown.UsedAt)
	s.known.keep(hash, shown, s.now())
	return shown.Principal, nil
}

// shorten returns at most the first n letters of text, made valid UTF-8: a header
// may hold any bytes.
func shorten(text string, n int) string {
	letters := []rune(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "?"))
	return string(letters[:min(n, len(letters))])
}
