package entry

import "time"

// Mode is how a site's entrances behave.
type Mode string

// The modes. In lockdown and evacuation nobody enters; everybody may leave.
const (
	Normal     Mode = "normal"
	Lockdown   Mode = "lockdown"
	Evacuation Mode = "evacuation"
)

// Passback is what a zone does about an entry by somebody who is recorded as
// inside it already.
type Passback string

// The kinds of anti-passback.
const (
	PassbackOff   Passback = "off"
	PassbackWarns Passback = "soft"  // opens and warns
	PassbackTimed Passback = "timed" // refuses for a while after the last entry
	PassbackHard  Passback = "hard"  // refuses until the exit is recorded
)

// State is what a gate must know to decide without the server. The server signs
// it; it holds no secret and no name.
type State struct {
	Version     int64        `json:"version"` // rises with every change of what the state says
	GeneratedAt time.Time    `json:"generated_at"`
	Site        string       `json:"site"`
	Gate        Gate         `json:"gate"` // the gate that asked
	IssuerKeys  []IssuerKey  `json:"issuer_keys"`
	Zones       []Zone       `json:"zones"`
	Revocations []Revocation `json:"revocations"`
	Guests      []GuestOf    `json:"guests"`
	Holders     []Holder     `json:"holders"`
	Identities  []Identity   `json:"identities,omitempty"`
	Mode        Mode         `json:"mode"`
	Closings    []time.Time  `json:"closings,omitempty"`   // when days end at the site, as far ahead as a gate may be alone
	Handovers   []Handover   `json:"handovers,omitempty"`  // from each old state key to the next
	Canary      string       `json:"canary,omitempty"`     // see SelfTest
	AuditHead   string       `json:"audit_head,omitempty"` // SEQ:HASH, for gates to keep: see docs/operations.md
	Signature   Bytes        `json:"signature,omitempty"`
}

// IssuerKey is the public half of a key that signs codes, and when it is in force.
type IssuerKey struct {
	KID       KeyID     `json:"kid"`
	PublicKey Bytes     `json:"public_key"`
	NotBefore time.Time `json:"not_before,omitzero"`
	NotAfter  time.Time `json:"not_after,omitzero"`
	Revoked   bool      `json:"revoked"`
}

// Zone is a part of the site behind a door. Zones nest by Parent.
type Zone struct {
	ID           ZoneID    `json:"id"`
	Parent       ZoneID    `json:"parent"`
	Company      CompanyID `json:"company"` // the company it belongs to, 0 for a common zone
	LiveRequired bool      `json:"live_required"`
	AntiPassback Passback  `json:"anti_passback"`
	TimedMinutes int       `json:"anti_passback_minutes,omitempty"` // for timed; 0 means DefaultTimedMinutes
	Capacity     int       `json:"capacity"`                        // 0 means no limit
	OfflineHours int       `json:"offline_hours"`                   // 0 means the default of its kind
}

// Defaults of zones that say nothing.
const (
	DefaultTimedMinutes        = 15
	DefaultOfflineHours        = 72
	DefaultCompanyOfflineHours = 24
)

// OfflineLimit returns how old a state may be for an entry into the zone.
func (z Zone) OfflineLimit() time.Duration {
	switch {
	case z.OfflineHours > 0:
		return time.Duration(z.OfflineHours) * time.Hour
	case z.Company != 0:
		return DefaultCompanyOfflineHours * time.Hour
	}
	return DefaultOfflineHours * time.Hour
}

// timedFor returns how long timed anti-passback refuses after an entry.
func (z Zone) timedFor() time.Duration {
	if z.TimedMinutes > 0 {
		return time.Duration(z.TimedMinutes) * time.Minute
	}
	return DefaultTimedMinutes * time.Minute
}

// Revocation ends the effect of one pass, of every pass of a subject, or of
// every pass of a company. Exactly one of the three is set.
type Revocation struct {
	Pass    PassID    `json:"pass,omitzero"`
	Subject Subject   `json:"subject,omitzero"`
	Company CompanyID `json:"company,omitzero"`
	Until   time.Time `json:"until,omitzero"` // zero: until lifted
}

// GuestOf says whose guest a subject is. Company is the host's, which lets the
// guest into that company's zone.
type GuestOf struct {
	Subject Subject   `json:"subject"`
	Host    Subject   `json:"host"`
	Company CompanyID `json:"company,omitzero"`
}

// Holder is what a gate's screen may show of a person.
type Holder struct {
	Subject  Subject `json:"subject"`
	Initials string  `json:"initials"`
}

// Identity names a pass that opens only together with a booking, and the
// periods, grace included, for which its holder has one.
type Identity struct {
	Pass   PassID   `json:"pass"`
	Booked []Window `json:"booked"`
}

// Window is the half-open time [From, Until).
type Window struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Contains reports whether t lies in the window.
func (w Window) Contains(t time.Time) bool { return !t.Before(w.From) && t.Before(w.Until) }
