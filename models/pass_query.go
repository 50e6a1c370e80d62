package models

import (
	"context"
	"slices"
	"time"
)

// Pass returns a pass by its id, revoked or not, or ErrNotFound.
func (s *Store) Pass(ctx context.Context, id string) (Pass, error) {
	var row Pass
	err := s.r(ctx).Where("id = ?", id).Take(&row).Error
	return row, err
}

// SitesOfPasses returns the sites of those of the passes that there are, by id.
func (s *Store) SitesOfPasses(ctx context.Context, ids []string) (map[string]string, error) {
	sites := make(map[string]string, len(ids))
	for part := range slices.Chunk(ids, insertBatch) {
		var rows []Pass
		if err := s.r(ctx).Select("id", "site").Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, p := range rows {
			sites[p.ID] = p.Site
		}
	}
	return sites, nil
}

// BookingPasses returns the printable passes of a booking that were not revoked:
// the organizer's, then the guests', for each holder and site the one to show
// first.
func (s *Store) BookingPasses(ctx context.Context, booking ID) ([]Pass, error) {
	var rows []Pass
	err := s.r(ctx).Where("booking_id = ? AND revoked_at IS NULL AND NOT live", booking).
		Order("CASE WHEN guest_id IS NULL THEN 0 ELSE 1 END, position, created_at, id").Find(&rows).Error
	return rows, err
}

// PassesOfMember returns the passes of a member that are not over, the printed
// ones and those of a phone, by when they begin.
func (s *Store) PassesOfMember(ctx context.Context, member ID) ([]Pass, error) {
	var rows []Pass
	err := s.r(ctx).Where("member_id = ? AND not_after > ? AND revoked_at IS NULL", member, s.Now()).
		Order("not_before, site, position, created_at, id").Find(&rows).Error
	return rows, err
}

// InsertPasses stores new passes of a member; ids and subjects are filled in.
func (s *Store) InsertPasses(ctx context.Context, m *Member, passes []Pass) error {
	if len(passes) == 0 {
		return nil
	}
	until := s.Now()
	for _, p := range passes {
		until = later(until, p.NotAfter)
	}
	subject, err := s.SubjectOf(ctx, m.ID, until)
	if err != nil {
		return err
	}
	for i := range passes {
		p := &passes[i]
		p.ID, p.Subject, p.MemberID, p.CompanyID = newPassID(p.Kind), subject, &m.ID, m.Company()
		p.CreatedAt, p.RevokedAt = time.Time{}, nil
	}
	return s.insertTogether(ctx, passes)
}

// RevokePasses takes passes back.
func (s *Store) RevokePasses(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return s.w(ctx).Model(&Pass{}).Where("id IN ? AND revoked_at IS NULL", ids).Update("revoked_at", s.Now()).Error
}

// RevokeMemberPasses takes back the passes a member has beside those for
// bookings, after a change of role, company, plan or sites: what they may have
// now is made when they next look.
func (s *Store) RevokeMemberPasses(ctx context.Context, member ID) error {
	return s.w(ctx).Model(&Pass{}).Where("member_id = ? AND kind <> ? AND revoked_at IS NULL", member, PassBooking).
		Update("revoked_at", s.Now()).Error
}

// SubjectNamed returns the subject of the one member or guest of that very name who has
// a pass for the site now, "" where there is nobody or more than one. Of somebody with
// several (SubjectLife) it is the one they are inside under, or else would come with:
// their booking's, then the one that lasts.
func (s *Store) SubjectNamed(ctx context.Context, site, name string) (string, error) {
	now := s.Now()
	const good = "site = ? AND NOT live AND revoked_at IS NULL AND not_before <= ? AND not_after > ?"
	var rows []Pass
	err := s.r(ctx).Raw(`SELECT p.subject, p.member_id, p.guest_id FROM (
			SELECT * FROM passes WHERE `+good+` AND member_id IN
				(SELECT id FROM members WHERE name = ? AND suspended_at IS NULL AND erased_at IS NULL)
			UNION ALL SELECT * FROM passes WHERE `+good+` AND guest_id IN (SELECT id FROM guests WHERE name = ? AND removed_at IS NULL)
		) p LEFT JOIN presences i ON i.subject = p.subject AND i.closed_ms IS NULL
		ORDER BY CASE WHEN i.site = p.site THEN 0 ELSE 1 END, CASE WHEN p.kind = ? THEN 0 ELSE 1 END, p.not_after DESC, p.subject`,
		site, now, now, name, site, now, now, name, PassBooking).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return "", err
	}
	if slices.ContainsFunc(rows, func(p Pass) bool { return p.HolderID() != rows[0].HolderID() }) {
		return "", nil
	}
	return rows[0].Subject, nil
}

// SpreadZones makes as many passes of p as the zones need, two to each.
func (p Pass) SpreadZones(zones []int) []Pass { return spread(p, zones) }

// GuestNames returns the names of guests by id.
func (s *Store) GuestNames(ctx context.Context, ids []ID) (map[ID]string, error) {
	var rows []Guest
	if err := s.r(ctx).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[ID]string, len(rows))
	for _, g := range rows {
		out[g.ID] = g.Name
	}
	return out, nil
}
