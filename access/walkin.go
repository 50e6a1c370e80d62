package access

import (
	"context"
	"errors"

	"kyoten/access/entry"
	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrWalkInOver means that a refused scan is too long ago to be answered by a
// seat, or was never one that a seat would help.
var ErrWalkInOver = fault.New(fault.Conflict, "walk_in_over", "the offer of a seat is over; show the code again")

// mayWalkIn reports whether a booking is all that the holder lacks, at a site
// that offers a seat to whoever comes without one.
func (sc *scan) mayWalkIn() bool {
	if sc.d.Reason != entry.NoBooking || !sc.site.WalkIns || sc.facts.MemberID == nil {
		return false
	}
	in, booked := sc.in, true
	in.Proven, in.Fresh.HasBooking = &entry.Proven{Body: sc.d.Body, Step: sc.d.Step}, &booked
	return entry.Decide(in).Open
}

// WalkInOf returns the member whom a gate refused for want of a booking, a moment
// ago: who may be given a seat now.
func (s *Service) WalkInOf(ctx context.Context, gate models.Principal, passage string) (models.ID, error) {
	p, err := s.refusedForNoBooking(ctx, gate, passage)
	if err != nil {
		return models.ID{}, err
	}
	holders, err := s.store.Holders(ctx, []string{p.Subject})
	if err != nil {
		return models.ID{}, err
	}
	if member := holders[p.Subject].MemberID; member != nil {
		return *member, nil
	}
	return models.ID{}, ErrWalkInOver
}

func (s *Service) refusedForNoBooking(ctx context.Context, gate models.Principal, id string) (models.Passage, error) {
	if gate.Gate == nil {
		return models.Passage{}, models.ErrForbidden
	}
	p, err := s.store.Passage(ctx, id)
	switch {
	case errors.Is(err, models.ErrNotFound), err == nil && (p.GateID == nil || *p.GateID != gate.Gate.ID):
		return p, models.ErrNotFound.On("passage_id")
	case err != nil:
		return p, err
	case p.Reason != string(entry.NoBooking), s.now().Sub(p.At()) > entry.WalkInLasts:
		return p, ErrWalkInOver
	}
	return p, nil
}

// refusedPass is refusedForNoBooking with the pass that was shown.
func (s *Service) refusedPass(ctx context.Context, gate models.Principal, passage string) (models.Passage, models.Pass, error) {
	refused, err := s.refusedForNoBooking(ctx, gate, passage)
	if err != nil {
		return refused, models.Pass{}, err
	}
	pass, err := s.store.Pass(ctx, refused.PassID)
	return refused, pass, err
}

// WalkIn answers a refused scan anew, now that its holder has a booking. What the
// code proved a moment ago at this gate need not be proved again; everything else
// is judged as it is now. However often it is asked, it is one passage.
func (s *Service) WalkIn(ctx context.Context, gate models.Principal, passage string) (CheckResult, error) {
	refused, pass, err := s.refusedPass(ctx, gate, passage)
	if err != nil {
		return CheckResult{}, err
	}
	return s.settle(ctx, func() (*scan, error) { return s.judgeWalkIn(ctx, gate, refused, &pass) })
}

// WalkInAt judges the holder of a pass whom an agent refuses for want of a
// booking, by what is known here. Nothing is recorded: the agent does that.
func (s *Service) WalkInAt(ctx context.Context, gate models.Principal, pass string) (CheckResult, error) {
	if gate.Gate == nil {
		return CheckResult{}, models.ErrForbidden
	}
	row, err := s.store.Pass(ctx, pass)
	if errors.Is(err, models.ErrNotFound) {
		return CheckResult{}, models.ErrNotFound.On("pass_id")
	}
	if err != nil {
		return CheckResult{}, err
	}
	return s.unrecorded(s.judgeWalkIn(ctx, gate, models.Passage{ID: "of " + pass}, &row))
}

// JudgeWalkIn is WalkIn for an agent, which lets its holder in by itself: what
// would be decided here, without a passage.
func (s *Service) JudgeWalkIn(ctx context.Context, gate models.Principal, passage string) (CheckResult, error) {
	refused, pass, err := s.refusedPass(ctx, gate, passage)
	if err != nil {
		return CheckResult{}, err
	}
	return s.unrecorded(s.judgeWalkIn(ctx, gate, refused, &pass))
}

func (s *Service) unrecorded(sc *scan, err error) (CheckResult, error) {
	if err != nil {
		return CheckResult{}, err
	}
	res := sc.result()
	res.PassageID = ""
	return res, nil
}

func (s *Service) judgeWalkIn(ctx context.Context, by models.Principal, refused models.Passage, pass *models.Pass) (*scan, error) {
	v, err := s.renewView(ctx)
	if err != nil {
		return nil, err
	}
	site, err := v.Site(by.Gate.Site)
	if err != nil {
		return nil, err
	}
	proven, err := provenBy(refused, pass)
	if err != nil {
		return nil, err
	}
	sc := &scan{by: by, gate: by.Gate, site: site, view: v, passageID: newPassageID(), debounce: 2 * entry.WalkInLasts}
	sc.in = entry.Input{
		Text: "walk-in " + refused.ID, Gate: doorOf(by.Gate), Asked: entry.Entry, Now: s.millis(),
		Site: v.sites[site.Slug], Memory: entry.NewMemory(), Proven: &proven,
	}
	if err := s.look(ctx, sc, entry.Code{Body: proven.Body, Step: proven.Step}); err != nil {
		return nil, err
	}
	sc.d = entry.Decide(sc.in)
	return sc, nil
}

// provenBy returns what the code of a passage has proved.
func provenBy(p models.Passage, pass *models.Pass) (entry.Proven, error) {
	body, err := bodyOf(pass)
	if body.Type = entry.Static; pass.Live {
		body.Type = entry.Live
	}
	return entry.Proven{Body: body, Step: uint32(p.Step)}, err //nolint:gosec // it was a uint32
}
