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
	Several     bool // other spaces of the same booking are uses too, or may be
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
// not collected, and do must not keep what it is handed. What began on days that
// are over comes packed.
func (s *Store) EachUse(ctx context.Context, sites []string, p Period, do func(*Use)) error {
	return s.survey(ctx, func(ask question) error {
		packs, err := s.packsReaching(ask, packedUses, sites, p, longestHold, func(site string, u *unpacker) error {
			use := Use{Site: site}
			for range u.n {
				if u.use(&use); use.during(p) && !u.broken {
					do(&use)
				}
			}
			return u.end()
		})
		if err != nil {
			return err
		}
		for _, part := range packs.rest() {
			if err := eachUse(ask, part.sites, p, do, "AND bs.starts_at >= ? AND bs.starts_at < ?", part.StartsAt, part.EndsAt); err != nil {
				return err
			}
		}
		if packs.none() {
			return nil
		}
		// What still holds something is in no pack.
		return eachUse(ask, sites, p, func(u *Use) {
			if packs.good(u.Site, dayNumber(u.StartsAt)) {
				do(u)
			}
		}, "AND bs.active AND bs.starts_at < ?", dayBegins(packs.before))
	})
}

// during reports whether it was promised for some part of p.
func (u *Use) during(p Period) bool {
	return u.StartsAt.After(p.StartsAt.Add(-longestHold)) && u.Booked().Overlaps(p)
}

// UsesOf returns the uses at one site by a company's people, as they were when
// they booked, or by one member where one is named.
func (s *Store) UsesOf(ctx context.Context, company int, member *ID, site string, p Period) (uses []Use, err error) {
	narrow, arg := "AND b.company_id = ?", any(company)
	if member != nil {
		narrow, arg = "AND b.organizer_id = ?", *member
	}
	err = s.survey(ctx, func(ask question) error {
		return eachUse(ask, []string{site}, p, func(u *Use) { uses = append(uses, *u) }, narrow, arg)
	})
	return uses, err
}

// eachUse reads the uses that overlap p row by row.
func eachUse(ask question, sites []string, p Period, do func(*Use), narrow string, args ...any) error {
	u := useRow{Use: Use{Several: true}}
	args = append([]any{
		sites, p.StartsAt.Add(-longestHold), p.EndsAt, p.StartsAt, usedStatuses, p.StartsAt.Add(-longestHold - 24*time.Hour), p.EndsAt.Add(24 * time.Hour),
	}, args...)
	return ask(useColumns+useTables+` WHERE bs.site IN ? AND bs.starts_at > ? AND bs.starts_at < ? AND bs.ends_at > ? AND bs.status IN ?
		AND `+useJoin+" "+narrow, args, u.fields(), func() error {
		if u.complete(); u.during(p) {
			do(&u.Use)
		}
		return nil
	})
}

// The parts of a query for uses. The start of the booking says nothing that the
// start of its space does not, but keeps PostgreSQL from reading bookings of all
// years to join them.
const (
	useColumns = `SELECT bs.booking_id, bs.space_id, bs.site, bs.kind, bs.status, bs.starts_at, bs.checked_in_at,
		bs.ends_at, b.ends_at, b.organizer_id, COALESCE(b.company_id, 0)`
	useTables = " FROM booking_spaces bs JOIN bookings b ON b.id = bs.booking_id"
	useJoin   = "b.starts_at > ? AND b.starts_at < ?"
)

// useRow is where a row of such a query goes.
type useRow struct {
	Use
	kind, status string
	promised     time.Time
}

func (u *useRow) fields() []any {
	return []any{
		&u.BookingID, &u.SpaceID, &u.Site, &u.kind, &u.status, &u.StartsAt, &u.CheckedInAt,
		&u.EndsAt, &u.promised, &u.OrganizerID, &u.Company,
	}
}

func (u *useRow) complete() {
	u.Kind, u.Status = Kind(u.kind), BookingStatus(u.status)
	if u.early = u.EndsAt.Before(u.promised); !u.early {
		u.EndsAt = u.promised
	}
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
// What began on days that are over comes packed.
func (s *Store) EachStay(ctx context.Context, sites []string, p Period, do func(*Stay)) error {
	return s.survey(ctx, func(ask question) error {
		packs, err := s.packsReaching(ask, packedStays, sites, p, longestStay, func(site string, u *unpacker) error {
			st := Stay{Site: site}
			for range u.n {
				if u.stay(&st); st.during(p) && !u.broken {
					do(&st)
				}
			}
			return u.end()
		})
		if err != nil {
			return err
		}
		for _, part := range packs.rest() {
			if err := eachStay(ask, part, p, do); err != nil {
				return err
			}
		}
		return nil
	})
}

func (st *Stay) during(p Period) bool {
	return st.EnteredMS >= p.StartsAt.Add(-longestStay).UnixMilli() && st.EnteredMS < p.EndsAt.UnixMilli() && (st.LeftMS == 0 || st.LeftMS > p.StartsAt.UnixMilli())
}

// eachStay reads the visits that overlap p, of a part of it, row by row.
func eachStay(ask question, part unpackedPart, p Period, do func(*Stay)) error {
	var st Stay
	return ask(`SELECT subject, site, zone_id, entered_ms, COALESCE(left_ms, 0) FROM visits
			WHERE site IN ? AND entered_ms >= ? AND entered_ms < ? AND (left_ms IS NULL OR left_ms > ?)`,
		[]any{part.sites, part.StartsAt.UnixMilli(), part.EndsAt.UnixMilli(), p.StartsAt.UnixMilli()},
		[]any{&st.Subject, &st.Site, &st.ZoneID, &st.EnteredMS, &st.LeftMS},
		func() error {
			if st.during(p) {
				do(&st)
			}
			return nil
		})
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
