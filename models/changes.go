package models

import (
	"context"
	"slices"
	"sync"

	"gorm.io/gorm/clause"
)

// Change is what a commit changed of what open pages show: which spaces of a site
// are held and when, or who is there. Without a site anything may have changed.
type Change struct {
	Site  string
	Holds []SpaceClaim // what is held now and was not before, or the other way round
	Heads bool         // who is inside, or has checked in
}

// changeFeed hands on what this server commits, and what others tell it.
type changeFeed struct {
	mu     sync.Mutex
	last   int
	follow map[int]func(Change, bool)
}

// OnChange has f called with every change from now on, those included that other
// servers on the same database commit while RelayChanges runs. f must not block.
func (s *Store) OnChange(f func(Change)) (stop func()) {
	return s.changes.join(func(c Change, _ bool) { f(c) })
}

func (f *changeFeed) join(told func(c Change, ours bool)) (stop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.follow == nil {
		f.follow = map[int]func(Change, bool){}
	}
	f.last++
	name := f.last
	f.follow[name] = told
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.follow, name)
	}
}

// tell hands a change on; ours says that this server committed it.
func (f *changeFeed) tell(c Change, ours bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, told := range f.follow {
		told(c, ours)
	}
}

// changed tells of changes once what ctx is enclosed in is committed.
func (s *Store) changed(ctx context.Context, changes ...Change) {
	s.in(ctx).AfterCommit(func() {
		for _, c := range changes {
			s.changes.tell(c, true)
		}
	})
}

// holdChanges says, site by site, which spaces the rows hold or held.
func holdChanges(rows ...BookingSpace) []Change {
	var out []Change
	for _, r := range rows {
		i := slices.IndexFunc(out, func(c Change) bool { return c.Site == r.Site })
		if i < 0 {
			i, out = len(out), append(out, Change{Site: r.Site})
		}
		out[i].Holds = append(out[i].Holds, SpaceClaim{r.SpaceID, Period{r.StartsAt, r.EndsAt}})
	}
	return out
}

// takeSpacesAway deletes the rows of bookings and tells that they hold nothing.
func (s *Store) takeSpacesAway(ctx context.Context, bookings ...ID) error {
	var gone []BookingSpace
	err := s.w(ctx).Clauses(clause.Returning{}).Where("booking_id IN ?", bookings).Delete(&gone).Error
	if err != nil {
		return err
	}
	return s.spacesChanged(ctx, gone...)
}

// spacesChanged tells whoever has to know that these rows are new or gone: open
// pages, and the reports.
func (s *Store) spacesChanged(ctx context.Context, rows ...BookingSpace) error {
	s.changed(ctx, holdChanges(rows...)...)
	return s.markUses(ctx, rows...)
}
