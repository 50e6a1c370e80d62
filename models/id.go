package models

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// ID is a UUID, version 7 where Kyoten makes it: sortable by time of creation,
// made in Go before the insert. It is not a secret.
type ID = uuid.UUID

// NewID returns a new ID.
func NewID() ID { return uuid.Must(uuid.NewV7()) }

// ParseID returns the ID that s spells in its canonical form of 36 characters.
// Whatever else a client sends names nothing: ErrNotFound.
func ParseID(s string) (ID, error) {
	if len(s) != 36 {
		return ID{}, ErrNotFound
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return ID{}, ErrNotFound
	}
	return id, nil
}

// newHandle returns eight random bytes that are not all zero as 16 lower-case
// hex digits: the form of pass ids and subjects (docs/access.md).
func newHandle() string {
	b := randomHandle()
	return hex.EncodeToString(b[:])
}

func randomHandle() (b [8]byte) {
	for b == [8]byte{} {
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	}
	return b
}

// newPassID returns a handle for a pass. Its first bit is set in that of an
// identity pass alone, by which gates know one they were never told of.
func newPassID(kind PassKind) string {
	for {
		b := randomHandle()
		if identity := b[0]&0x80 != 0; identity == (kind == PassIdentity) {
			return hex.EncodeToString(b[:])
		}
	}
}

// referenceAlphabet is Crockford's Base32: no I, L, O or U to be misread.
const referenceAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newReference returns a booking reference people can read out: eight characters
// in two groups, 40 random bits, unique by a constraint of the database.
func newReference() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	out := make([]byte, 0, 9)
	for i, c := range b {
		if i == 4 {
			out = append(out, '-')
		}
		out = append(out, referenceAlphabet[c&31])
	}
	return string(out)
}

// referenceIn returns the booking reference that somebody typed as they heard or
// read it: without the hyphen, full-width, O for 0. Other texts are no reference.
func referenceIn(text string) string {
	text = strings.ToUpper(PlainWidth(text))
	text = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(text)
	if len(text) == 8 && !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
		return text[:4] + "-" + text[4:]
	}
	return text
}

// Strings is a list of words kept as a JSON array.
type Strings []string

// Value returns the JSON text.
func (s Strings) Value() (driver.Value, error) {
	if s == nil {
		return "[]", nil
	}
	b, err := json.Marshal([]string(s))
	return string(b), err
}

// Scan reads the JSON text.
func (s *Strings) Scan(src any) error {
	var b []byte
	switch v := src.(type) {
	case string:
		b = []byte(v)
	case []byte:
		b = v
	case nil:
		*s = nil
		return nil
	default:
		return fmt.Errorf("scan %T as a list of words", src)
	}
	return json.Unmarshal(b, (*[]string)(s))
}
