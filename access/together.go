package access

import (
	"context"
	"slices"

	"kyoten/internal/gather"
	"kyoten/models"
)

// togetherSize is how many scans are looked up or recorded together at the most,
// and how many such batches are at work at once. Nobody waits for company: what
// comes while the database is at work is gathered for the next batch. With two at
// once those are so small that the database works twice as long for a scan.
var togetherSize = gather.Size{Most: 40, Width: 1}

// asking is a question about a scan.
type asking struct {
	ctx   context.Context
	query models.ScanQuery

	found models.Scanned
	err   error
}

// scanFacts reads what is known about a code, together with what others ask at
// the same time. The reading begins after the question was asked, as it would alone.
func (s *Service) scanFacts(ctx context.Context, q models.ScanQuery) (models.ScanFacts, []models.Passage, error) {
	a := &asking{ctx: ctx, query: q, err: models.ErrUnavailable}
	if s.doors.Enclosed(ctx) || !s.looks.Do(a) {
		s.ask(a)
	}
	return a.found.Facts, a.found.Past, a.err
}

func (s *Service) ask(a *asking) {
	found, err := s.doors.ScanFacts(a.ctx, a.query)
	if a.err = err; err == nil {
		a.found = found[0]
	}
}

// askTogether asks for all of the batch at once. Should that fail, each is asked
// about by itself: what fails for one concerns no other.
func (s *Service) askTogether(batch []*asking) {
	if len(batch) > 1 {
		ctx, cancel := gather.Context(batch[0].ctx)
		defer cancel()
		queries := make([]models.ScanQuery, len(batch))
		for i, a := range batch {
			queries[i] = a.query
		}
		if found, err := s.doors.ScanFacts(ctx, queries...); err == nil {
			for i, a := range batch {
				a.found, a.err = found[i], nil
			}
			return
		}
	}
	for _, a := range batch {
		s.ask(a)
	}
}

// recording is a scan that was judged and has yet to be stored.
type recording struct {
	ctx    context.Context
	record *models.ScanRecord
	stored bool
}

// recordScan stores a scan, together with others that come at the same time where
// it can. Those that the batch leaves out are stored alone, and have lost nothing.
func (s *Service) recordScan(ctx context.Context, rec *models.ScanRecord) (first string, err error) {
	if s.recordedTogether(ctx, rec) {
		return "", nil
	}
	if !s.doors.Enclosed(ctx) {
		return s.doors.RecordScan(ctx, *rec)
	}
	// What fails here is tried again, and must not end the transaction around it.
	err = s.doors.InTx(ctx, func(tx *models.Store) error {
		first, err = tx.RecordScan(ctx, *rec)
		return err
	})
	return first, err
}

// recordedTogether stores a scan and its check-ins with others that come at the
// same time, and reports whether it could: if not, nothing is stored.
func (s *Service) recordedTogether(ctx context.Context, rec *models.ScanRecord) bool {
	if rec.Moves == nil || s.doors.Enclosed(ctx) {
		return false
	}
	r := &recording{ctx: ctx, record: rec}
	return s.records.Do(r) && r.stored
}

// recordTogether stores those of the batch that have nothing to do with each
// other, in one transaction.
func (s *Service) recordTogether(batch []*recording) {
	all := apart(batch)
	records := make([]*models.ScanRecord, len(all))
	for i, r := range all {
		records[i] = r.record
	}
	ctx, cancel := gather.Context(all[0].ctx)
	defer cancel()
	stored, err := s.doors.RecordScans(ctx, records)
	if err != nil {
		return
	}
	for i, r := range all {
		r.stored = stored[i]
	}
}

// apart returns those whose holder is not that of an earlier one, whose bookings
// those of an earlier one are not, and whose text is the first for as long.
func apart(batch []*recording) (out []*recording) {
	for _, r := range batch {
		related := func(o *recording) bool {
			return o.record.Passage.Subject == r.record.Passage.Subject || o.record.CheckIns.SameMember(r.record.CheckIns)
		}
		if r.record.Debounce == batch[0].record.Debounce && !slices.ContainsFunc(out, related) {
			out = append(out, r)
		}
	}
	return out
}
