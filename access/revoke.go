package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

// NewRevocation takes the right to enter from one pass, one member or one
// company: exactly one of them is set.
type NewRevocation struct {
	Pass    string
	Member  *models.ID
	Company int
	Until   *time.Time // nil: until lifted
	Reason  string
}

// Revoke stores a revocation. Online gates hear of it at once. The desk takes the
// passes of its site, and blocks the members and companies it looks after.
func (s *Service) Revoke(ctx context.Context, p models.Principal, in NewRevocation) (models.Revocation, error) {
	row := models.Revocation{Until: in.Until, Reason: in.Reason, CreatedBy: memberID(p)}
	if in.Until != nil && !in.Until.After(s.store.Now()) {
		return row, models.ErrInvalidInput.On("until").Saying("future")
	}
	v, err := s.renewView(ctx)
	if err != nil {
		return row, err
	}
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		if err := name(ctx, tx, v, in, &row); err != nil {
			return err
		}
		if err := mayBlock(ctx, tx, p, &row); err != nil {
			return err
		}
		if err := tx.InsertRevocation(ctx, &row); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.hub.wake("") })
		return tx.Audit(ctx, p, "revocation.create", "revocation", row.ID.String(), "", map[string]any{
			"pass": row.PassID, "member": row.MemberID, "company": row.CompanyID, "until": row.Until,
		})
	})
	return row, err
}

// name puts into the row what the revocation is about, if it exists.
func name(ctx context.Context, tx *models.Store, v *view, in NewRevocation, row *models.Revocation) error {
	switch {
	case in.Pass != "" && in.Member == nil && in.Company == 0:
		pass, err := tx.Pass(ctx, in.Pass)
		if err != nil {
			return notFoundOn(err, "pass")
		}
		row.PassID = &pass.ID
	case in.Member != nil && in.Pass == "" && in.Company == 0:
		if _, err := tx.Member(ctx, *in.Member); err != nil {
			return notFoundOn(err, "member")
		}
		row.MemberID = in.Member
	case in.Company != 0 && in.Pass == "" && in.Member == nil:
		if _, err := v.Company(in.Company); err != nil {
			return notFoundOn(err, "company")
		}
		row.CompanyID = &in.Company
	default:
		return models.ErrInvalidInput.On("pass").Saying("one_to_revoke")
	}
	return nil
}

// Lift ends a revocation where it could have been made.
func (s *Service) Lift(ctx context.Context, p models.Principal, id models.ID) error {
	if !p.Admin() && !p.Staff() {
		return models.ErrForbidden
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		row, err := tx.Revocation(ctx, id)
		if err != nil {
			return err
		}
		if err := mayBlock(ctx, tx, p, &row); err != nil {
			return err
		}
		if err := tx.LiftRevocation(ctx, id); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.hub.wake("") })
		return tx.Audit(ctx, p, "revocation.lift", "revocation", id.String(), "", nil)
	})
}

// mayBlock refuses those for whom a revocation is not to make, and not to lift.
func mayBlock(ctx context.Context, tx *models.Store, p models.Principal, row *models.Revocation) error {
	blocks, err := whoseToBlock(ctx, tx, p, []models.Revocation{*row})
	if err == nil && !blocks(row) {
		err = models.ErrForbidden
	}
	return err
}

// whoseToBlock reads what the revocations are about, and returns whether one of
// them is the principal's to make.
func whoseToBlock(ctx context.Context, store *models.Store, p models.Principal, rows []models.Revocation) (func(*models.Revocation) bool, error) {
	var passIDs []string
	var memberIDs []models.ID
	for _, r := range rows {
		if r.PassID != nil {
			passIDs = append(passIDs, *r.PassID)
		}
		if r.MemberID != nil {
			memberIDs = append(memberIDs, *r.MemberID)
		}
	}
	c, err := store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	passes, err := store.SitesOfPasses(ctx, passIDs)
	if err != nil {
		return nil, err
	}
	members, err := store.Members(ctx, memberIDs)
	return func(r *models.Revocation) bool {
		switch {
		case p.Admin():
			return true
		case !p.Staff():
			return false
		case r.PassID != nil:
			return p.Runs(passes[*r.PassID])
		case r.MemberID != nil:
			m, known := members[*r.MemberID]
			return known && p.LooksAfter(c, &m)
		}
		return p.LooksAfter(c, &models.Member{Role: models.RoleMember, CompanyID: r.CompanyID})
	}, err
}

// Revocations returns those in force that the principal could have made, the
// newest first.
func (s *Service) Revocations(ctx context.Context, p models.Principal) ([]models.Revocation, error) {
	if !p.Admin() && !p.Staff() {
		return nil, models.ErrForbidden
	}
	rows, err := s.store.RevocationsInForce(ctx)
	if err != nil {
		return nil, err
	}
	mine, err := whoseToBlock(ctx, s.store, p, rows)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(r models.Revocation) bool { return !mine(&r) }), nil
}

// SetMode locks a site down, evacuates it, or puts it back to normal.
func (s *Service) SetMode(ctx context.Context, p models.Principal, slug string, mode models.SiteMode, reason string) error {
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	if _, err := c.Site(slug); err != nil {
		return err
	}
	if !p.Runs(slug) {
		return models.ErrForbidden
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.SetSiteMode(ctx, slug, mode, reason); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.hub.wake(slug) })
		return tx.AuditSaid(ctx, p, "site.mode", "site", slug, slug, map[string]any{"mode": mode}, reason)
	})
}

func asFault(err error) (*fault.Fault, bool) { return errors.AsType[*fault.Fault](err) }
