package entry

import (
	"crypto/ed25519"
	"time"
)

// trial is one scan on its way down the table.
type trial struct {
	in   Input
	exit bool
	zone Zone // behind the gate
	code Code
	key  IssuerKey
	d    Decision
}

func newTrial(in Input) *trial {
	t := &trial{in: in}
	t.d.Direction, t.d.Zone = in.Gate.Way(in.Asked), in.Gate.ToZone
	t.exit = t.d.Direction == Exit
	t.zone, _ = in.Site.Zone(in.Gate.ToZone)
	if in.Proven != nil {
		t.code.Body, t.code.Step = in.Proven.Body, in.Proven.Step
		t.d.Body, t.d.Pass, t.d.Subject, t.d.Step = in.Proven.Body, in.Proven.Body.Pass, in.Proven.Body.Subject, in.Proven.Step
	}
	return t
}

// timeless reports that the gate cannot tell the time.
func (t *trial) timeless() bool { return t.in.Clock == Untrusted }

// form is rows 1 and 2: the text reads as a code of a version we know.
func (t *trial) form() (reason Reason) {
	t.code, reason = Parse(t.in.Text)
	return reason
}

// issuerKey is row 3. Without a trusted clock a key's times say nothing; an entry
// is stopped at row 12 then, and an exit must not hang on them.
func (t *trial) issuerKey() Reason {
	key, known := t.in.Site.keys[t.code.Body.Key]
	switch {
	case !known || t.code.Body.Key == 0:
		return UnknownKey
	case key.Revoked, !t.timeless() && !key.inForce(t.in.Now):
		return KeyRevoked
	}
	t.key = key
	return ""
}

// inForce reports whether the key's time includes now, give or take the tolerance.
func (k IssuerKey) inForce(now time.Time) bool {
	return (k.NotBefore.IsZero() || !now.Add(Tolerance).Before(k.NotBefore)) &&
		(k.NotAfter.IsZero() || now.Add(-Tolerance).Before(k.NotAfter))
}

// issuerSignature is row 4. From here on the ids may be believed.
func (t *trial) issuerSignature() Reason {
	if !t.in.Verified.issuer(t.code, ed25519.PublicKey(t.key.PublicKey)) {
		return BadSignature
	}
	t.d.Body, t.d.Pass, t.d.Subject = t.code.Body, t.code.Body.Pass, t.code.Body.Subject
	return ""
}

// payload is row 5: an issuer signed what the format forbids.
func (t *trial) payload() Reason {
	if t.code.Body.Check() != nil {
		return BadPayload
	}
	if t.code.Live() {
		if _, err := ParseDeviceKey(t.code.Device); err != nil {
			return BadPayload
		}
	}
	return ""
}

// possession is row 6: the phone made this code, and just now. Who leaves is not
// held up by a clock that cannot be believed.
func (t *trial) possession() Reason {
	if !t.code.Live() {
		return ""
	}
	if !t.code.VerifyDevice() {
		return LiveBadSignature
	}
	t.d.Step = t.code.Step
	if t.exit && t.timeless() {
		return ""
	}
	widen := int64(0)
	if t.in.Clock == Holdover {
		widen = int64(min(max(t.in.Widen, 0), MostWidening))
	}
	switch ahead := int64(t.code.Step) - int64(StepAt(t.in.Now)); {
	case ahead < -2-widen:
		return LiveStale
	case ahead > 1+widen:
		return LiveFuture
	}
	return ""
}

// liveRequired is row 7.
func (t *trial) liveRequired() Reason {
	if !t.code.Live() && (t.code.Body.Flags.Has(LiveRequired) || t.zone.LiveRequired) {
		return NeedsLive
	}
	return ""
}

// site is row 8.
func (t *trial) site() Reason {
	if _, here := t.in.Site.Zone(t.code.Body.Zones[0]); !here {
		return WrongSite
	}
	return ""
}

// mode is row 10.
func (t *trial) mode() Reason {
	switch t.in.Site.state.Mode {
	case Lockdown:
		return InLockdown
	case Evacuation:
		return InEvacuation
	}
	return ""
}

// revocation is row 11.
func (t *trial) revocation() Reason {
	site, b, now := t.in.Site, t.code.Body, t.in.Now
	pass, subject, company := inForce(site.passes, b.Pass, now), inForce(site.subjects, b.Subject, now), inForce(site.companies, b.Company, now)
	for _, r := range t.in.Fresh.Revocations {
		if r.Until.IsZero() || now.Before(r.Until) {
			pass = pass || (r.Pass != 0 && r.Pass == b.Pass)
			subject = subject || (r.Subject != 0 && r.Subject == b.Subject)
			company = company || (r.Company != 0 && r.Company == b.Company)
		}
	}
	switch {
	case pass:
		return Revoked
	case subject:
		return SubjectBlocked
	case company:
		return CompanySuspended
	}
	return ""
}

