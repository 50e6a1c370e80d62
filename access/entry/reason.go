package entry

import "slices"

// Reason is the stable code of an answer: what clients compare, what passages
// store, and what the translated texts are found by.
type Reason string

// The reasons of the decision table, in its order.
const (
	BadFormat          Reason = "bad_format"
	UnsupportedVersion Reason = "unsupported_version"
	UnknownKey         Reason = "unknown_key"
	KeyRevoked         Reason = "key_revoked"
	BadSignature       Reason = "bad_signature"
	BadPayload         Reason = "bad_payload"
	LiveBadSignature   Reason = "live_bad_signature"
	LiveStale          Reason = "live_stale"
	LiveFuture         Reason = "live_future"
	NeedsLive          Reason = "live_required"
	WrongSite          Reason = "wrong_site"
	ExitOK             Reason = "exit_ok"
	ExitOrphan         Reason = "exit_orphan"
	ExitUnidentified   Reason = "exit_unidentified"
	InLockdown         Reason = "lockdown"
	InEvacuation       Reason = "evacuation"
	Revoked            Reason = "revoked"
	SubjectBlocked     Reason = "subject_blocked"
	CompanySuspended   Reason = "company_suspended"
	ClockUntrusted     Reason = "clock_untrusted"
	StateStale         Reason = "state_stale"
	TooEarly           Reason = "too_early"
	Expired            Reason = "expired"
	ZoneNotAllowed     Reason = "zone_not_allowed"
	NoBooking          Reason = "no_booking"
	CompanyMismatch    Reason = "company_mismatch"
	Replayed           Reason = "replayed"
	OneEntryUsed       Reason = "one_entry_used"
	PassbackSoft       Reason = "apb_soft"
	AlreadyInside      Reason = "already_inside"
	HostNotPresent     Reason = "host_not_present"
	ZoneFull           Reason = "zone_full"
	LogUnavailable     Reason = "log_unavailable"
	Granted            Reason = "granted"
)

// The reasons of passages that nobody scanned. They are recorded beside the
// scanned ones and take part in the fold of visits.
const (
	Admitted     Reason = "admitted"    // staff let somebody in or out by hand
	SetIn        Reason = "set_in"      // staff corrected: is inside
	SetOut       Reason = "set_out"     // staff corrected: is outside
	MarkedSafe   Reason = "marked_safe" // accounted for in an evacuation
	SafeUndone   Reason = "safe_undone" // staff took that back: it was somebody else
	EndOfDay     Reason = "end_of_day"  // the site closed; who is still in is unconfirmed
	LongestStay  Reason = "longest_stay"
	OpenedByHand Reason = "opened_remotely" // the door alone: nobody's presence changes
	NotPassed    Reason = "not_passed"      // the contact says that nobody went through: for review
)

// NotValid is what screens show in place of the reasons of steps 1 to 4: whoever
// presents a forged code learns nothing from the answer. It is never stored.
const NotValid Reason = "not_valid"

// Verdict is what the screen shows: its colour, sign and sound.
type Verdict string

// The verdicts.
const (
	Allow Verdict = "allow"
	Warn  Verdict = "warn"
	Deny  Verdict = "deny"
)

// meaning says what follows from a reason. Every reason stands in meanings.
type meaning struct {
	step    int // the row of the decision table, 0 for what nobody scanned
	verdict Verdict
}

var meanings = map[Reason]meaning{
	BadFormat: {1, Deny}, UnsupportedVersion: {2, Deny},
	UnknownKey: {3, Deny}, KeyRevoked: {3, Deny},
	BadSignature: {4, Deny}, BadPayload: {5, Deny},
	LiveBadSignature: {6, Deny}, LiveStale: {6, Deny}, LiveFuture: {6, Deny},
	NeedsLive: {7, Deny}, WrongSite: {8, Deny},
	ExitOK: {9, Allow}, ExitOrphan: {9, Warn}, ExitUnidentified: {9, Warn},
	InLockdown: {10, Deny}, InEvacuation: {10, Deny},
	Revoked: {11, Deny}, SubjectBlocked: {11, Deny}, CompanySuspended: {11, Deny},
	ClockUntrusted: {12, Deny}, StateStale: {13, Deny},
	TooEarly: {14, Deny}, Expired: {14, Deny},
	ZoneNotAllowed: {15, Deny}, NoBooking: {15, Deny}, CompanyMismatch: {16, Deny},
	Replayed: {17, Deny}, OneEntryUsed: {17, Deny},
	PassbackSoft: {18, Warn}, AlreadyInside: {18, Deny},
	HostNotPresent: {19, Deny}, ZoneFull: {19, Deny},
	LogUnavailable: {20, Deny}, Granted: {21, Allow},
	Admitted: {0, Allow}, SetIn: {0, Allow}, SetOut: {0, Allow}, MarkedSafe: {0, Allow}, SafeUndone: {0, Allow},
	EndOfDay: {0, Allow}, LongestStay: {0, Allow}, OpenedByHand: {0, Allow}, NotPassed: {0, Warn},
}

// Reasons returns every reason that is stored or answered, in the order of the
// table, for documents and for the test that each is translated.
func Reasons() []Reason {
	all := make([]Reason, 0, len(meanings))
	for r := range meanings {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Reason) int {
		if d := meanings[a].step - meanings[b].step; d != 0 {
			return d
		}
		if a < b {
			return -1
		}
		return 1
	})
	return all
}

// Known reports whether r is one of the reasons declared here.
func (r Reason) Known() bool { _, ok := meanings[r]; return ok }

// Step returns the row of the decision table that gives r, 0 for the reasons
// that no scan gives, and 21 for granted, after the last row.
func (r Reason) Step() int { return meanings[r].step }

// Verdict returns what r means for the person at the door. It is the same
// wherever the reason appears.
func (r Reason) Verdict() Verdict {
	if m, ok := meanings[r]; ok {
		return m.verdict
	}
	return Deny
}

// Opens reports whether a door opens for r.
func (r Reason) Opens() bool { return r.Verdict() != Deny }

// Shown returns the reason whose sentence a screen may show: r itself, or
// NotValid for input that proved nothing.
func (r Reason) Shown() Reason {
	if s := r.Step(); s >= BadFormat.Step() && s <= BadSignature.Step() {
		return NotValid
	}
	return r
}

// TitleKey is the key of the large line on the screen. What the screen may show
// of a reason is Shown's to say, so ask for r.Shown().TitleKey() there.
func (r Reason) TitleKey() string { return "reason." + string(r) + ".title" }

// DetailKey is the key of the sentence below: what to do. It may name a value
// "at", from when a pass holds.
func (r Reason) DetailKey() string { return "reason." + string(r) + ".detail" }
