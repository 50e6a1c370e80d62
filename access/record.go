package access

import (
	"context"
	"slices"

	"kyoten/access/entry"
	"kyoten/models"
)

// record commits the passage and what follows from it. It returns the passage of
// the scan that this one repeats, and then has written nothing. models.ErrStale
// means that the scan was judged by what is no longer so.
func (s *Service) record(ctx context.Context, sc *scan) (first string, err error) {
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		first, err = tx.ClaimScan(ctx, sc.claim(), entry.Debounce)
		if err != nil || first != "" {
			return err
		}
		if err := s.hold(ctx, tx, sc); err != nil {
			return err
		}
		p := s.passageOf(sc)
		if err := tx.InsertPassage(ctx, sc.by, p); err != nil {
			return err
		}
		if !counts(p) {
			return nil
		}
		if err := s.follow(ctx, tx, sc, p); err != nil {
			return err
		}
		return s.arrive(ctx, tx, sc, p)
	})
	return first, err
}

func (sc *scan) claim() models.Scan {
	return models.Scan{
		GateID: sc.gate.ID, Direction: string(sc.d.Direction), Scan: entry.ScanKey(sc.in.Text),
		AtMS: sc.in.Now.UnixMilli(), PassageID: sc.passageID,
	}
}

// hold keeps what the decision rests on from changing until the commit, or finds
// that it has changed already: the holder's presence, and the last free place.
func (s *Service) hold(ctx context.Context, tx *models.Store, sc *scan) error {
	if !sc.d.Open || sc.d.Subject == 0 {
		return nil
	}
	if sc.facts.SubjectMoves != nil {
		if err := tx.MoveSubject(ctx, sc.d.Subject.String(), *sc.facts.SubjectMoves); err != nil {
			return err
		}
	}
	zone, _ := sc.in.Site.Zone(sc.d.Zone)
	if zone.Capacity == 0 || sc.d.Direction != entry.Entry {
		return nil
	}
	if err := tx.LockZone(ctx, int(zone.ID)); err != nil {
		return err
	}
	if err := s.countHeads(ctx, tx, sc); err != nil {
		return err
	}
	if again := entry.Decide(sc.in); again.Reason != sc.d.Reason {
		return models.ErrStale
	}
	return nil
}

// passageOf returns the row that says what the gate did.
func (s *Service) passageOf(sc *scan) models.Passage {
	at := sc.in.Now.UnixMilli()
	p := models.Passage{
		ID: sc.passageID, GateID: &sc.gate.ID, Site: sc.site.Slug, ZoneID: int(sc.d.Zone),
		Direction: string(sc.d.Direction), Decision: string(sc.d.Verdict), Reason: string(sc.d.Reason), Opened: sc.d.Open,
		AtMS: at, GateTimeMS: at, ReceivedMS: at, ClockState: string(entry.Trusted), Online: true,
		Seq: s.nextSeq(sc.in.Now), Flags: warningsOf(sc.d),
	}
	if sc.d.Subject != 0 {
		p.PassID, p.Subject, p.Step = sc.d.Pass.String(), sc.d.Subject.String(), int64(sc.d.Step)
		p.BookingID = sc.facts.BookingID
	}
	return p
}

// warningsOf returns what did not decide, as flags of the passage.
func warningsOf(d entry.Decision) models.Strings {
	flags := make(models.Strings, 0, len(d.Warnings))
	for _, w := range d.Warnings {
		if !slices.Contains(flags, string(w)) {
			flags = append(flags, string(w))
		}
	}
	return flags
}
