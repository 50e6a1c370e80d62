// Package auth says who is asking: people who sign in by password or passkey,
// their personal tokens, and gates. It turns a request into a models.Principal; what a
// principal may do is decided in models and by the services.
//
// Three kinds of token say who is asking, each 32 random bytes behind a prefix that
// tells them apart, each stored only as its SHA-256: sessions (kys_), personal tokens
// (kyp_), gates (kyg_). Those in links (kyl_) and of questions to a device (kyh_) are
// made and stored in the same way; that of a calendar feed (kyc_) is stored as it is,
// since its address is shown again.
package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"kyoten/internal/clock"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/models"
)

var (
	// ErrUnauthenticated means that nobody is signed in, or that the token shown
	// is not, or no longer, good.
	ErrUnauthenticated = fault.New(fault.Unauthenticated, "unauthenticated", "please sign in")
	// ErrBadCredentials means that the address or the password is wrong, without
	// saying which.
	ErrBadCredentials = fault.New(fault.Unauthenticated, "bad_credentials", "the mail address or the password is not right")
	// ErrTooManyRequests means that there were too many attempts to go on.
	ErrTooManyRequests = fault.New(fault.TooMany, "too_many_requests", "there were too many attempts")
	// ErrLinkExpired means that a one-time link was used before, is too old, or
	// never existed.
	ErrLinkExpired = fault.New(fault.NotFound, "link_expired", "the link was used already or has expired")
	// ErrWeakPassword means that a new password is too easy to guess.
	ErrWeakPassword = fault.New(fault.Invalid, "weak_password", "the password is too short or too easy to guess")
)

// Service knows who is asking.
type Service struct {
	store     *models.Store
	now       clock.Func
	publicURL string        // "" = what requests name; see At
	mails     bool          // leave the server; see Mailing
	vault     Vault         // nil: no mail can be turned off by a link; see Sealing
	slots     chan struct{} // one per password that may be hashed at the same time

	gates memory[cachedGate]
	known memory[models.Shown] // of sessions and personal tokens

	mu   sync.Mutex
	uses map[models.ID]bool // to be noted (NoteUses): of sessions true, of personal tokens false
}

// New returns the service.
func New(store *models.Store, now clock.Func) *Service {
	return &Service{
		store: store, now: now, slots: make(chan struct{}, hashesAtOnce()), uses: map[models.ID]bool{},
		gates: memory[cachedGate]{lasts: gateMemory, most: maxGates}, known: memory[models.Shown]{lasts: knownFor, most: maxKnown},
	}
}

// identity is what a request said about who is asking.
type identity struct {
	principal models.Principal
	err       error
}

type identityKey struct{}

// Middleware finds out who is asking and keeps it in the request's context. It
// refuses nobody: a page and the API answer differently, and public routes need
// no one. Whoever shows a bad bearer token is nobody, and Failure says why.
//
// looks says which requests are served by who looks for themselves whether a
// principal who is only believed is still who they were; nil is none.
func (s *Service) Middleware(looks func(*http.Request) bool) httpkit.Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, ok := models.Principal{}, false
			if looks != nil && looks(r) {
				p, ok = s.believe(r)
			}
			var err error
			if !ok {
				p, err = s.identify(r)
			}
			if p.Member != nil || p.Gate != nil {
				httpkit.NotePrincipal(r.Context(), p.String())
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, identity{p, err})))
		})
	}
}

// Principal returns who is asking; the zero value is nobody.
func Principal(ctx context.Context) models.Principal {
	who, _ := ctx.Value(identityKey{}).(identity)
	return who.principal
}

// Failure returns why nobody could be told from what the request showed:
// ErrUnauthenticated for a bad bearer token, models.ErrUnavailable while the
// database is away. It is nil for a request that showed nothing, or a cookie
// whose session is over.
func Failure(ctx context.Context) error {
	who, _ := ctx.Value(identityKey{}).(identity)
	return who.err
}

// identify prefers the Authorization header: a page cannot be made to send one.
func (s *Service) identify(r *http.Request) (models.Principal, error) {
	if r.Header.Get("Authorization") != "" {
		return s.bearer(r.Context(), bearerToken(r))
	}
	cookie, err := r.Cookie(cookieName(r))
	if err != nil {
		return models.Principal{}, nil //nolint:nilerr // no cookie is no failure: nobody is signed in
	}
	p, err := s.session(r.Context(), cookie.Value)
	if errors.Is(err, ErrUnauthenticated) {
		return models.Principal{}, nil // the browser will ask for a sign-in when it matters
	}
	return p, err
}

// bearerToken returns the token of an Authorization header that has one.
func bearerToken(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// bearer tells the kinds of token apart by their prefix. Gates alone may have
// another one: the demo's tokens are fixed.
func (s *Service) bearer(ctx context.Context, token string) (models.Principal, error) {
	switch {
	case token == "" || len(token) > maxToken:
		return models.Principal{}, ErrUnauthenticated
	case strings.HasPrefix(token, sessionPrefix):
		return s.session(ctx, token)
	case strings.HasPrefix(token, personalPrefix):
		return s.personal(ctx, token)
	}
	return s.gate(ctx, token)
}
