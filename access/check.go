package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// checkAttempts bounds how often a scan is judged anew because something else
// about its holder was written while it was judged.
const checkAttempts = 10

var errBusy = errors.New("the holder's passages keep changing")

// Check answers a scan at an online gate. When it says open, the passage is
// committed. The same text at the same gate and direction within the debounce
// gets the first answer again, whichever servers were asked, and makes no second
// passage.
//
// An error means that nothing could be judged at all. When the database fails
// later, at the record, that is an answer too (log_unavailable): an entry is
// refused, an exit stays open, and CheckResult.Cause says why.
func (s *Service) Check(ctx context.Context, gate models.Principal, text string, asked entry.Direction) (CheckResult, error) {
	if gate.Gate == nil {
		return CheckResult{}, models.ErrForbidden
	}
	s.Heard(ctx, gate.Gate)
	return s.settle(ctx, func() (*scan, error) { return s.judge(ctx, gate, text, asked) })
}

// settle judges a scan and records what was decided, anew when something else
// about its holder was written meanwhile.
func (s *Service) settle(ctx context.Context, judge func() (*scan, error)) (CheckResult, error) {
	for range checkAttempts {
		sc, err := judge()
		if err != nil {
			return CheckResult{}, fmt.Errorf("check a code: %w", err)
		}
		switch {
		case sc.facts.FirstPassage != "":
			return s.repeated(ctx, sc, sc.facts.FirstPassage)
		case !sc.stored():
			return s.answered(sc), nil
		}
		first, err := s.record(ctx, sc)
		switch {
		case errors.Is(err, models.ErrStale):
			continue // another passage of the same holder came in between
		case errors.Is(err, models.ErrConflict):
			if err := s.countOn(ctx, sc.gate.ID); err != nil {
				return CheckResult{}, err
			}
			continue
		case err != nil:
			return s.unlogged(sc, err), nil
		case first != "":
			return s.repeated(ctx, sc, first)
		}
		if sc.d.Open && sc.d.Subject != 0 {
			s.hub.wake(sc.site.Slug)
		}
		return s.answered(sc), nil
	}
	return CheckResult{}, errBusy
}

// scan is one text at one gate on its way to an answer.
type scan struct {
	by        models.Principal
	gate      *models.Gate
	site      *models.Site
	view      *view
	facts     models.ScanFacts
	in        entry.Input
	d         entry.Decision
	passageID string
	debounce  time.Duration // within which the same scan gets the first answer

	revocations []models.Revocation // of the pass, its holder, its company
	passages    []models.Passage    // of the holder, since outside
}

// stored reports whether the scan becomes a passage. Input that proved nothing is
// counted only, unless it opened a door.
func (sc *scan) stored() bool { return sc.d.Subject != 0 || sc.d.Open }

// judge reads what is known about the code and decides.
func (s *Service) judge(ctx context.Context, by models.Principal, text string, asked entry.Direction) (*scan, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	for {
		sc, err := s.judgeBy(ctx, v, by, text, asked)
		if err != nil {
			return nil, err
		}
		if sc.facts.CatalogueVersion == v.Version || !sc.dated() {
			return sc, nil
		}
		if v, err = s.renewView(ctx); err != nil {
			return nil, err
		}
		if sc.facts.CatalogueVersion == 0 { // nothing was read: judged once more by the newest keys
			return s.judgeBy(ctx, v, by, text, asked)
		}
	}
}

// dated reports whether newer settings could change the answer. What has not the
// form of a code stays garbage.
func (sc *scan) dated() bool {
	return sc.d.Reason != entry.BadFormat && sc.d.Reason != entry.UnsupportedVersion && !slices.Contains(sc.d.Warnings, entry.BadFormat)
}

// judgeBy decides by one view of the settings.
func (s *Service) judgeBy(ctx context.Context, v *view, by models.Principal, text string, asked entry.Direction) (*scan, error) {
	site, err := v.Site(by.Gate.Site)
	if err != nil {
		return nil, err
	}
	sc := &scan{by: by, gate: by.Gate, site: site, view: v, passageID: newPassageID(), debounce: entry.Debounce}
	sc.in = entry.Input{
		Text: text, Gate: doorOf(by.Gate), Asked: asked, Now: s.millis(),
		Site: v.sites[site.Slug], Memory: entry.NewMemory(), Verified: &s.verified,
	}
	if code, reason := entry.Parse(text); reason == "" {
		if err := s.look(ctx, sc, code); err != nil {
			return nil, err
		}
	}
	sc.d = entry.Decide(sc.in)
	return sc, nil
}

// look reads what the tables know about the code: nothing of it is believed
// before Decide has verified the signature.
func (s *Service) look(ctx context.Context, sc *scan, code entry.Code) (err error) {
	b, subject := code.Body, code.Body.Subject.String()
	sc.facts, sc.passages, err = s.scanFacts(ctx, models.ScanQuery{
		Scan: sc.claim(), Debounce: sc.debounce,
		Pass: b.Pass.String(), Subject: subject, Company: int(b.Company), Step: int64(code.Step),
		Site: sc.site, Zone: int(sc.in.Gate.ToZone), Now: sc.in.Now, StepFrom: sc.in.Now.Add(-replayMatters),
		Leaving: sc.in.Gate.Way(sc.in.Asked) == entry.Exit,
	})
	if err != nil {
		return err
	}
	if sc.facts.Revoked {
		sc.revocations, err = s.doors.RevocationsOf(ctx, b.Pass.String(), sc.facts.MemberID, int(b.Company))
		if err != nil {
			return err
		}
	}
	sc.in.Fresh = sc.fresh(b)
	sc.remember(code)
	return s.countHeads(ctx, s.doors, sc)
}

// countHeads puts the head count of the zone into the memory, where it has a limit.
func (s *Service) countHeads(ctx context.Context, store *models.Store, sc *scan) error {
	zone, _ := sc.in.Site.Zone(sc.in.Gate.ToZone)
	if zone.Capacity == 0 || sc.in.Gate.Way(sc.in.Asked) != entry.Entry {
		return nil
	}
	heads, err := store.HeadsIn(ctx, sc.view.zonesWithin(zone.ID))
	sc.in.Memory.Heads[zone.ID] = heads
	return err
}

// doorOf returns the gate as package entry knows it.
func doorOf(g *models.Gate) entry.Gate {
	return entry.Gate{
		ID: g.ID.String(), FromZone: entry.ZoneID(orZero(g.FromZone)), ToZone: entry.ZoneID(g.ToZone),
		Direction: entry.Direction(g.Direction), ExitOpens: entry.ExitOpens(g.ExitOpens),
	}
}

// replayMatters is how long ago a step can have been used to matter now: far
// longer than a step is fresh.
const replayMatters = 15 * time.Minute
