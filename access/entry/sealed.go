package entry

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

const (
	stateDomain    = "kyoten-state-v1\x00"
	handoverDomain = "kyoten-state-key-v1\x00"
)

// Why an agent refuses a state. It keeps the one it has and reports the refusal.
var (
	ErrStateSignature = errors.New("entry: the state is not signed by the pinned key")
	ErrStateOlder     = errors.New("entry: the state is older than the one held")
	ErrStateForeign   = errors.New("entry: the state is for another site or gate")
	ErrStateBroken    = errors.New("entry: the state cannot be read")
)

// Handover carries trust from one state key to the next: the old key signs the
// new one, so that a gate that pinned the old one follows without enrolling anew.
type Handover struct {
	Key       Bytes `json:"key"`
	Signature Bytes `json:"signature"`
}

// NewHandover returns the handover from the key old to the key next.
func NewHandover(old ed25519.PrivateKey, next ed25519.PublicKey) Handover {
	return Handover{Key: Bytes(next), Signature: ed25519.Sign(old, append([]byte(handoverDomain), next...))}
}

// from reports whether the key old signed this handover.
func (h Handover) from(old ed25519.PublicKey) bool {
	return verifyEd25519(old, append([]byte(handoverDomain), h.Key...), h.Signature)
}

// Seal returns the signed JSON of s: what GET /gate/state answers.
func (s State) Seal(key ed25519.PrivateKey) ([]byte, error) {
	s = s.withLists()
	bare, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write the state: %w", err)
	}
	canonical, err := jcs.Transform(bare)
	if err != nil {
		return nil, fmt.Errorf("canonical form of the state: %w", err)
	}
	s.Signature = ed25519.Sign(key, append([]byte(stateDomain), canonical...))
	return json.Marshal(s)
}

// withLists returns s unsigned and with empty lists in place of none: "[]" is
// what clients of every language read without a special case.
func (s State) withLists() State {
	s.Signature = nil
	s.IssuerKeys, s.Zones = append([]IssuerKey{}, s.IssuerKeys...), append([]Zone{}, s.Zones...)
	s.Revocations, s.Guests = append([]Revocation{}, s.Revocations...), append([]GuestOf{}, s.Guests...)
	s.Holders = append([]Holder{}, s.Holders...)
	return s
}

// OpenState reads a sealed state and returns it with the key it is signed by:
// pinned, or one that handovers lead to from there, which the caller pins next.
// The signature is checked over what was received, so members that this version
// does not know stay covered by it.
func OpenState(sealed []byte, pinned ed25519.PublicKey) (State, ed25519.PublicKey, error) {
	var s State
	canonical, err := canonicalWithout(sealed, "signature")
	if err != nil {
		return State{}, nil, fmt.Errorf("%w: %w", ErrStateBroken, err)
	}
	if err := json.Unmarshal(sealed, &s); err != nil {
		return State{}, nil, fmt.Errorf("%w: %w", ErrStateBroken, err)
	}
	message := append([]byte(stateDomain), canonical...)
	for _, key := range successors(pinned, s.Handovers) {
		if verifyEd25519(key, message, s.Signature) {
			return s, key, nil
		}
	}
	return State{}, nil, ErrStateSignature
}

// successors returns pinned and every key that handovers lead to from it. The
// handovers need no other proof: each is signed by the key before it.
func successors(pinned ed25519.PublicKey, handovers []Handover) []ed25519.PublicKey {
	keys := []ed25519.PublicKey{pinned}
	for _, h := range handovers {
		if h.from(keys[len(keys)-1]) {
			keys = append(keys, ed25519.PublicKey(h.Key))
		}
	}
	return keys
}

// Succeeds reports why s may not take the place of held, the state in use (nil
// when there is none): it must be for the same site and gate, and not older. The
// server signs an unchanged state anew every few minutes, under the same version
// and a later time.
func (s State) Succeeds(held *State) error {
	switch {
	case held == nil:
		return nil
	case s.Site != held.Site || s.Gate.ID != held.Gate.ID:
		return ErrStateForeign
	case s.Version < held.Version, s.Version == held.Version && s.GeneratedAt.Before(held.GeneratedAt):
		return ErrStateOlder
	}
	return nil
}

// canonicalWithout returns the RFC 8785 form of a JSON object without one of its
// members. It refuses what has no canonical form: repeated members, broken UTF-8.
func canonicalWithout(object []byte, member string) ([]byte, error) {
	if !utf8.Valid(object) {
		return nil, errors.New("broken UTF-8")
	}
	if _, err := jcs.Transform(object); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, err
	}
	delete(members, member)
	bare, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(bare)
}
