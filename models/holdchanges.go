package models

import (
	"context"
	"math"
)

// holdNews is which spaces have got or lost holds, or have other ones, since a
// mark. The rows carry a number that the database gives them
// (migrations/00008_hold_changes.sql).
type holdNews struct {
	mark   int64         // to ask with the next time: what this did not see has this number, or a greater one
	server string        // who counts; another one's marks mean nothing
	spaces map[ID]string // with their sites
	more   bool          // there are more than were read
}

// holdsChanged reads the news since a mark. A space may be in it that was in the
// news before: of transactions that were open then, some have been seen already.
func (s *Store) holdsChanged(ctx context.Context, since int64) (holdNews, error) {
	mark, server := s.dialect.changeMark()
	changed := func(table string) string {
		return "SELECT * FROM (SELECT space_id, site FROM " + table + " WHERE " + s.dialect.changedSince() + " ORDER BY changed LIMIT ?) " + table
	}
	news, n := holdNews{spaces: map[ID]string{}}, 0
	err := s.eachRow(ctx, "SELECT "+mark+", "+server+", c.space_id, c.site FROM (SELECT 1 AS one) o LEFT JOIN ("+
		changed("booking_spaces")+" UNION ALL "+changed("holds_gone")+") c ON true", []any{since, heldChanges + 1, since, heldChanges + 1},
		func(scan func(...any) error) error {
			var space *ID
			var site *string
			err := scan(&news.mark, &news.server, &space, &site)
			if err == nil && space != nil {
				news.spaces[*space] = *site
				n++
			}
			return err
		})
	news.more = n > heldChanges
	return news, err
}

// PurgeHoldsGone forgets which spaces had lost holds when it was last called:
// called once an hour, it leaves what any server may yet ask for. The newest row
// stays, since SQLite counts on from it.
func (s *Store) PurgeHoldsGone(ctx context.Context) error {
	news, err := s.holdsChanged(ctx, math.MaxInt64)
	if err != nil {
		return err
	}
	before := s.held.purged.Swap(news.mark)
	return s.w(ctx).Exec("DELETE FROM holds_gone WHERE changed < ?", before-1).Error
}

// changeMark is the id of the oldest transaction that is still open. Whatever this
// statement does not see was stored by that one or by a later one: an id is given
// out at the first change, and the commits may come in any order.
func (postgresDialect) changeMark() (mark, server string) {
	return "pg_snapshot_xmin(pg_current_snapshot())::text::bigint", "pg_postmaster_start_time()::text"
}

// changedSince leaves out numbers that this server has yet to reach: those of rows
// that were dumped on another.
func (postgresDialect) changedSince() string {
	return "changed >= ? AND changed < pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
}

// changeMark is the number of the next change: they come one after another.
func (sqliteDialect) changeMark() (mark, server string) {
	return "(SELECT 1 + max(COALESCE((SELECT max(changed) FROM booking_spaces), 0), COALESCE((SELECT max(changed) FROM holds_gone), 0)))", "''"
}

func (sqliteDialect) changedSince() string { return "changed >= ?" }
