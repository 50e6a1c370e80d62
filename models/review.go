package models

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"
)

// HeadCount is how many people are at a site.
type HeadCount struct {
	Site        string
	Inside      int
	Unconfirmed int // not seen leaving, within DoubtLasts
}

// HeadCounts counts the people at every site in one query; a site where nobody
// is has no row.
func (s *Store) HeadCounts(ctx context.Context, now time.Time) (map[string]HeadCount, error) {
	var rows []HeadCount
	err := s.r(ctx).Raw(`SELECT site, COUNT(CASE WHEN closed_ms IS NULL THEN 1 END) AS inside,
			COUNT(CASE WHEN closed_ms >= ? THEN 1 END) AS unconfirmed
		FROM presences GROUP BY site`, now.Add(-DoubtLasts).UnixMilli()).Find(&rows).Error
	out := make(map[string]HeadCount, len(rows))
	for _, r := range rows {
		out[r.Site] = r
	}
	return out, err
}

// HeldSpace is a space that is held at an instant, and how far its booking is.
type HeldSpace struct {
	SpaceID   ID
	Status    BookingStatus
	BookingID ID
}

// HeldSpaces returns what is held at now, at all sites.
func (s *Store) HeldSpaces(ctx context.Context, now time.Time) ([]HeldSpace, error) {
	var rows []HeldSpace
	err := s.r(ctx).Raw(`SELECT space_id, status, booking_id FROM booking_spaces
		WHERE active AND starts_at > ? AND starts_at <= ? AND ends_at > ? AND (expires_at IS NULL OR expires_at > ?)`,
		now.Add(-longestHold), now, now, now).Find(&rows).Error
	return rows, err
}

// Holder is the person behind a subject, as far as the link is still kept.
type Holder struct {
	Subject  string
	MemberID *ID
	GuestID  *ID
	Name     string
	Kana     string
	Company  *int
	HostID   *ID    // of a guest: whose booking it is
	HostName string // of a guest
}

// Holders returns who the subjects are. A subject whose link was erased, or that
// was never ours, is not among them.
func (s *Store) Holders(ctx context.Context, subjects []string) (map[string]Holder, error) {
	out := make(map[string]Holder, len(subjects))
	for start := 0; start < len(subjects); start += insertBatch {
		var rows []Holder
		err := s.r(ctx).Raw(`SELECT su.subject, su.member_id, su.guest_id, COALESCE(m.name, g.name, su.name) AS name,
				COALESCE(m.kana, '') AS kana, m.company_id AS company, h.id AS host_id, COALESCE(h.name, '') AS host_name
			FROM subjects su
			LEFT JOIN members m ON m.id = su.member_id
			LEFT JOIN guests g ON g.id = su.guest_id
			LEFT JOIN bookings b ON b.id = g.booking_id
			LEFT JOIN members h ON h.id = b.organizer_id
			WHERE su.subject IN ?`, subjects[start:min(start+insertBatch, len(subjects))]).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, h := range rows {
			out[h.Subject] = h
		}
	}
	return out, nil
}

// PassageFilter says which passages or visits are asked for.
type PassageFilter struct {
	Site   string
	Period Period
	Holder *ID // a member; nil = everybody
}

// Passages returns a page of the passages at a site, oldest first, refused ones
// too.
func (s *Store) Passages(ctx context.Context, f PassageFilter, page Page) ([]Passage, *Cursor, error) {
	q := s.r(ctx).Where("site = ? AND at_ms >= ? AND at_ms < ?", f.Site, f.Period.StartsAt.UnixMilli(), f.Period.EndsAt.UnixMilli())
	q = s.ofHolder(ctx, q, f.Holder)
	var rows []Passage
	if err := page.byMilli(q, "at_ms", "id").Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	rows, next := cut(rows, page.Limit, func(p Passage) Cursor { return atMilli(p.AtMS, p.ID) })
	return rows, next, nil
}

// Visits returns a page of the visits to a site that began in the period, oldest
// first. The id of a place in the list is entry and zone.
func (s *Store) Visits(ctx context.Context, f PassageFilter, page Page) ([]Visit, *Cursor, error) {
	q := s.r(ctx).Where("site = ? AND entered_ms >= ? AND entered_ms < ?", f.Site, f.Period.StartsAt.UnixMilli(), f.Period.EndsAt.UnixMilli())
	q = s.ofHolder(ctx, q, f.Holder)
	return visits(page.byMilli(q, "entered_ms", visitID), page)
}

// VisitsOf returns a page of a member's visits to all sites, the latest first.
func (s *Store) VisitsOf(ctx context.Context, member ID, page Page) ([]Visit, *Cursor, error) {
	return visits(page.byLateMilli(s.ofHolder(ctx, s.r(ctx), &member), "entered_ms", visitID), page)
}

// visitID names a visit in a list.
const visitID = "entry_id || '/' || zone_id"

func visits(q *gorm.DB, page Page) ([]Visit, *Cursor, error) {
	var rows []Visit
	if err := q.Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	rows, next := cut(rows, page.Limit, func(v Visit) Cursor {
		return atMilli(v.EnteredMS, v.EntryID+"/"+strconv.Itoa(v.ZoneID))
	})
	return rows, next, nil
}

// ofHolder narrows a query to the subjects of one member, where one is named.
func (s *Store) ofHolder(ctx context.Context, q *gorm.DB, member *ID) *gorm.DB {
	if member == nil {
		return q
	}
	return q.Where("subject IN (?)", s.r(ctx).Model(&Subject{}).Select("subject").Where("member_id = ?", *member))
}
