package models

import (
	"context"
	"time"
)

// Use is one space of one booking as reports count it.
type Use struct {
	BookingID   ID
	SpaceID     ID
	Site        string
	Kind        Kind
	Status      BookingStatus
	StartsAt    time.Time
	EndsAt      time.Time // of what was promised and not given back: without the buffer, cut short by leaving early or a release
	CheckedInAt *time.Time
	OrganizerID ID
	CompanyID   *int
}

// Booked returns the time the space was promised and not given back.
func (u *Use) Booked() Period { return Period{u.StartsAt, u.EndsAt} }

// Used returns the part of it after somebody came, and whether anybody did.
func (u *Use) Used() (Period, bool) {
	if u.CheckedInAt == nil || !u.CheckedInAt.Before(u.EndsAt) {
		return Period{}, false
	}
	return Period{later(u.StartsAt, *u.CheckedInAt), u.EndsAt}, true
}

// Uses returns the spaces of bookings at the sites that overlap p and that were
// promised to somebody: neither cancelled nor only asked for.
func (s *Store) Uses(ctx context.Context, sites []string, p Period) ([]Use, error) {
	return s.uses(ctx, sites, p, "")
}

// UsesOf is Uses at one site by a company's people, as they were when they booked,
// or by one member where one is named.
func (s *Store) UsesOf(ctx context.Context, company int, member *ID, site string, p Period) ([]Use, error) {
	if member != nil {
		return s.uses(ctx, []string{site}, p, " AND b.organizer_id = ?", *member)
	}
	return s.uses(ctx, []string{site}, p, " AND b.company_id = ?", company)
}

func (s *Store) uses(ctx context.Context, sites []string, p Period, narrow string, args ...any) ([]Use, error) {
	var rows []heldUse
	err := s.r(ctx).Raw(`SELECT bs.booking_id, bs.space_id, bs.site, bs.kind, bs.status, bs.starts_at, bs.checked_in_at,
			bs.ends_at AS held_until, b.ends_at, b.organizer_id, b.company_id
		FROM booking_spaces bs JOIN bookings b ON b.id = bs.booking_id
		WHERE bs.site IN ? AND bs.starts_at > ? AND bs.starts_at < ? AND bs.ends_at > ? AND bs.status IN ?`+narrow,
		append([]any{
			sites, p.StartsAt.Add(-longestHold), p.EndsAt, p.StartsAt,
			[]BookingStatus{BookingConfirmed, BookingCheckedIn, BookingCompleted, BookingNoShow},
		}, args...)...).Find(&rows).Error
	uses := make([]Use, len(rows))
	for i, r := range rows {
		uses[i] = r.Use
		if r.HeldUntil.Before(r.EndsAt) {
			uses[i].EndsAt = r.HeldUntil
		}
	}
	return uses, err
}

// heldUse is a use as its rows have it.
type heldUse struct {
	Use
	HeldUntil time.Time
}

// Stay is a visit as reports count it. Left is nil while it lasts.
type Stay struct {
	Person    string // the same for all subjects a member had
	Home      string // the home site of the member or of the guest's host, "" = none
	Site      string
	EnteredMS int64  `gorm:"column:entered_ms"`
	LeftMS    *int64 `gorm:"column:left_ms"`
}

// longestStay is how far back a visit that reaches into a period can begin.
const longestStay = 7 * 24 * time.Hour

// Stays returns the visits at the sites that overlap p.
func (s *Store) Stays(ctx context.Context, sites []string, p Period) ([]Stay, error) {
	var rows []Stay
	err := s.r(ctx).Raw(`SELECT v.site, v.entered_ms, v.left_ms, COALESCE(m.home_site, h.home_site, '') AS home,
			COALESCE(CAST(su.member_id AS text), v.subject) AS person
		FROM visits v
		LEFT JOIN subjects su ON su.subject = v.subject
		LEFT JOIN members m ON m.id = su.member_id
		LEFT JOIN guests g ON g.id = su.guest_id
		LEFT JOIN bookings b ON b.id = g.booking_id
		LEFT JOIN members h ON h.id = b.organizer_id
		WHERE v.site IN ? AND v.entered_ms >= ? AND v.entered_ms < ? AND (v.left_ms IS NULL OR v.left_ms > ?)`,
		sites, p.StartsAt.Add(-longestStay).UnixMilli(), p.EndsAt.UnixMilli(), p.StartsAt.UnixMilli()).Find(&rows).Error
	return rows, err
}

// CatalogueDuring returns the catalogue with the closures that overlap p, past
// ones too, which the shared snapshot leaves out.
func (s *Store) CatalogueDuring(ctx context.Context, p Period) (*Catalogue, error) {
	now, err := s.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	var rows []Closure
	if err := s.r(ctx).Where("ends_at > ? AND starts_at < ?", p.StartsAt, p.EndsAt).Order("starts_at").Find(&rows).Error; err != nil {
		return nil, err
	}
	then := *now
	then.closures = map[string][]Closure{}
	for _, cl := range rows {
		then.closures[cl.Site] = append(then.closures[cl.Site], cl)
	}
	return &then, nil
}

// HomeSites returns the home site of everybody who has one.
func (s *Store) HomeSites(ctx context.Context) (map[ID]string, error) {
	var rows []Member
	if err := s.r(ctx).Select("id, home_site").Where("home_site IS NOT NULL").Find(&rows).Error; err != nil {
		return nil, err
	}
	homes := make(map[ID]string, len(rows))
	for _, m := range rows {
		homes[m.ID] = *m.HomeSite
	}
	return homes, nil
}
