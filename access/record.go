package access

import (
	"context"
	"slices"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// record commits the passage and what follows from it. It returns the passage of
// the scan that this one repeats, and then has written nothing. models.ErrStale
// means that the scan was judged by what is no longer so.
func (s *Service) record(ctx context.Context, sc *scan) (first string, err error) {
	rec := models.ScanRecord{
		Scan: sc.claim(), Debounce: sc.debounce, Passage: s.passageOf(sc),
	}
	late := sc.facts.NewestMS != nil && *sc.facts.NewestMS >= rec.Passage.AtMS
	if counts(rec.Passage) {
		rec.Moves = sc.facts.SubjectMoves
		if !late {
			sc.follow(&rec, rec.Passage)
		}
	}
	if !late && !sc.consequences() {
		return s.recordScan(ctx, &rec)
	}
	if !late {
		if stored, err := s.recordedComing(ctx, sc, rec); stored || err != nil {
			return "", err
		}
	}
	err = s.doors.InTx(ctx, func(tx *models.Store) error {
		first, err = s.recordMore(ctx, tx, sc, rec, late)
		return err
	})
	return first, err
}

// recordedComing stores a scan that only checks in bookings of its holder together
// with others, and reports whether it could: if not, nothing is stored.
func (s *Service) recordedComing(ctx context.Context, sc *scan, rec models.ScanRecord) (bool, error) {
	var err error
	if rec.CheckIns, err = sc.checkIns(rec.Passage); err != nil || rec.CheckIns == nil {
		return false, err
	}
	return s.recordedTogether(ctx, &rec), nil
}

// zone is where the holder goes.
func (sc *scan) zone() entry.Zone {
	zone, _ := sc.in.Site.Zone(sc.d.Zone)
	return zone
}

// consequences reports whether the passage changes more than presence, or rests
// on more, or is to be told of.
func (sc *scan) consequences() bool {
	if !sc.d.Open {
		return sc.view.Hears(models.HookPassageDenied, sc.site.Slug)
	}
	if sc.d.Direction != entry.Entry {
		return false
	}
	return sc.zone().Capacity > 0 || sc.facts.Awaited() || sc.newGuest()
}

// recordMore is record for a scan with consequences, and for one that is not the
// newest passage of its holder: then the whole history is folded anew.
func (s *Service) recordMore(ctx context.Context, tx *models.Store, sc *scan, rec models.ScanRecord, late bool) (string, error) {
	if err := s.holdPlace(ctx, tx, sc); err != nil {
		return "", err
	}
	var came []models.ID
	var first string
	var err error
	if sc.facts.Awaited() && comesIn(rec.Passage) && counts(rec.Passage) {
		first, came, err = tx.RecordArrival(ctx, rec, sc.arrival(), rec.Passage.At().Truncate(time.Second))
	} else {
		first, err = tx.RecordScan(ctx, rec)
	}
	if err != nil || first != "" {
		return first, err
	}
	if err := tx.AnnounceDenied(ctx, sc.view.Catalogue, rec.Passage); err != nil || !counts(rec.Passage) {
		return "", err
	}
	if late {
		if err := s.refold(ctx, tx, sc.view.tree, []string{rec.Passage.Subject}); err != nil {
			return "", err
		}
	}
	return "", s.arrive(ctx, tx, sc, rec.Passage, came)
}

// arrival is the holder's coming to the site.
func (sc *scan) arrival() models.Arrival {
	return models.Arrival{Site: sc.site, Member: sc.facts.MemberID, Booking: sc.facts.BookingID}
}

func (sc *scan) claim() models.Scan {
	return models.Scan{
		GateID: sc.gate.ID, Direction: string(sc.in.Gate.Way(sc.in.Asked)), Scan: entry.ScanKey(sc.in.Text),
		AtMS: sc.in.Now.UnixMilli(), PassageID: sc.passageID,
	}
}

// holdPlace keeps the last free place of a zone with a limit until the commit, or
// finds that it is gone.
func (s *Service) holdPlace(ctx context.Context, tx *models.Store, sc *scan) error {
	zone := sc.zone()
	if zone.Capacity == 0 || sc.d.Direction != entry.Entry || !sc.d.Open {
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
