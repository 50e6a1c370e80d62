package models

import (
	"slices"
	"time"
)

// packs says which days of some sites were read from packs, and so which were not.
type packs struct {
	sites    []string
	from, to int // days, to not included
	before   int // the first day whose pack is not to be trusted
	have     map[string][]bool
}

// unpackedPart is a time of which some sites have no good packs.
type unpackedPart struct {
	sites []string
	Period
}

// packsReaching reads the packs of what began up to back before p, or in it, and
// hands on those that reach into p.
func (s *Store) packsReaching(ask question, what packing, sites []string, p Period, back time.Duration, each func(site string, u *unpacker) error) (*packs, error) {
	out := &packs{
		sites: sites, from: dayNumber(p.StartsAt.Add(-back)), to: dayNumber(p.EndsAt) + 1, before: s.packedBefore(), have: map[string][]bool{},
	}
	for _, site := range sites {
		out.have[site] = make([]bool, out.to-out.from)
	}
	var row struct {
		site string
		day  int
		rows []byte
	}
	err := ask(`SELECT site, day, CASE WHEN reach > ? THEN rows END FROM packed_days
			WHERE what = ? AND site IN ? AND day >= ? AND day < ? AND packed = marks`,
		[]any{p.StartsAt.UnixMilli(), string(what), sites, out.from, min(out.to, out.before)},
		[]any{&row.site, &row.day, &row.rows},
		func() error {
			out.have[row.site][row.day-out.from] = true
			if len(row.rows) == 0 {
				return nil
			}
			return each(row.site, newUnpacker(row.day, row.rows))
		})
	return out, err
}

// good reports whether a day of a site was read from its pack.
func (p *packs) good(site string, day int) bool {
	return day >= p.from && day < p.to && p.have[site][day-p.from]
}

// none reports whether no day was.
func (p *packs) none() bool {
	for _, days := range p.have {
		if slices.Contains(days, true) {
			return false
		}
	}
	return true
}

// rest returns what must be read row by row: sites together that lack the same
// days, and days in a row as one.
func (p *packs) rest() []unpackedPart {
	var out []unpackedPart
	for day := p.from; day < p.to; day++ {
		var lack []string
		for _, site := range p.sites {
			if !p.have[site][day-p.from] {
				lack = append(lack, site)
			}
		}
		begins, ends := dayBegins(day), dayBegins(day+1)
		last := len(out) - 1
		switch {
		case len(lack) == 0:
		case last >= 0 && out[last].EndsAt.Equal(begins) && slices.Equal(out[last].sites, lack):
			out[last].EndsAt = ends
		default:
			out = append(out, unpackedPart{lack, Period{begins, ends}})
		}
	}
	return out
}
