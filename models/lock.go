package models

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm/clause"
)

// Locks names the rows that a booking uses up. They are taken in one order by
// everybody (member, company, booking, then the spaces by id), so that two who
// want the same wait for each other in turn and never in a circle.
type Locks struct {
	Member  ID  // zero = none: nothing of theirs is counted
	Company int // 0 = none: nothing that its members share is counted
	Booking ID  // zero = none: it is new
	Spaces  []ID
}

// Locked are the versions of what was locked, as they are under the lock; 0 for
// what is not there.
type Locked struct {
	Member  int
	Booking int
	Spaces  int // how many of them there are
}

// Had reports whether the member and all of the spaces were to be had.
func (got *Locked) Had(l Locks) bool { return got.Member != 0 && got.Spaces == len(l.Spaces) }

// Lock takes the rows until the transaction ends. On PostgreSQL it is one
// statement, in which each part waits for the one before it.
func (s *Store) Lock(ctx context.Context, l Locks) (Locked, error) {
	var got Locked
	sql, args := s.lockText(&l)
	if err := s.w(ctx).Raw(sql, args...).Find(&got).Error; err != nil {
		return got, err
	}
	return got, l.allOf(got)
}

// allOf refuses when one of the spaces is not there.
func (l *Locks) allOf(got Locked) error {
	if got.Spaces != len(l.Spaces) {
		return ErrNotFound.On("spaces")
	}
	return nil
}

// lockText writes the statement, and puts the spaces into the order of the locks.
func (s *Store) lockText(l *Locks) (sql string, args []any) {
	l.Spaces = slices.Clone(l.Spaces)
	slices.SortFunc(l.Spaces, func(a, b ID) int { return slices.Compare(a[:], b[:]) })
	l.Spaces = slices.Compact(l.Spaces)
	var q lockQuery
	member, booking := "0", "0"
	if l.Member != (ID{}) {
		q.add("m", "SELECT version FROM members WHERE id = ?", l.Member)
		member = "COALESCE((SELECT version FROM m), 0)"
	}
	if l.Company != 0 {
		q.add("c", "SELECT 1 FROM companies WHERE id = ?", l.Company)
	}
	if l.Booking != (ID{}) {
		q.add("b", "SELECT version FROM bookings WHERE id = ?", l.Booking)
		booking = "COALESCE((SELECT version FROM b), 0)"
	}
	q.add("s", "SELECT id FROM spaces WHERE id IN ?", l.Spaces)
	return q.sql(s.dialect.locksRows()) + " SELECT " + member + " AS member, " + booking +
		" AS booking, (SELECT count(*) FROM s) AS spaces", q.args
}

// lockedRow is one that was to be had; the version is a member's.
type lockedRow struct {
	ID      ID
	Version int
}

// tryLock takes the members and spaces that nobody else has, on PostgreSQL. Who
// does not wait can stand in no circle, whatever else they hold.
func tryLock(locks []Locks, held *[]lockedRow) statement {
	var members, spaces []ID
	for _, l := range locks {
		members, spaces = append(members, l.Member), append(spaces, l.Spaces...)
	}
	return many(`WITH m AS MATERIALIZED (SELECT id, version FROM members WHERE id IN ? FOR NO KEY UPDATE SKIP LOCKED),
		s AS MATERIALIZED (SELECT id FROM spaces WHERE id IN ? FOR NO KEY UPDATE SKIP LOCKED)
		SELECT id, version FROM m UNION ALL SELECT id, 0 FROM s`, []any{members, spaces}, held,
		func(r *lockedRow) []any { return []any{&r.ID, &r.Version} })
}

func lockedOf(held []lockedRow, locks []Locks) []Locked {
	versions := make(map[ID]int, len(held))
	for _, r := range held {
		versions[r.ID] = r.Version
	}
	all := make([]Locked, len(locks))
	for i, l := range locks {
		all[i].Member = versions[l.Member]
		for _, id := range l.Spaces {
			if _, ok := versions[id]; ok {
				all[i].Spaces++
			}
		}
	}
	return all
}

// lockQuery is a chain of WITH parts.
type lockQuery struct {
	names, parts []string
	args         []any
}

func (q *lockQuery) add(name, sql string, arg any) {
	q.names, q.parts, q.args = append(q.names, name), append(q.parts, sql), append(q.args, arg)
}

// sql makes each part depend on the one before it: counting that one reads, and
// so locks, all of it before the first row of the next is looked at.
func (q *lockQuery) sql(locking bool) string {
	var b strings.Builder
	for i, part := range q.parts {
		b.WriteString([]string{"WITH ", ", "}[min(i, 1)] + q.names[i] + " AS MATERIALIZED (" + part)
		if i > 0 {
			b.WriteString(" AND (SELECT count(*) FROM " + q.names[i-1] + ") >= 0")
		}
		if q.names[i] == "s" {
			b.WriteString(" ORDER BY id")
		}
		if locking {
			b.WriteString(" FOR NO KEY UPDATE")
		}
		b.WriteString(")")
	}
	return b.String()
}

// LockFreeSpaces takes, of these spaces, the rows that nobody else has at this
// moment, and returns which. It never waits, and so may come after other locks.
func (s *Store) LockFreeSpaces(ctx context.Context, ids []ID) (locked []ID, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.w(ctx).Clauses(clause.Locking{Strength: rowLock.Strength, Options: "SKIP LOCKED"}).Model(&Space{}).
		Where("id IN ?", ids).Order("id").Pluck("id", &locked).Error
	return locked, err
}
