package models

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// pastOf asks what the presence of holders is made of, of those that which names:
// nothing where there are none.
func pastOf(qs []ScanQuery, found []Scanned, which func(i int) bool) []statement {
	var of []int
	var subjects []string
	var doubts []int64
	for i := range qs {
		if which(i) {
			of, subjects, doubts = append(of, i), append(subjects, qs[i].Subject), append(doubts, qs[i].doubt())
		}
	}
	if len(of) == 0 {
		return nil
	}
	var c columns
	c.add("subject", "text", subjects)
	c.add("doubt", "bigint", doubts)
	text := "SELECT q.nth, x.* FROM " + c.inOrder("q") + " CROSS JOIN LATERAL (SELECT " + foldColumns + " FROM passages " +
		strings.NewReplacer("@subject", "q.subject", "@doubt", "q.doubt").Replace(sinceOutside) + " OFFSET 0) x"
	st := statement{read: func(rows pgx.Rows) error {
		for rows.Next() {
			var nth int
			var p Passage
			if err := rows.Scan(append([]any{&nth}, foldFields(&p)...)...); err != nil {
				return err
			}
			into := &found[of[nth-1]]
			into.Past = append(into.Past, p)
		}
		return rows.Err()
	}}
	st.sql, st.args = numbered(text, c.arrays)
	return []statement{st}
}

// hostZones is where somebody is at a site, by each of the subjects they have had:
// 0 where they are not. It is asked for guests alone and by subject, and so no plan
// reads all who are inside, whatever their number was when it was made.
const hostZones = `s.subject, COALESCE((SELECT p.zone_id FROM presences p WHERE p.subject = s.subject AND p.site = @site AND p.closed_ms IS NULL), 0)`

// hostsOf asks where the hosts of guests are: nothing where there are none.
func hostsOf(qs []ScanQuery, found []Scanned) []statement {
	var of []int
	var hosts []ID
	var sites []string
	for i := range qs {
		if found[i].Facts.hosted() {
			of, hosts, sites = append(of, i), append(hosts, *found[i].Facts.OrganizerID), append(sites, qs[i].Site.Slug)
		}
	}
	if len(of) == 0 {
		return nil
	}
	var c columns
	c.add("host", "uuid", hosts)
	c.add("site", "text", sites)
	st := statement{read: func(rows pgx.Rows) error {
		for rows.Next() {
			var nth, zone int
			var subject string
			if err := rows.Scan(&nth, &subject, &zone); err != nil {
				return err
			}
			found[of[nth-1]].Facts.hostIn(subject, zone)
		}
		return rows.Err()
	}}
	st.sql, st.args = numbered("SELECT q.nth, "+strings.Replace(hostZones, "@site", "q.site", 1)+
		" FROM "+c.inOrder("q")+" JOIN subjects s ON s.member_id = q.host", c.arrays)
	return []statement{st}
}

// findHost is hostsOf for one scan, on SQLite.
func (s *Store) findHost(ctx context.Context, q *ScanQuery, f *ScanFacts) error {
	if !f.hosted() {
		return nil
	}
	var rows []struct {
		Subject string
		Zone    int
	}
	err := s.r(ctx).Raw("SELECT "+hostZones+" AS zone FROM subjects s WHERE s.member_id = @host",
		map[string]any{"site": q.Site.Slug, "host": *f.OrganizerID}).Find(&rows).Error
	for _, r := range rows {
		f.hostIn(r.Subject, r.Zone)
	}
	return err
}

// hosted reports whether the holder is a guest of somebody.
func (f *ScanFacts) hosted() bool { return f.GuestID != nil && f.OrganizerID != nil }

func (f *ScanFacts) hostIn(subject string, zone int) {
	if zone != 0 {
		f.HostSubject, f.HostZone = subject, zone
	}
}
