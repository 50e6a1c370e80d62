package access

import (
	"context"
	"slices"

	"kyoten/access/entry"
	"kyoten/models"
)

// staffPassage returns the passage that a member of staff causes: what it is about
// is for the caller to fill in.
func (s *Service) staffPassage(p models.Principal, site string, reason entry.Reason, text string) models.Passage {
	now := s.millis()
	at := now.UnixMilli()
	return models.Passage{
		ID: newPassageID(), Site: site, Direction: string(entry.Entry), Decision: string(reason.Verdict()), Reason: string(reason),
		Opened: true, AtMS: at, GateTimeMS: at, ReceivedMS: at, ClockState: string(entry.Trusted), Online: true,
		Seq: s.nextSeq(now), Flags: models.Strings{}, StaffID: memberID(p), ReasonText: text,
	}
}

// corrections are what staff may say of somebody's presence.
var corrections = map[string]entry.Reason{
	"in": entry.SetIn, "out": entry.SetOut, "safe": entry.MarkedSafe, "not_safe": entry.SafeUndone,
}

// Correct says that somebody is in, is out, is safe, or is not known to be so after
// all, whatever the gates have seen: a passage like any other, with who said it and why.
func (s *Service) Correct(ctx context.Context, p models.Principal, slug, subject, state, why string) (models.Passage, error) {
	v, err := s.renewView(ctx)
	if err != nil {
		return models.Passage{}, err
	}
	if _, err := v.Site(slug); err != nil {
		return models.Passage{}, err
	}
	reason, known := corrections[state]
	switch {
	case !p.Runs(slug):
		return models.Passage{}, models.ErrForbidden
	case !known:
		return models.Passage{}, models.ErrInvalidInput.On("state").Saying("presence")
	}
	row := s.staffPassage(p, slug, reason, why)
	row.Subject, row.ZoneID, row.Opened = subject, v.OuterZone(slug), false
	if reason == entry.SetOut {
		row.Direction = string(entry.Exit)
	}
	return row, s.recordByHand(ctx, p, v, row, "presence."+state)
}

// recordByHand stores a passage that staff caused and what follows from it.
// ErrNotFound when nobody knows the subject.
func (s *Service) recordByHand(ctx context.Context, p models.Principal, v *view, row models.Passage, action string) error {
	return s.store.InTx(ctx, func(tx *models.Store) error {
		held, err := tx.MoveSubjects(ctx, []string{row.Subject})
		if err != nil {
			return err
		}
		if !slices.Contains(held, row.Subject) {
			return models.ErrNotFound.On("subject")
		}
		return s.insertByHand(ctx, tx, p, v, row, action)
	})
}

// insertByHand is recordByHand within a transaction that holds the subject.
func (s *Service) insertByHand(ctx context.Context, tx *models.Store, p models.Principal, v *view, row models.Passage, action string) error {
	if err := tx.InsertPassages(ctx, []models.Passage{row}); err != nil {
		return err
	}
	if err := s.refold(ctx, tx, v.tree, []string{row.Subject}); err != nil {
		return err
	}
	site := row.Site
	tx.AfterCommit(func() { s.hub.wake(site) })
	return tx.AuditSaid(ctx, p, action, "passage", row.ID, row.Site, map[string]any{"subject": row.Subject}, row.ReasonText)
}
