package occupancy

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"
	"time"

	"kyoten/models"
)

// house is who was inside, while it is counted. People are numbers: those of one
// person's subjects are the same.
type house struct {
	now    int64
	people map[string]int32 // by subject
	names  map[string]int32
	homes  []string // by person
	sites  map[string][]stay
}

// stay is a time that a person was in a zone.
type stay struct {
	zone     int
	person   int32
	from, to int64 // milliseconds of Unix time
}

func newHouse(people []models.Person, now time.Time) *house {
	h := &house{now: now.UnixMilli(), people: make(map[string]int32, len(people)), names: map[string]int32{}, sites: map[string][]stay{}}
	for _, p := range people {
		h.people[p.Subject] = h.person(p.Name, p.Home)
	}
	return h
}

// person returns the number of the one with that name.
func (h *house) person(name, home string) int32 {
	n, known := h.names[name]
	if !known {
		n = int32(len(h.homes))
		h.names[name], h.homes = n, append(h.homes, home)
	}
	return n
}

// add takes a visit in.
func (h *house) add(s *models.Stay) {
	who, known := h.people[s.Subject]
	if !known {
		who = h.person(s.Subject, "")
		h.people[s.Subject] = who
	}
	one := stay{zone: s.ZoneID, person: who, from: s.EnteredMS, to: s.LeftMS}
	if one.to == 0 {
		one.to = h.now
	}
	h.sites[s.Site] = append(h.sites[s.Site], one)
}

// whole returns the stays at a site as a whole: somebody in an inner zone is in
// those around it too, and is one person.
func whole(stays []stay) []stay {
	all := slices.Clone(stays)
	slices.SortFunc(all, func(a, b stay) int {
		if a.person != b.person {
			return int(a.person) - int(b.person)
		}
		return cmp.Compare(a.from, b.from)
	})
	out := all[:0]
	for _, s := range all {
		if n := len(out) - 1; n >= 0 && out[n].person == s.person && s.from <= out[n].to {
			out[n].to = max(out[n].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// addHouse counts who was inside.
func (t *tables) addHouse(h *house) {
	for site, stays := range h.sites {
		joined := whole(stays)
		for _, one := range t.each {
			switch {
			case one.by == ByZone:
				one.addZones(site, stays)
			case one.by.countsStays():
				one.addStays(one.rulerAt(site, site), joined)
			}
		}
	}
}

func (t *table) addZones(site string, stays []stay) {
	zones := map[int][]stay{}
	for _, s := range stays {
		zones[s.zone] = append(zones[s.zone], s)
	}
	for zone, there := range zones {
		t.addStays(t.rulerAt(site, strconv.Itoa(zone)), there)
	}
}

// addStays counts the stays at one place in the rows that the ruler cuts them
// into.
func (t *table) addStays(r *ruler, stays []stay) {
	h := heads{ruler: r, steps: make([]int64, 0, 2*len(stays))}
	for _, s := range stays {
		r.cut(s.from, s.to, func(row *tally, ms int64) {
			row.visitors.add(s.person)
			row.inside += ms
		})
		if row := r.at(s.from); row != nil {
			row.visits++
		}
		h.add(s)
	}
	h.peaks()
}

// heads finds the most people that were at a place at once, for each part of a
// ruler.
type heads struct {
	ruler *ruler
	steps []int64 // milliseconds, doubled: even where somebody leaves, odd where somebody comes
}

func (h *heads) add(s stay) {
	if s.from < s.to {
		h.steps = append(h.steps, 2*s.from+1, 2*s.to)
	}
}

// peaks goes through the steps in order. Who leaves at the instant another comes
// is gone by then.
func (h *heads) peaks() {
	slices.Sort(h.steps)
	inside, next := 0, 0
	for part := range h.ruler.keys {
		begin, end := 2*h.ruler.edges[part], 2*h.ruler.edges[part+1]
		for ; next < len(h.steps) && h.steps[next] <= begin; next++ {
			inside += step(h.steps[next])
		}
		peak := inside
		for ; next < len(h.steps) && h.steps[next] < end; next++ {
			inside += step(h.steps[next])
			peak = max(peak, inside)
		}
		if peak > 0 {
			row := h.ruler.row(part)
			row.peak = max(row.peak, peak)
		}
	}
}

func step(s int64) int {
	if s%2 == 0 {
		return -1
	}
	return 1
}

// crowd is a set of people, a bit for each.
type crowd []uint64

func (c *crowd) add(person int32) {
	word := int(person / 64)
	for len(*c) <= word {
		*c = append(*c, 0)
	}
	(*c)[word] |= 1 << (person % 64)
}

func (c crowd) count() (n int) {
	for _, word := range c {
		n += bits.OnesCount64(word)
	}
	return n
}
