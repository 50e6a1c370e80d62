package models

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"
)

var errPackBroken = errors.New("a packed day is damaged: delete it from packed_days, it is made anew")

// packer writes what began on one day. Numbers are varints; who and where come
// many times a day and are written once each, at the end.
type packer struct {
	day   int64 // its begin, in Unix time
	n     int
	reach int64
	body  []byte
	words [2]wordList
}

// wordList numbers texts in the order in which they come.
type wordList struct {
	numbers map[string]int
	words   []string
}

func (w *wordList) number(word string) int {
	n, known := w.numbers[word]
	if !known {
		if w.numbers == nil {
			w.numbers = map[string]int{}
		}
		n = len(w.words)
		w.numbers[word], w.words = n, append(w.words, word)
	}
	return n
}

func newPacker(day int) *packer { return &packer{day: dayBegins(day).Unix(), reach: math.MinInt64} }

func (p *packer) put(n int64) { p.body = binary.AppendVarint(p.body, n) }

// result returns how many there are, all words, and what was written.
func (p *packer) result() []byte {
	out := binary.AppendVarint(nil, int64(p.n))
	for _, list := range p.words {
		out = binary.AppendVarint(out, int64(len(list.words)))
		for _, word := range list.words {
			out = append(binary.AppendVarint(out, int64(len(word))), word...)
		}
	}
	return append(out, p.body...)
}

// What a use is, in one number.
const (
	useStatus  = 3 // which of usedStatuses
	useRoom    = 4
	useEarly   = 8
	useCame    = 16
	useSeveral = 32
)

// usedStatuses are those of promises that reports count.
var usedStatuses = []BookingStatus{BookingConfirmed, BookingCheckedIn, BookingCompleted, BookingNoShow}

func when(is bool, bit int64) int64 {
	if is {
		return bit
	}
	return 0
}

func (p *packer) addUse(u *Use) {
	what := int64(slices.Index(usedStatuses, u.Status)) | when(u.Kind == KindRoom, useRoom) | when(u.early, useEarly) |
		when(u.CheckedInAt != nil, useCame) | when(u.Several, useSeveral)
	p.n, p.reach = p.n+1, max(p.reach, u.EndsAt.UnixMilli())
	p.put(what)
	p.put(int64(p.words[0].number(string(u.SpaceID[:]))))
	p.put(int64(p.words[1].number(string(u.OrganizerID[:]))))
	p.put(int64(u.Company))
	p.put(u.StartsAt.Unix() - p.day)
	p.put(u.EndsAt.Unix() - u.StartsAt.Unix())
	if u.CheckedInAt != nil {
		p.put(u.CheckedInAt.Unix() - u.StartsAt.Unix())
	}
	if u.Several {
		p.body = append(p.body, u.BookingID[:]...)
	}
}

func (p *packer) addStay(st *Stay) {
	lasts := st.LeftMS == 0
	p.n, p.reach = p.n+1, max(p.reach, st.LeftMS)
	p.put(int64(p.words[0].number(st.Subject)))
	p.put(int64(st.ZoneID)<<1 | when(lasts, 1))
	p.put(st.EnteredMS - p.day*1000)
	if lasts {
		p.reach = math.MaxInt64
		return
	}
	p.put(st.LeftMS - st.EnteredMS)
}

// unpacker reads what packer has written. What is not there reads as nothing, and
// says so at the end.
type unpacker struct {
	day    int64
	n      int
	rest   []byte
	words  [2][]string
	came   time.Time
	broken bool
}

func newUnpacker(day int, packed []byte) *unpacker {
	u := &unpacker{day: dayBegins(day).Unix(), rest: packed}
	u.n = int(u.take())
	for i := range u.words {
		for range u.take() {
			u.words[i] = append(u.words[i], string(u.bytes(int(u.take()))))
		}
	}
	return u
}

func (u *unpacker) take() int64 {
	n, width := binary.Varint(u.rest)
	if width <= 0 {
		u.broken, u.rest = true, nil
		return 0
	}
	u.rest = u.rest[width:]
	return n
}

func (u *unpacker) bytes(n int) []byte {
	if n < 0 || n > len(u.rest) {
		u.broken, u.rest = true, nil
		return nil
	}
	out := u.rest[:n]
	u.rest = u.rest[n:]
	return out
}

func (u *unpacker) word(list int) string {
	n := u.take()
	if n < 0 || n >= int64(len(u.words[list])) {
		u.broken, u.rest = true, nil
		return ""
	}
	return u.words[list][n]
}

func (u *unpacker) end() error {
	if u.broken || len(u.rest) > 0 {
		return errPackBroken
	}
	return nil
}

func (u *unpacker) use(out *Use) {
	what := u.take()
	out.Status, out.Kind = usedStatuses[what&useStatus], KindSeat
	if what&useRoom != 0 {
		out.Kind = KindRoom
	}
	out.early, out.Several = what&useEarly != 0, what&useSeveral != 0
	copy(out.SpaceID[:], u.word(0))
	copy(out.OrganizerID[:], u.word(1))
	out.Company = int(u.take())
	starts := u.day + u.take()
	out.StartsAt, out.EndsAt = time.Unix(starts, 0).UTC(), time.Unix(starts+u.take(), 0).UTC()
	out.CheckedInAt, out.BookingID = nil, ID{}
	if what&useCame != 0 {
		u.came = time.Unix(starts+u.take(), 0).UTC()
		out.CheckedInAt = &u.came
	}
	if out.Several {
		copy(out.BookingID[:], u.bytes(len(out.BookingID)))
	}
}

func (u *unpacker) stay(out *Stay) {
	out.Subject = u.word(0)
	what := u.take()
	out.ZoneID, out.EnteredMS, out.LeftMS = int(what>>1), u.day*1000+u.take(), 0
	if what&1 == 0 {
		out.LeftMS = out.EnteredMS + u.take()
	}
}