// clock is row 12.
func (t *trial) clock() Reason {
	if t.in.Offline && t.timeless() {
		return ClockUntrusted
	}
	return ""
}

// stateAge is row 13.
func (t *trial) stateAge() Reason {
	if t.in.Offline && t.in.Now.Sub(t.in.Site.state.GeneratedAt) > t.zone.OfflineLimit() {
		return StateStale
	}
	return ""
}

// validity is row 14.
func (t *trial) validity() Reason {
	b, now := t.code.Body, t.in.Now
	switch {
	case now.Add(Tolerance).Before(b.NotBefore):
		t.d.NotBefore = b.NotBefore
		return TooEarly
	case !now.Add(-Tolerance).Before(b.End()):
		return Expired
	}
	return ""
}

// grant is row 15: a pass opens the way to its zones, which are the zone itself
// and those around it, but not the zones further in.
func (t *trial) grant() Reason {
	zones := t.code.Body.Zones
	tree := t.in.Site.tree
	if !tree.Within(zones[0], t.zone.ID) && !tree.Within(zones[1], t.zone.ID) {
		return ZoneNotAllowed
	}
	if !t.booked() {
		return NoBooking
	}
	return ""
}

// booked reports whether an identity pass has the booking it needs, one that the
// state does not know included. Other passes carry their right in themselves.
func (t *trial) booked() bool {
	if has := t.in.Fresh.HasBooking; has != nil {
		return *has
	}
	windows, listed := t.in.Site.identities[t.code.Body.Pass]
	for _, w := range windows {
		if w.Contains(t.in.Now) {
			return true
		}
	}
	return !listed && !t.code.Body.Pass.NeedsBooking()
}

// company is row 16.
func (t *trial) company() Reason {
	b, owner := t.code.Body, t.zone.Company
	if owner == 0 || b.Company == owner || b.Flags.Has(Staff) {
		return ""
	}
	for _, g := range t.hosts() {
		if g.Company == owner {
			return ""
		}
	}
	return CompanyMismatch
}

// hosts returns whose guest the holder is.
func (t *trial) hosts() []GuestOf {
	if !t.code.Body.Flags.Has(Guest) {
		return nil
	}
	subject := t.code.Body.Subject
	all := t.in.Site.hosts[subject]
	for _, g := range t.in.Fresh.Guests {
		if g.Subject == subject {
			all = append(all[:len(all):len(all)], g)
		}
	}
	return all
}

// reuse is row 17. The debounce has been answered before the table.
func (t *trial) reuse() Reason {
	uses, b := t.in.Memory.Uses, t.code.Body
	if _, used := uses[Use{b.Pass, t.code.Step, t.zone.ID}]; used && t.code.Live() {
		return Replayed
	}
	if _, used := uses[Use{b.Pass, 0, t.zone.ID}]; used && b.Flags.Has(OneEntry) {
		return OneEntryUsed
	}
	return ""
}

// passback is row 18. An unconfirmed stay, closed without an exit, blocks nobody.
func (t *trial) passback() Reason {
	stay := t.in.Memory.Inside[t.code.Body.Subject]
	if !stay.insideOf(t.in.Site.tree, t.zone.ID) {
		return ""
	}
	switch t.zone.AntiPassback {
	case PassbackWarns:
		return PassbackSoft
	case PassbackHard:
		return AlreadyInside
	case PassbackTimed:
		if t.in.Now.Before(stay.LastEntry.Add(t.zone.timedFor())) {
			return AlreadyInside
		}
	}
	return ""
}

// roomAndHost is row 19.
func (t *trial) roomAndHost() Reason {
	if t.code.Body.Flags.Has(HostRequired) && !t.hostInside() {
		return HostNotPresent
	}
	memory, tree := t.in.Memory, t.in.Site.tree
	counted := memory.Inside[t.code.Body.Subject].insideOf(tree, t.zone.ID)
	if t.zone.Capacity > 0 && !counted && memory.HeadsIn(tree, t.zone.ID) >= t.zone.Capacity {
		return ZoneFull
	}
	return ""
}

// hostInside reports whether a host of the guest is at the site.
func (t *trial) hostInside() bool {
	for _, g := range t.hosts() {
		if t.in.Memory.Inside[g.Host].Inside() {
			return true
		}
	}
	return false
}
