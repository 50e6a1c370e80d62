package models

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// Span is a time in seconds of Unix time: a Period for those who go through very
// many.
type Span struct {
	From, To int64
}

func (p Period) span() Span { return Span{p.StartsAt.Unix(), p.EndsAt.Unix()} }

// within is the part of s that lies in o; they touch.
func (s Span) within(o Span) Span { return Span{max(s.From, o.From), min(s.To, o.To)} }

func (s Span) touches(o Span) bool { return s.From < o.To && s.To > o.From }

// hold is when a space is held, and the instant at which that ends by itself.
type hold struct {
	Span
	expires int64
}

func (h hold) holds(now int64) bool { return now < h.expires }

// eachHold hands to each the holds that touch p, in no order, of the spaces that
// the condition where names. They come packed into one value: to sort and group
// them there took the database longer than to find them.
func (s *Store) eachHold(ctx context.Context, where string, named any, p Period, each func(space ID, h hold)) error {
	holds, args := holdsDuring("space_id, starts_at, ends_at, expires_at", where, named, p, s.Now(), "")
	var packed []byte
	if err := s.r(ctx).Raw("SELECT "+s.dialect.packHolds()+" FROM ("+holds+") h", args...).Row().Scan(&packed); err != nil {
		return s.dialect.translate(err)
	}
	return s.dialect.unpackHolds(packed, each)
}

// HeldAt returns when those of the spaces that are at a site are held within p, for
// each in order: Holds for very many of them.
func (s *Store) HeldAt(ctx context.Context, site string, spaces []ID, p Period) (map[ID][]Span, error) {
	out := make(map[ID][]Span, len(spaces))
	for _, id := range spaces {
		out[id] = nil
	}
	within, now := p.span(), s.Now().Unix()
	err := s.eachHeld(ctx, site, within, func(space ID, holds []hold) {
		spans, asked := out[space]
		if !asked {
			return
		}
		spans = slices.Grow(spans, len(holds))
		for _, h := range holds {
			if h.holds(now) && h.touches(within) {
				spans = append(spans, h.Span)
			}
		}
		out[space] = spans
	})
	for id, spans := range out {
		slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
		out[id] = slices.Compact(spans)
	}
	return out, err
}

// sentInstant reads an instant as PostgreSQL sends it.
func sentInstant(b []byte) int64 {
	const epoch = 946684800 // 2000-01-01 in Unix time
	return int64(binary.BigEndian.Uint64(b))/1e6 + epoch
}

// packHolds joins the 16 bytes of each space, both ends of the period and the end
// of the hold as PostgreSQL sends them: eight bytes, microseconds since the year
// 2000.
func (postgresDialect) packHolds() string {
	return "string_agg(uuid_send(space_id) || timestamptz_send(starts_at) || timestamptz_send(ends_at)" +
		" || timestamptz_send(COALESCE(expires_at, 'infinity')), ''::bytea)"
}

func (postgresDialect) unpackHolds(packed []byte, each func(space ID, h hold)) error {
	for ; len(packed) >= 40; packed = packed[40:] {
		each(ID(packed[:16]), hold{Span{sentInstant(packed[16:]), sentInstant(packed[24:])}, sentInstant(packed[32:])})
	}
	return nil
}

// packHolds joins the id of each space, 36 letters, both ends of the period and the
// end of the hold as they are stored, 25 letters each.
func (sqliteDialect) packHolds() string {
	return "group_concat(space_id || starts_at || ends_at || COALESCE(expires_at, '9999-12-31 23:59:59+00:00'), '')"
}

func (sqliteDialect) unpackHolds(packed []byte, each func(space ID, h hold)) error {
	const idWidth = 36
	for ; len(packed) >= idWidth+3*storedWidth; packed = packed[idWidth+3*storedWidth:] {
		id, err := ParseID(string(packed[:idWidth]))
		if err != nil {
			return err
		}
		span, err := storedSpan(packed[idWidth:])
		if err != nil {
			return err
		}
		expires, err := storedInstant(packed[idWidth+2*storedWidth : idWidth+3*storedWidth])
		if err != nil {
			return err
		}
		each(id, hold{span, expires})
	}
	return nil
}

// storedWidth is how many letters an instant has as SQLite keeps it.
const storedWidth = len("2006-01-02 15:04:05+00:00")

// storedSpan reads two instants one behind the other.
func storedSpan(b []byte) (span Span, err error) {
	if span.From, err = storedInstant(b[:storedWidth]); err != nil {
		return span, err
	}
	span.To, err = storedInstant(b[storedWidth : 2*storedWidth])
	return span, err
}

// storedInstant reads an instant as SQLite keeps it (the check in migrations says
// so), many times faster than time.Parse.
func storedInstant(b []byte) (int64, error) {
	if string(b[19:]) != "+00:00" {
		return 0, fmt.Errorf("stored instant %q is not UTC", b)
	}
	two := func(i int) int64 { return int64(b[i]-'0')*10 + int64(b[i+1]-'0') }
	day := time.Date(int(two(0)*100+two(2)), time.Month(two(5)), int(two(8)), 0, 0, 0, 0, time.UTC).Unix()
	return day + two(11)*3600 + two(14)*60 + two(17), nil
}
