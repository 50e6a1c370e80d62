// Package fault is the one error type that leaves a package of Kyoten on
// purpose: a failure with a kind, a stable code and an English sentence.
//
// Each fault is declared once, as a package variable, by the package that owns
// the rule. The code is what clients rely on (it stands in RFC 9457 problem
// details), and it is also the key under which internal/locale keeps the
// translated title and detail.
package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Kind says what sort of failure a Fault is. An adapter (api, web) maps each
// kind to one status; nothing else in the tree names a status for a failure.
type Kind uint8

// The kinds. The zero value is Internal, so that a forgotten kind never tells a
// client more than "something went wrong here".
const (
	Internal        Kind = iota // our mistake: the text never leaves the server
	BadRequest                  // not understandable at all: broken JSON, broken UTF-8
	Invalid                     // understood, but against a rule
	Unauthenticated             // nobody is signed in, or the credentials are wrong
	Forbidden                   // known to the caller, but not allowed
	NotFound                    // does not exist, or the caller may not know of it
	NotAllowed                  // the route exists, the method does not
	Conflict                    // against something that is already there
	Stale                       // changed by somebody else in the meantime
	TooLarge                    // the body is over the limit
	Unsupported                 // the media type is not understood
	TooMany                     // throttled
	Unavailable                 // the database or another need is away for now
)

// Fault is a failure that callers may tell apart by its code. It is immutable:
// On, Saying, With and Because return changed
// copies.
type Fault struct {
	Kind    Kind
	Code    string         // stable, snake_case, unique in the program
	Message string         // one English sentence without a full stop
	Pointer string         // JSON pointer or field name of the input at fault, or ""
	Why     string         // what is wrong with that input: the key of a sentence (input.WHY), or ""
	Data    map[string]any // values a translated sentence may name, and extra members of a problem
	cause   error
}

var (
	mu       sync.Mutex
	declared = map[string]*Fault{}
)

// New declares a fault. It is meant for package variables and panics when the
// code is declared twice, which a start of the program or any test would show.
func New(kind Kind, code, message string) *Fault {
	f := &Fault{Kind: kind, Code: code, Message: message}
	mu.Lock()
	defer mu.Unlock()
	if declared[code] != nil {
		panic("fault: code declared twice: " + code)
	}
	declared[code] = f
	return f
}

// All returns every declared fault in order of its code, for the tests and
// documents that must name each of them.
func All() []*Fault {
	mu.Lock()
	defer mu.Unlock()
	all := make([]*Fault, 0, len(declared))
	for _, f := range declared {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *Fault) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// ErrInternal is what From makes of an error nobody declared.
var ErrInternal = New(Internal, "internal", "something went wrong on our side")

// ErrUnavailable means that something the answer needs does not answer for now.
var ErrUnavailable = New(Unavailable, "unavailable", "the service is away for a moment, please try again")

// From returns the Fault in err's chain. An error without one becomes
// ErrInternal with err as its cause; nil gives nil. What was given up, because
// whoever asked has gone or the time for it was over, is no failure of ours.
func From(err error) *Fault {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return ErrUnavailable.Because(err)
	}
	return ErrInternal.Because(err)
}

// On returns a copy that names the input at fault, for example "ends_at" or
// "spaces/0".
func (f *Fault) On(pointer string) *Fault {
	c := *f
	c.Pointer = pointer
	return &c
}

// Saying returns a copy that says what is wrong with the input it names: the
// sentence under input.WHY takes the place of the fault's own, which says no more
// than that something is.
func (f *Fault) Saying(why string) *Fault {
	c := *f
	c.Why = why
	return &c
}

// With returns a copy that carries a value under key, for the translated
// sentence (for example the closing time) and for the answer's extra members.
func (f *Fault) With(key string, value any) *Fault {
	c := *f
	c.Data = make(map[string]any, len(f.Data)+1)
	for k, v := range f.Data {
		c.Data[k] = v
	}
	c.Data[key] = value
	return &c
}

// Because returns a copy that keeps cause for the log. The cause is never shown
// to a client.
func (f *Fault) Because(cause error) *Fault {
	c := *f
	c.cause = cause
	return &c
}

// Error returns the sentence, the input it names and the cause.
func (f *Fault) Error() string {
	s := f.Message
	if f.Pointer != "" {
		s = fmt.Sprintf("%s: %s", f.Pointer, s)
	}
	if f.cause != nil {
		s = fmt.Sprintf("%s: %v", s, f.cause)
	}
	return s
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Is reports whether target is a Fault of the same code, so that
// errors.Is(err, ErrSpaceTaken) holds for every copy.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code
}
