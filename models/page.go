package models

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Page asks for a part of a list: at most Limit items behind After. Lists are
// read by key, not by number, so an item that is added or removed meanwhile
// neither repeats nor hides another.
type Page struct {
	Limit int
	After Cursor
}

// Cursor is a place in a list: the sort key and the id of the last item seen.
// The zero value is the beginning.
type Cursor struct {
	Key string // "" in lists ordered by id alone
	ID  string
}

// errBadCursor refuses a place that no list has.
var errBadCursor = ErrInvalidInput.On("cursor").Saying("cursor")

// AtTime returns the cursor of an item in a list ordered by an instant and then
// by id.
func AtTime(t time.Time, id ID) Cursor {
	return Cursor{Key: strconv.FormatInt(t.Unix(), 10), ID: id.String()}
}

// byID narrows a query to the page of a list ordered by an id column.
func (p Page) byID(db *gorm.DB, column string) *gorm.DB {
	if p.After.ID != "" {
		id, err := ParseID(p.After.ID)
		if err != nil {
			_ = db.AddError(errBadCursor)
			return db
		}
		db = db.Where(column+" > ?", id)
	}
	return db.Order(column).Limit(p.Limit + 1)
}

// byText narrows a query to the page of a list ordered by a text and then by id.
func (p Page) byText(db *gorm.DB, key, column string) *gorm.DB {
	if strings.Contains(p.After.Key, "\x00") {
		_ = db.AddError(errBadCursor)
		return db
	}
	return p.by(db, key, column, p.After.Key)
}

// byTime is byText for an instant; see AtTime.
func (p Page) byTime(db *gorm.DB, key, column string) *gorm.DB {
	var at time.Time
	if p.After.ID != "" {
		seconds, err := strconv.ParseInt(p.After.Key, 10, 34) // the years 1697 to 2242, which both databases know
		if err != nil {
			_ = db.AddError(errBadCursor)
			return db
		}
		at = time.Unix(seconds, 0).UTC()
	}
	return p.by(db, key, column, at)
}

func (p Page) by(db *gorm.DB, key, column string, after any) *gorm.DB {
	if p.After.ID != "" {
		id, err := ParseID(p.After.ID)
		if err != nil {
			_ = db.AddError(errBadCursor)
			return db
		}
		db = db.Where("("+key+", "+column+") > (?, ?)", after, id)
	}
	return db.Order(key).Order(column).Limit(p.Limit + 1)
}

// cut takes the row more that was read off the page; it tells that there is
// another page, which begins behind the last row that stays.
func cut[T any](rows []T, limit int, at func(T) Cursor) ([]T, *Cursor) {
	if len(rows) <= limit {
		return rows, nil
	}
	rows = rows[:limit]
	next := at(rows[limit-1])
	return rows, &next
}

// PageOf returns a page of a list that is in memory as a whole, in its order.
// When the item the cursor names is gone, the page begins where it stood.
func PageOf[T any](all []T, p Page, id func(T) string) ([]T, *Cursor) {
	start := 0
	if p.After.ID != "" {
		start = slices.IndexFunc(all, func(item T) bool { return id(item) == p.After.ID }) + 1
		if start == 0 {
			start, _ = strconv.Atoi(p.After.Key)
			start = min(max(start, 0), len(all))
		}
	}
	rest := all[start:]
	return cut(rest, p.Limit, func(item T) Cursor {
		return Cursor{Key: strconv.Itoa(start + p.Limit - 1), ID: id(item)}
	})
}

// Match is a condition on the version of a row that is about to be changed: one
// of these. nil is no condition.
type Match []int

// Check returns ErrStale when the version is not one of those asked for.
func (m Match) Check(version int) error {
	if m == nil || slices.Contains(m, version) {
		return nil
	}
	return ErrStale
}

// byMilli narrows a query to the page of a list ordered by milliseconds of Unix
// time and then by a text; see atMilli.
func (p Page) byMilli(db *gorm.DB, key, column string) *gorm.DB {
	return p.milliwise(db, key, column, ">", "")
}

// byLateMilli is byMilli for a list that begins with the latest.
func (p Page) byLateMilli(db *gorm.DB, key, column string) *gorm.DB {
	return p.milliwise(db, key, column, "<", " DESC")
}

func (p Page) milliwise(db *gorm.DB, key, column, behind, order string) *gorm.DB {
	if p.After.ID != "" {
		at, err := strconv.ParseInt(p.After.Key, 10, 64)
		if err != nil || strings.Contains(p.After.ID, "\x00") {
			_ = db.AddError(errBadCursor)
			return db
		}
		db = db.Where("("+key+", "+column+") "+behind+" (?, ?)", at, p.After.ID)
	}
	return db.Order(key + order).Order(column + order).Limit(p.Limit + 1)
}

// atMilli returns the cursor of an item in such a list.
func atMilli(ms int64, id string) Cursor { return Cursor{Key: strconv.FormatInt(ms, 10), ID: id} }
