package entry

import (
	"encoding/binary"
	"errors"
	"time"
)

// Type is the first byte of a body: the format version (high nibble) and whether
// the code is static or live.
type Type byte

// The types of format version 1.
const (
	Static Type = 0x11 // on paper, in mail, for guests: a bearer credential
	Live   Type = 0x12 // on a member's phone, new every 15 seconds
)

// Flags are the conditions a pass carries with it.
type Flags byte

// The flags of format version 1; every other bit is zero.
const (
	OneEntry     Flags = 1 << iota // opens each zone it names once
	Guest                          // the holder is a guest of a member
	HostRequired                   // only while the host is inside
	Staff                          // may enter company zones
	LiveRequired                   // a printed code is not enough
	allFlags     = OneEntry | Guest | HostRequired | Staff | LiveRequired
)

// Has reports whether every flag of want is set.
func (f Flags) Has(want Flags) bool { return f&want == want }

// Body is the signed statement of an entry code: one holder may be in one or two
// zones for a time. Check tells whether its fields obey the format's rules.
type Body struct {
	Type      Type
	Key       KeyID // the issuer key that signs it
	Pass      PassID
	Subject   Subject
	Company   CompanyID
	Flags     Flags
	NotBefore time.Time     // whole seconds, early grace included; inclusive
	Lifetime  time.Duration // whole seconds, late grace included; its end is exclusive
	Zones     [2]ZoneID     // ascending; the second is 0 when there is only one
}

const (
	bodySize    = 39
	maxLifetime = 1<<24 - 1 // seconds that three bytes hold: 194 days
)

var errBody = errors.New("entry: the body breaks a rule of the format")

// End returns the first instant at which the pass no longer holds.
func (b Body) End() time.Time { return b.NotBefore.Add(b.Lifetime) }

// Check reports a body that the format does not allow. An issuer checks before
// it signs, so a signed body that fails is an issuer's bug.
func (b Body) Check() error {
	ok := (b.Type == Static || b.Type == Live) &&
		b.Key != 0 && b.Pass != 0 && b.Subject != 0 && b.Flags&^allFlags == 0 &&
		wholeSeconds(b.NotBefore.Unix(), 1<<32-1) && b.NotBefore.Nanosecond() == 0 &&
		b.Lifetime > 0 && b.Lifetime%time.Second == 0 && wholeSeconds(int64(b.Lifetime/time.Second), maxLifetime) &&
		b.Zones[0] != 0 && (b.Zones[1] == 0 || b.Zones[1] > b.Zones[0])
	if !ok {
		return errBody
	}
	return nil
}

func wholeSeconds(n, most int64) bool { return n >= 0 && n <= most }

// append writes the 39 bytes of a checked body.
func (b Body) append(to []byte) []byte {
	to = append(to, byte(b.Type))
	to = binary.BigEndian.AppendUint16(to, uint16(b.Key))
	to = binary.BigEndian.AppendUint64(to, uint64(b.Pass))
	to = binary.BigEndian.AppendUint64(to, uint64(b.Subject))
	to = binary.BigEndian.AppendUint32(to, uint32(b.Company))
	to = append(to, byte(b.Flags))
	to = binary.BigEndian.AppendUint32(to, uint32(b.NotBefore.Unix()))
	life := uint32(b.Lifetime / time.Second)
	to = append(to, byte(life>>16), byte(life>>8), byte(life))
	to = binary.BigEndian.AppendUint32(to, uint32(b.Zones[0]))
	return binary.BigEndian.AppendUint32(to, uint32(b.Zones[1]))
}

// readBody reads 39 bytes. Every 39 bytes are some body; Check says whether it
// is one that an issuer may have signed.
func readBody(p []byte) Body {
	u32 := func(at int) uint32 { return binary.BigEndian.Uint32(p[at:]) }
	life := uint32(p[28])<<16 | uint32(p[29])<<8 | uint32(p[30])
	return Body{
		Type:      Type(p[0]),
		Key:       KeyID(binary.BigEndian.Uint16(p[1:])),
		Pass:      PassID(binary.BigEndian.Uint64(p[3:])),
		Subject:   Subject(binary.BigEndian.Uint64(p[11:])),
		Company:   CompanyID(u32(19)),
		Flags:     Flags(p[23]),
		NotBefore: time.Unix(int64(u32(24)), 0).UTC(),
		Lifetime:  time.Duration(life) * time.Second,
		Zones:     [2]ZoneID{ZoneID(u32(31)), ZoneID(u32(35))},
	}
}
