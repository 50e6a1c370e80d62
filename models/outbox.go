package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Notice is a message to a person, written in the transaction of what it tells
// about and delivered later by package notify.
type Notice struct {
	ID        ID // also the mail's Message-ID, so that a second delivery is seen as one
	Kind      string
	Recipient string // mail address
	Locale    string
	MemberID  *ID
	BookingID *ID
	Payload   string // JSON, what the text needs
	RunAt     time.Time
	Attempts  int
	Owner     string
	Until     *time.Time
	DoneAt    *time.Time
	FailedAt  *time.Time
	LastError string
	CreatedAt time.Time
}

// TableName says outbox.
func (Notice) TableName() string { return "outbox" }

// Enqueue writes notices to the outbox. Missing ids and times are filled in;
// payload is made JSON.
func (s *Store) Enqueue(ctx context.Context, payload any, notices ...Notice) error {
	if len(notices) == 0 {
		return nil
	}
	if err := s.address(payload, notices); err != nil {
		return err
	}
	return s.insertTogether(ctx, notices)
}

// address fills in what all notices need before they are stored.
func (s *Store) address(payload any, notices []Notice) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("write payload of notice: %w", err)
	}
	for i := range notices {
		n := &notices[i]
		n.ID, n.CreatedAt, n.Payload = NewID(), s.Now(), string(body)
		if n.RunAt.IsZero() {
			n.RunAt = n.CreatedAt
		}
	}
	return nil
}

// ClaimNotices gives owner up to n notices that are due, for as long as lease
// lasts. Another worker may claim one again only after that, so a worker that
// dies loses nothing, and no two work on one at a time.
func (s *Store) ClaimNotices(ctx context.Context, owner string, n int, lease time.Duration) ([]Notice, error) {
	return claim(ctx, s, owner, n, lease, func(n Notice) ID { return n.ID }, func(db *gorm.DB) *gorm.DB {
		return db.Where("done_at IS NULL AND failed_at IS NULL AND run_at <= ? AND (until IS NULL OR until < ?)", s.Now(), s.present(0)).Order("run_at, id")
	})
}

// claim gives owner the first n rows that are due and that nobody else is claiming,
// in that order. They are found by a statement of their own: within the other one PostgreSQL may
// look for n of them anew for each row of the table, and claim more than n.
func claim[T any](ctx context.Context, s *Store, owner string, n int, lease time.Duration, id func(T) ID, due func(*gorm.DB) *gorm.DB) (claimed []T, err error) {
	err = s.InTx(ctx, func(tx *Store) error {
		claimed = nil // this may be run again
		var ids []ID
		err := due(tx.w(ctx).Model(new(T)).Clauses(skipLocked)).Limit(n).Pluck("id", &ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		err = tx.w(ctx).Model(&claimed).Clauses(clause.Returning{}).Where("id IN ?", ids).
			Updates(map[string]any{"owner": owner, "until": tx.present(lease), "attempts": gorm.Expr("attempts + 1")}).Error
		slices.SortFunc(claimed, func(a, b T) int { return slices.Index(ids, id(a)) - slices.Index(ids, id(b)) })
		return err
	})
	return claimed, err
}

// unclaim gives rows back that owner has claimed and not tried: they are due as
// before, and no attempt was made.
func unclaim[T any](ctx context.Context, s *Store, owner string, rows []T, id func(T) ID) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]ID, len(rows))
	for i, row := range rows {
		ids[i] = id(row)
	}
	return s.w(ctx).Model(new(T)).Where("id IN ? AND owner = ?", ids, owner).
		Updates(map[string]any{"until": nil, "attempts": gorm.Expr("attempts - 1")}).Error
}

// FinishNotice marks a notice as delivered, where owner still has it.
func (s *Store) FinishNotice(ctx context.Context, id ID, owner string) error {
	return s.w(ctx).Model(&Notice{}).Where("id = ? AND owner = ?", id, owner).
		Updates(map[string]any{"done_at": s.Now(), "until": nil, "last_error": ""}).Error
}

// ReturnNotices gives notices back that were claimed and not tried.
func (s *Store) ReturnNotices(ctx context.Context, rows []Notice, owner string) error {
	return unclaim(ctx, s, owner, rows, func(n Notice) ID { return n.ID })
}

// PostponeNotice gives a notice back until runAt; a zero runAt parks it for good,
// to be looked at by a person.
func (s *Store) PostponeNotice(ctx context.Context, id ID, owner string, runAt time.Time, why string) error {
	change := map[string]any{"until": nil, "last_error": why, "run_at": runAt}
	if runAt.IsZero() {
		change["run_at"], change["failed_at"] = s.Now(), s.Now()
	}
	return s.w(ctx).Model(&Notice{}).Where("id = ? AND owner = ?", id, owner).Updates(change).Error
}

// NoticesWaiting returns how many notices are neither delivered nor parked.
func (s *Store) NoticesWaiting(ctx context.Context) (n int64, err error) {
	err = s.r(ctx).Model(&Notice{}).Where("done_at IS NULL AND failed_at IS NULL").Count(&n).Error
	return n, err
}

// NoticesKept returns those of the ids that are notices in the outbox, delivered or
// not.
func (s *Store) NoticesKept(ctx context.Context, ids []ID) (kept []ID, err error) {
	err = s.r(ctx).Model(&Notice{}).Where("id IN ?", ids).Pluck("id", &kept).Error
	return kept, err
}
