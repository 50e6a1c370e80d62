package access

import (
	"context"
	"maps"
	"slices"

	"kyoten/access/entry"
	"kyoten/models"
)

// follow works out where p, the newest passage of the holder, takes them: the
// visits that it opens or ends, and the presence after it.
func (sc *scan) follow(rec *models.ScanRecord, p models.Passage) {
	tree := sc.view.tree
	before := entry.Fold(tree, foldable(sc.passages))
	after := entry.Fold(tree, foldable(append(sc.passages[:len(sc.passages):len(sc.passages)], p)))
	var had []models.Visit
	for _, v := range before.Visits {
		had = append(had, visitRow(p.Subject, v))
	}
	c := change(tree, p.Subject, had, after)
	rec.Visits = c.put
	if len(c.present) == 1 {
		rec.Present = &c.present[0]
	} else {
		rec.Absent = sc.facts.StayZone != 0
	}
}

// refold makes visits and presence of the subjects anew from all their passages.
// The caller holds the subjects.
func (s *Service) refold(ctx context.Context, tx *models.Store, tree entry.Tree, subjects []string) error {
	from := make(map[string]int64, len(subjects))
	for _, subject := range subjects {
		from[subject] = 0
	}
	return s.refoldFrom(ctx, tx, tree, from)
}

// refoldFrom makes the visits of subjects anew that begin at or after an instant
// of each at which the subject was outside.
func (s *Service) refoldFrom(ctx context.Context, tx *models.Store, tree entry.Tree, from map[string]int64) error {
	if len(from) == 0 {
		return nil
	}
	subjects := slices.Sorted(maps.Keys(from))
	earliest := slices.Min(slices.Collect(maps.Values(from)))
	passages, err := tx.PassagesToFold(ctx, subjects, earliest)
	if err != nil {
		return err
	}
	passages = slices.DeleteFunc(passages, func(p models.Passage) bool { return p.Subject != "" && p.AtMS < from[p.Subject] })
	visits, err := tx.VisitsOfSubjects(ctx, subjects, earliest)
	if err != nil {
		return err
	}
	had := map[string][]models.Visit{}
	for _, v := range visits {
		if v.EnteredMS >= from[v.Subject] {
			had[v.Subject] = append(had[v.Subject], v)
		}
	}
	histories := entry.FoldAll(tree, foldable(passages))
	var all changes
	for _, subject := range subjects {
		if id, err := entry.ParseSubject(subject); err == nil {
			all.add(change(tree, subject, had[subject], histories[id]))
		}
	}
	return s.write(ctx, tx, all)
}

// changes is what must be written for stored visits and presences to be those of
// a fold.
type changes struct {
	put     []models.Visit
	drop    []models.Visit
	present []models.Presence
	absent  []string
}

func (c *changes) add(o changes) {
	c.put, c.drop = append(c.put, o.put...), append(c.drop, o.drop...)
	c.present, c.absent = append(c.present, o.present...), append(c.absent, o.absent...)
}

// change compares the visits a subject had with those of the fold.
func change(tree entry.Tree, subject string, had []models.Visit, h entry.History) changes {
	var c changes
	old := make(map[visitKey]models.Visit, len(had))
	for _, v := range had {
		old[keyOf(v)] = v
	}
	for _, v := range h.Visits {
		row := visitRow(subject, v)
		if before, ok := old[keyOf(row)]; !ok || !sameVisit(before, row) {
			c.put = append(c.put, row)
		}
		delete(old, keyOf(row))
	}
	for _, v := range old {
		c.drop = append(c.drop, v)
	}
	if h.Stay.Zone == 0 {
		c.absent = []string{subject}
		return c
	}
	c.present = []models.Presence{{
		Subject: subject, Site: tree[h.Stay.Zone].Site, ZoneID: int(h.Stay.Zone),
		SinceMS: h.Stay.Since.UnixMilli(), LastEntryMS: h.Stay.LastEntry.UnixMilli(),
		ClosedMS: millisOrNil(h.Stay.ClosedAt), SafeMS: millisOrNil(h.SafeAt),
	}}
	return c
}

// write stores the changes.
func (s *Service) write(ctx context.Context, tx *models.Store, c changes) error {
	if err := tx.DropVisits(ctx, c.drop); err != nil {
		return err
	}
	if err := tx.PutVisits(ctx, c.put); err != nil {
		return err
	}
	if err := tx.DropPresences(ctx, c.absent); err != nil {
		return err
	}
	return tx.PutPresences(ctx, c.present)
}

type visitKey struct {
	entry string
	zone  int
}

func keyOf(v models.Visit) visitKey { return visitKey{v.EntryID, v.ZoneID} }

func visitRow(subject string, v entry.Visit) models.Visit {
	flags := make(models.Strings, len(v.Flags))
	for i, f := range v.Flags {
		flags[i] = string(f)
	}
	return models.Visit{
		EntryID: v.Entry, ZoneID: int(v.Zone), Subject: subject, Site: v.Site,
		EnteredMS: v.EnteredAt.UnixMilli(), LeftMS: millisOrNil(v.LeftAt),
		ClosedBy: string(v.ClosedBy), ExitID: v.Exit, Flags: flags,
	}
}

func sameVisit(a, b models.Visit) bool {
	sameEnd := (a.LeftMS == nil) == (b.LeftMS == nil) && (a.LeftMS == nil || *a.LeftMS == *b.LeftMS)
	return sameEnd && a.EnteredMS == b.EnteredMS && a.ClosedBy == b.ClosedBy && a.ExitID == b.ExitID &&
		a.Site == b.Site && slices.Equal(a.Flags, b.Flags)
}

// foldable returns passages as the fold takes them.
func foldable(rows []models.Passage) []entry.Passage {
	out := make([]entry.Passage, len(rows))
	for i := range rows {
		out[i] = toEntry(&rows[i])
	}
	return out
}

func toEntry(p *models.Passage) entry.Passage {
	subject, _ := entry.ParseSubject(p.Subject) // "" is nobody
	gate := ""
	if p.GateID != nil {
		gate = p.GateID.String()
	}
	return entry.Passage{
		ID: p.ID, Subject: subject, Reason: entry.Reason(p.Reason), Direction: entry.Direction(p.Direction),
		Zone: entry.ZoneID(p.ZoneID), Site: p.Site, At: fromMillis(p.AtMS), Gate: gate, Boot: p.Boot, Seq: p.Seq,
	}
}

// counts reports whether the passage says anything about presence.
func counts(p models.Passage) bool {
	e := toEntry(&p)
	return p.Subject != "" && e.Counts()
}
