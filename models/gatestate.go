package models

import (
	"context"
	"time"
)

// SiteState is what the gates of a site were last told and under which number.
type SiteState struct {
	Site        string `gorm:"primaryKey"`
	Version     int64
	Digest      string
	GeneratedAt time.Time
}

// AdvanceState returns the version of a site's state whose content has the given
// digest. It is raised when the content is another than last time, or was signed
// longer ago than the given time, or as far ahead: by a clock that was put back.
func (s *Store) AdvanceState(ctx context.Context, site, digest string, lasts time.Duration) (SiteState, error) {
	now := s.Now()
	var row SiteState
	err := s.r(ctx).Where("site = ? AND digest = ? AND generated_at > ? AND generated_at < ?", site, digest, now.Add(-lasts), now.Add(lasts)).Limit(1).Find(&row).Error
	if err != nil || row.Version > 0 {
		return row, err
	}
	err = s.w(ctx).Raw(`INSERT INTO site_states (site, version, digest, generated_at) VALUES (?, 1, ?, ?)
		ON CONFLICT (site) DO UPDATE SET version = site_states.version + 1, digest = excluded.digest, generated_at = excluded.generated_at
		RETURNING *`, site, digest, now).Find(&row).Error
	return row, err
}

// OvertakeState has the number of a site's state go on behind the one that a gate
// holds: a database that was put back to an earlier day would count from there, and
// the gates believe no lower number. One that is further ahead than most is no
// number of ours.
func (s *Store) OvertakeState(ctx context.Context, site string, held, most int64) error {
	return s.w(ctx).Exec("UPDATE site_states SET version = ? WHERE site = ? AND version <= ? AND version > ?", held+1, site, held, held-most).Error
}

// ComingPass is a pass that a gate of its site may see, with what its row does
// not say by itself.
type ComingPass struct {
	ID            string
	Kind          PassKind
	Subject       string
	CompanyID     int
	Flags         int
	MemberID      *ID
	BookingID     *ID
	NotBefore     time.Time
	NotAfter      time.Time
	RevokedAt     *time.Time
	Name          string
	MemberRole    Role
	MemberCompany *int
	MemberPlan    *ID
	SuspendedAt   *time.Time
	ErasedAt      *time.Time
	RemovedAt     *time.Time // of a guest
	GuestID       *ID
	HostID        *ID // of a guest
	HostCompany   *int
	BookedHere    bool // its booking still has a space at the site
}

// ComingPasses returns the passes of a site that begin before until and are not
// over, revoked ones too, by id.
func (s *Store) ComingPasses(ctx context.Context, site string, until time.Time) ([]ComingPass, error) {
	var rows []ComingPass
	err := s.r(ctx).Raw(`SELECT p.id, p.kind, p.subject, p.company_id, p.flags, p.member_id, p.guest_id, p.booking_id,
			p.not_before, p.not_after, p.revoked_at, COALESCE(m.name, g.name, '') AS name, COALESCE(m.role, '') AS member_role,
			m.company_id AS member_company, m.plan_id AS member_plan, m.suspended_at, m.erased_at, g.removed_at,
			h.id AS host_id, h.company_id AS host_company,
			EXISTS (SELECT 1 FROM booking_spaces k WHERE k.booking_id = p.booking_id AND k.site = p.site
				AND k.status IN ('confirmed','checked_in','completed')) AS booked_here
		FROM passes p
		LEFT JOIN members m ON m.id = p.member_id
		LEFT JOIN guests g ON g.id = p.guest_id
		LEFT JOIN bookings b ON b.id = p.booking_id AND p.guest_id IS NOT NULL
		LEFT JOIN members h ON h.id = b.organizer_id
		WHERE p.site = ? AND p.not_after > ? AND p.not_before < ? ORDER BY p.id`, site, s.Now().Add(-time.Minute), until).Find(&rows).Error
	return rows, err
}

// SubjectsOf returns the subjects of members that are not forgotten yet.
func (s *Store) SubjectsOf(ctx context.Context, members []ID) (map[ID][]string, error) {
	var rows []Subject
	if err := s.r(ctx).Where("member_id IN ?", members).Order("subject").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[ID][]string, len(members))
	for _, r := range rows {
		out[*r.MemberID] = append(out[*r.MemberID], r.Subject)
	}
	return out, nil
}

// Pulse is a few numbers that change whenever something did that a gate of the
// site must hear of within seconds. They mean nothing by themselves. A count alone
// would not change where one goes out of it as another comes in.
type Pulse struct {
	Catalogue   int64
	Revocations int64
	Lifted      int64
	Revoked     string // passes, lately: how many, and the last when
	Suspended   string // members, likewise
	Heads       int64
	Since       int64
	Closed      int64
}

// PulseOf reads the pulse of a site.
func (s *Store) PulseOf(ctx context.Context, site string) (Pulse, error) {
	var p Pulse
	err := s.r(ctx).Raw(`SELECT (SELECT version FROM catalogue) AS catalogue,
		(SELECT count(*) FROM revocations) AS revocations, (SELECT count(*) FROM revocations WHERE lifted_at IS NOT NULL) AS lifted,
		(SELECT count(*) || ' ' || COALESCE(CAST(max(revoked_at) AS text), '') FROM passes WHERE site = ? AND revoked_at > ?) AS revoked,
		(SELECT count(*) || ' ' || COALESCE(CAST(max(suspended_at) AS text), '') FROM members WHERE suspended_at IS NOT NULL) AS suspended,
		(SELECT count(*) FROM presences WHERE site = ?) AS heads,
		(SELECT COALESCE(sum(since_ms + zone_id), 0) FROM presences WHERE site = ?) AS since,
		(SELECT COALESCE(sum(closed_ms), 0) FROM presences WHERE site = ?) AS closed`,
		site, s.Now().Add(-20*time.Second), site, site, site).Find(&p).Error
	return p, err
}
