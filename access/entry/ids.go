package entry

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// PassID names a pass: eight random bytes, shown as 16 lower-case hex digits. It
// is what logs, passages and revocations carry in place of the code itself.
type PassID uint64

// NeedsBooking reports whether the pass is an identity pass, which opens only
// together with a booking. The first bit of its id says so: a gate without its
// server must know it of passes, too, that were made after its state was.
func (id PassID) NeedsBooking() bool { return id>>63 == 1 }

// Subject is an opaque, random handle of a holder, renewed at least every 90
// days. Only the server knows the person behind it.
type Subject uint64

// ZoneID names a zone in codes and in JSON; 0 stands for none, or for outside.
type ZoneID uint32

// CompanyID names a company in codes and in JSON; 0 stands for none.
type CompanyID uint32

// KeyID names an issuer key; 0 is never in use.
type KeyID uint16

var errHexID = errors.New("an id is 16 lower-case hex digits")

// NewPassID draws the id of a pass that needs no booking.
func NewPassID() PassID {
	for {
		if id := PassID(randomID()); !id.NeedsBooking() {
			return id
		}
	}
}

// NewSubject draws a handle for a holder.
func NewSubject() Subject { return Subject(randomID()) }

// randomID returns eight random bytes that are not all zero: 0 means "none".
func randomID() uint64 {
	var b [8]byte
	for {
		rand.Read(b[:]) // never fails: crypto/rand would end the program instead
		if id := binary.BigEndian.Uint64(b[:]); id != 0 {
			return id
		}
	}
}

// ParsePassID reads 16 lower-case hex digits; the empty text is no pass, 0.
func ParsePassID(s string) (PassID, error) {
	n, err := parseHexID(s)
	return PassID(n), err
}

// ParseSubject reads 16 lower-case hex digits; the empty text is nobody, 0.
func ParseSubject(s string) (Subject, error) {
	n, err := parseHexID(s)
	return Subject(n), err
}

// parseHexID also takes the empty text, for "none": an event about a scan that
// named nobody may say so with it.
func parseHexID(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil || formatHexID(n) != s { // one spelling only
		return 0, errHexID
	}
	return n, nil
}

func formatHexID(n uint64) string { return fmt.Sprintf("%016x", n) }

// String returns 16 lower-case hex digits.
func (id PassID) String() string { return formatHexID(uint64(id)) }

// MarshalText writes 16 lower-case hex digits.
func (id PassID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads 16 lower-case hex digits.
func (id *PassID) UnmarshalText(b []byte) (err error) {
	*id, err = ParsePassID(string(b))
	return err
}

// String returns 16 lower-case hex digits.
func (s Subject) String() string { return formatHexID(uint64(s)) }

// MarshalText writes 16 lower-case hex digits.
func (s Subject) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads 16 lower-case hex digits.
func (s *Subject) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSubject(string(b))
	return err
}

// Bytes are keys and signatures: base64url without padding in JSON.
type Bytes []byte

// String returns base64url without padding.
func (b Bytes) String() string { return base64.RawURLEncoding.EncodeToString(b) }

// MarshalText writes base64url without padding.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads base64url without padding.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = base64.RawURLEncoding.Strict().DecodeString(string(text))
	return err
}
