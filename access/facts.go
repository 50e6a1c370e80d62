package access

import (
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// fresh returns what Decide should know of the code beyond the site's settings.
func (sc *scan) fresh(b entry.Body) entry.Fresh {
	f := &sc.facts
	var fresh entry.Fresh
	for _, r := range sc.revocations {
		fresh.Revocations = append(fresh.Revocations, revocationOf(r, b))
	}
	if sc.passEnded() {
		fresh.Revocations = append(fresh.Revocations, entry.Revocation{Pass: b.Pass})
	}
	if f.SuspendedAt != nil || f.ErasedAt != nil {
		fresh.Revocations = append(fresh.Revocations, entry.Revocation{Subject: b.Subject})
	}
	if f.GuestID != nil {
		host, _ := entry.ParseSubject(f.HostSubject) // 0 while the host is not inside
		fresh.Guests = []entry.GuestOf{{Subject: b.Subject, Host: host, Company: entry.CompanyID(orZero(f.HostCompany))}}
	}
	if f.PassKind == models.PassIdentity {
		booked := f.BookingID != nil
		fresh.HasBooking = &booked
	}
	return fresh
}

// revocationOf returns what a stored revocation that concerns the code says of it.
func revocationOf(r models.Revocation, b entry.Body) entry.Revocation {
	switch {
	case r.PassID != nil:
		return entry.Revocation{Pass: b.Pass}
	case r.MemberID != nil:
		return entry.Revocation{Subject: b.Subject}
	}
	return entry.Revocation{Company: b.Company}
}

// passEnded reports whether the pass itself was taken back: said so, its guest
// uninvited, its booking cancelled or released here, or not one of ours any more.
func (sc *scan) passEnded() bool {
	f := &sc.facts
	return f.PassKind == "" || f.PassRevokedAt != nil || f.RemovedAt != nil ||
		(f.PassKind == models.PassBooking && f.SpaceID == nil) || sc.lapsed()
}

// lapsed reports whether the pass says what is no longer so of its member.
func (sc *scan) lapsed() bool {
	f := &sc.facts
	if f.MemberID == nil || f.GuestID != nil {
		return false
	}
	return sc.view.lapsed(
		&models.Pass{Kind: f.PassKind, Site: sc.site.Slug, CompanyID: f.PassCompany, Flags: f.PassFlags},
		&models.Member{Role: f.MemberRole, CompanyID: f.MemberCompany, PlanID: f.MemberPlan})
}

// remember fills in what a gate that has seen everything would remember of the
// holder and the host.
func (sc *scan) remember(code entry.Code) {
	f, m, zone := &sc.facts, sc.in.Memory, sc.in.Gate.ToZone
	if f.StayZone != 0 {
		m.Inside[code.Body.Subject] = entry.Stay{
			Zone: entry.ZoneID(f.StayZone), Since: fromMillis(f.SinceMS),
			LastEntry: fromMillis(f.LastEntryMS), ClosedAt: fromMillisOrZero(f.ClosedMS),
		}
	}
	if host, err := entry.ParseSubject(f.HostSubject); err == nil {
		m.Inside[host] = entry.Stay{Zone: entry.ZoneID(f.HostZone)}
	}
	if f.StepUsed {
		m.Uses[entry.Use{Pass: code.Body.Pass, Step: code.Step, Zone: zone}] = sc.in.Now
	}
	if f.EntryUsed {
		m.Uses[entry.Use{Pass: code.Body.Pass, Zone: zone}] = sc.in.Now
	}
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func fromMillisOrZero(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return fromMillis(*ms)
}

func millisOrNil(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}
