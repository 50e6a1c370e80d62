package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/models"
)

// ErrPasskeyExpired means that the question a device answers was answered before,
// is too old, or was put to another browser.
var ErrPasskeyExpired = fault.New(fault.Conflict, "passkey_expired", "that took too long, please try again")

// challengeLife is how long a device has to answer. A sign-in page that offers
// passkeys as its field is filled in asks again before that.
const challengeLife = 10 * time.Minute

// challengeName is the cookie that binds a question to the browser it was put to.
func challengeName(r *http.Request) string {
	if httpkit.Secure(r) {
		return "__Host-kyoten_challenge"
	}
	return "kyoten_challenge"
}

// challengeCookie returns the cookie with the token; "" takes it off. Strict: the
// answer comes from a page of ours.
func challengeCookie(r *http.Request, token string) *http.Cookie {
	c := &http.Cookie{
		Name: challengeName(r), Value: token, Path: "/", MaxAge: int(challengeLife.Seconds()),
		HttpOnly: true, Secure: httpkit.Secure(r), SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// Question is what a page hands to the browser's navigator.credentials, and the
// cookie that goes with it.
type Question struct {
	Options map[string]any
	Cookie  *http.Cookie
}

// ask keeps what the answer is checked against and returns the question.
func (s *Service) ask(ctx context.Context, r *http.Request, member *models.ID, options any, session *webauthn.SessionData) (Question, error) {
	q := Question{}
	raw, err := json.Marshal(options)
	if err == nil {
		err = json.Unmarshal(raw, &q.Options)
	}
	kept, err2 := json.Marshal(session)
	if err := errors.Join(err, err2); err != nil {
		return q, fmt.Errorf("write challenge: %w", err)
	}
	token := newToken(challengePrefix)
	q.Cookie = challengeCookie(r, token)
	return q, s.store.InsertChallenge(ctx, &models.Challenge{
		TokenHash: HashToken(token), MemberID: member, Session: string(kept), ExpiresAt: s.store.Now().Add(challengeLife),
	})
}

// asked takes the question that the browser was given, which nobody can answer
// again, whatever becomes of this answer. member is who adds a passkey, nil for a
// sign-in.
func (s *Service) asked(ctx context.Context, r *http.Request, member *models.ID) (session webauthn.SessionData, err error) {
	cookie, err := r.Cookie(challengeName(r))
	if err != nil {
		return session, ErrPasskeyExpired
	}
	kept, err := s.store.TakeChallenge(ctx, HashToken(cookie.Value))
	switch {
	case errors.Is(err, models.ErrNotFound):
		return session, ErrPasskeyExpired
	case err != nil:
		return session, err
	case (kept.MemberID == nil) != (member == nil), member != nil && *kept.MemberID != *member:
		return session, ErrPasskeyExpired
	}
	if err := json.Unmarshal([]byte(kept.Session), &session); err != nil {
		return session, fmt.Errorf("read challenge: %w", err)
	}
	return session, nil
}
