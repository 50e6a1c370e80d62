package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrSameMember means that an account was to be merged into itself.
var ErrSameMember = fault.New(fault.Invalid, "same_member", "an account cannot be merged into itself")

// Merged is an account after it took another one in.
type Merged struct {
	Member models.Member
	Sites  []string // that it works for now
	Closed models.Member
	Moved  models.Moved
	Coming int // of the bookings that moved, those that are not over
	// Misfits are coming bookings that the rules would refuse the one person who
	// holds them now: over an allowance, too many open. They stand, since they were
	// promised.
	Misfits []Misfit
}

// Merge makes one account of two that are the same person's: all that gone has
// goes to kept, and gone is closed and says where it went. ErrHolderBusy when the
// person would sit on two seats at once, which has to be cleared first.
func (s *Service) Merge(ctx context.Context, by models.Principal, kept, gone models.ID) (out Merged, err error) {
	if !by.Admin() {
		return out, models.ErrForbidden
	}
	if kept == gone {
		return out, ErrSameMember.On("merge")
	}
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		if out.Member, out.Closed, err = lockBoth(ctx, tx, kept, gone); err != nil {
			return err
		}
		clash, err := tx.SeatsClash(ctx, kept, gone)
		if err != nil {
			return fmt.Errorf("look for seats at the same time: %w", err)
		}
		if clash {
			return ErrHolderBusy.On("merge")
		}
		return s.unite(ctx, tx, by, &out)
	})
	if err != nil {
		return out, err
	}
	coming, err := s.Coming(ctx, by, out.Member.ID)
	if err != nil {
		return out, err
	}
	for _, r := range coming {
		if slices.Contains(out.Moved.Bookings, r.ID) {
			out.Coming++
		}
	}
	out.Misfits, err = s.misfitsOf(ctx, &out.Member, coming)
	return out, err
}

// errOnlyLooked takes back what PreviewMerge did to see it.
var errOnlyLooked = errors.New("only looked")

// PreviewMerge says what Merge would do, or why it would not, and changes nothing:
// it merges and takes it all back.
func (s *Service) PreviewMerge(ctx context.Context, by models.Principal, kept, gone models.ID) (out Merged, err error) {
	err = s.store.Enclose(ctx, func(ctx context.Context) error {
		if out, err = s.Merge(ctx, by, kept, gone); err != nil {
			return err
		}
		return errOnlyLooked
	})
	if errors.Is(err, errOnlyLooked) {
		return out, nil
	}
	return out, err
}

// lockBoth takes both rows in one order, whichever is kept.
func lockBoth(ctx context.Context, tx *models.Store, kept, gone models.ID) (k, g models.Member, err error) {
	ids := []models.ID{kept, gone}
	slices.SortFunc(ids, func(a, b models.ID) int { return strings.Compare(a.String(), b.String()) })
	for _, id := range ids {
		m, err := tx.LockMember(ctx, id)
		if err != nil {
			return k, g, err
		}
		if m.ErasedAt != nil {
			return k, g, models.ErrNotFound
		}
		if m.MergedInto != nil {
			return k, g, models.ErrMerged
		}
		if id == kept {
			k = m
		} else {
			g = m
		}
	}
	return k, g, nil
}

// unite writes the merged accounts. The audit entry keeps what went where, and the
// address that is free now as words about a person, which can be erased.
func (s *Service) unite(ctx context.Context, tx *models.Store, by models.Principal, m *Merged) error {
	sites, err := tx.StaffSites(ctx, m.Member.ID)
	if err != nil {
		return err
	}
	others, err := tx.StaffSites(ctx, m.Closed.ID)
	if err != nil {
		return err
	}
	before, address := m.Closed, m.Closed.Email
	if m.Moved, err = tx.MoveMember(ctx, m.Closed.ID, m.Member.ID); err != nil {
		return err
	}
	if err := tx.CloseInto(ctx, &m.Closed, m.Member.ID); err != nil {
		return err
	}
	m.Sites = m.Member.Absorb(&before, sites, others)
	if err := tx.UpdateMember(ctx, &m.Member, m.Sites); err != nil {
		return err
	}
	if err := announceMoved(ctx, tx, m); err != nil {
		return fmt.Errorf("tell webhooks: %w", err)
	}
	return tx.AuditSaid(ctx, by, "member.merge", "member", m.Member.ID.String(), "", map[string]any{
		"gone": m.Closed.ID, "moved": m.Moved, "role": before.Role, "company": before.Company(), "plan": before.PlanID,
		"home_site": before.HomeSite, "sites": others, "suspended": before.SuspendedAt != nil,
	}, address)
}

// announceMoved tells webhooks of the bookings that have another holder now and are
// not over.
func announceMoved(ctx context.Context, tx *models.Store, m *Merged) error {
	cat, err := tx.Catalogue(ctx)
	if err != nil {
		return err
	}
	rows, err := tx.HeldByMembers(ctx, []models.ID{m.Member.ID})
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(b models.Booking) bool { return !slices.Contains(m.Moved.Bookings, b.ID) })
	return tx.AnnounceChanges(ctx, cat, "member.merge", pointers(rows)...)
}

// misfitsOf judges all that a member has to come by the rules that count now.
func (s *Service) misfitsOf(ctx context.Context, m *models.Member, coming []Record) ([]Misfit, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := cat.PlanOf(m)
	if err != nil {
		return nil, fmt.Errorf("find plan of member: %w", err)
	}
	return s.judgeComing(cat, plan, coming), nil
}
