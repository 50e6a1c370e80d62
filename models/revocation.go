package models

import (
	"context"
	"time"
)

// Revocation takes the right to enter from a pass, a member or a company.
type Revocation struct {
	ID        ID
	PassID    *string
	MemberID  *ID
	CompanyID *int
	Until     *time.Time // nil = for good
	Reason    string
	CreatedBy *ID
	CreatedAt time.Time
	LiftedAt  *time.Time
}

// InForce reports whether the revocation counts at now.
func (r *Revocation) InForce(now time.Time) bool {
	return r.LiftedAt == nil && (r.Until == nil || now.Before(*r.Until))
}

// InsertRevocation stores a new revocation.
func (s *Store) InsertRevocation(ctx context.Context, r *Revocation) error {
	r.ID = NewID()
	return s.w(ctx).Create(r).Error
}

// Revocation returns a revocation, or ErrNotFound.
func (s *Store) Revocation(ctx context.Context, id ID) (Revocation, error) {
	var row Revocation
	err := s.r(ctx).Where("id = ?", id).Take(&row).Error
	return row, err
}

// LiftRevocation ends a revocation; ErrNotFound when it does not stand.
func (s *Store) LiftRevocation(ctx context.Context, id ID) error {
	return changedOne(s.w(ctx).Model(&Revocation{}).Where("id = ? AND lifted_at IS NULL", id).
		Update("lifted_at", s.Now()), ErrNotFound)
}

// RevocationsInForce returns the revocations that count now, the newest first.
func (s *Store) RevocationsInForce(ctx context.Context) ([]Revocation, error) {
	var rows []Revocation
	err := s.r(ctx).Where("lifted_at IS NULL AND (until IS NULL OR until > ?)", s.Now()).Order("id DESC").Find(&rows).Error
	return rows, err
}

// RevocationsOf returns the revocations in force of a pass, its member and its
// company.
func (s *Store) RevocationsOf(ctx context.Context, pass string, member *ID, company int) ([]Revocation, error) {
	var rows []Revocation
	err := s.r(ctx).Where("lifted_at IS NULL AND (until IS NULL OR until > ?) AND (pass_id = ? OR member_id = ? OR company_id = ?)",
		s.Now(), pass, member, company).Find(&rows).Error
	return rows, err
}
