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
	Company     int  // 0 = none
	early       bool // ends before what was promised
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

// Left reports whether somebody came and gave the rest back before its time.
func (u *Use) Left() bool { return u.CheckedInAt != nil && u.early }

// EachUse hands to do, one after another, the spaces of bookings at the sites that
// overlap p and that were promised to somebody: neither cancelled nor only asked
// for. A month of a large consortium is hundreds of thousands of them, so they are
// not collected, and do must not keep what it is handed.
func (s *Store) EachUse(ctx context.Context, sites []string, p Period, do func(*Use)) error {
	return s.eachUse(ctx, sites, p, do, "")
}

// UsesOf returns the uses at one site by a company's people, as they were when
// they booked, or by one member where one is named.
func (s *Store) UsesOf(ctx context.Context, company int, member *ID, site string, p Period) (uses []Use, err error) {
	narrow, arg := " AND b.company_id = ?", any(company)
	if member != nil {
		narrow, arg = " AND b.organizer_id = ?", *member
	}
	err = s.eachUse(ctx, []string{site}, p, func(u *Use) { uses = append(uses, *u) }, narrow, arg)
	return uses, err
}

func (s *Store) eachUse(ctx context.Context, sites []string, p Period, do func(*Use), narrow string, args ...any) error {
	// The start of the booking says nothing that the start of its space does not,
	// but keeps PostgreSQL from reading bookings of all years to join them.
	query := `SELECT bs.booking_id, bs.space_id, bs.site, bs.kind, bs.status, bs.starts_at, bs.checked_in_at,
			bs.ends_at, b.ends_at, b.organizer_id, COALESCE(b.company_id, 0)
		FROM booking_spaces bs JOIN bookings b ON b.id = bs.booking_id
		WHERE bs.site IN ? AND bs.starts_at > ? AND bs.starts_at < ? AND bs.ends_at > ? AND bs.status IN ?
		AND b.starts_at > ? AND b.starts_at < ?` + narrow
	args = append([]any{
		sites, p.StartsAt.Add(-longestHold), p.EndsAt, p.StartsAt,
		[]BookingStatus{BookingConfirmed, BookingCheckedIn, BookingCompleted, BookingNoShow},
		p.StartsAt.Add(-longestHold - 24*time.Hour), p.EndsAt.Add(24 * time.Hour),
	}, args...)
	var u Use
	var kind, status string
	var promised time.Time
	row := []any{
		&u.BookingID, &u.SpaceID, &u.Site, &kind, &status, &u.StartsAt, &u.CheckedInAt,
		&u.EndsAt, &promised, &u.OrganizerID, &u.Company,
	}
	return s.survey(ctx, query, args, row, func() {
		u.Kind, u.Status = Kind(kind), BookingStatus(status)
		if u.early = u.EndsAt.Before(promised); !u.early {
			u.EndsAt = promised
		}
		do(&u)
	})
}

// Stay is a visit as reports count it.
type Stay struct {
	Subject   string
	Site      string
	ZoneID    int
	EnteredMS int64
	LeftMS    int64 // 0 while it lasts
}

// longestStay is how far back a visit that reaches into a period can begin.
const longestStay = 7 * 24 * time.Hour

// EachStay hands to do, one after another, the visits at the sites that overlap p.
func (s *Store) EachStay(ctx context.Context, sites []string, p Period, do func(*Stay)) error {
	query := `SELECT subject, site, zone_id, entered_ms, COALESCE(left_ms, 0) FROM visits
		WHERE site IN ? AND entered_ms >= ? AND entered_ms < ? AND (left_ms IS NULL OR left_ms > ?)`
	args := []any{sites, p.StartsAt.Add(-longestStay).UnixMilli(), p.EndsAt.UnixMilli(), p.StartsAt.UnixMilli()}
	var st Stay
	return s.survey(ctx, query, args, []any{&st.Subject, &st.Site, &st.ZoneID, &st.EnteredMS, &st.LeftMS}, func() { do(&st) })
}

// Person is who is behind a subject, for counting.
type Person struct {
	Subject string
	Name    string // the same for all subjects a member had
	Home    string // the home site of the member or of the guest's host, "" = none
}

// People returns who is behind the subjects. Of others nobody knows any more whose
// they were: each counts for itself.
func (s *Store) People(ctx context.Context) ([]Person, error) {
	var rows []Person
	err := s.r(ctx).Raw(`SELECT su.subject, COALESCE(CAST(su.member_id AS text), su.subject) AS name,
			COALESCE(m.home_site, h.home_site, '') AS home
		FROM subjects su
		LEFT JOIN members m ON m.id = su.member_id
		LEFT JOIN guests g ON g.id = su.guest_id
		LEFT JOIN bookings b ON b.id = g.booking_id
		LEFT JOIN members h ON h.id = b.organizer_id`).Find(&rows).Error
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
