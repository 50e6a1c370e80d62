package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"kyoten/internal/fault"
)

// ErrIdempotencyKeyReused means that the key was used with another request.
var ErrIdempotencyKeyReused = fault.New(fault.Invalid, "idempotency_key_reused",
	"the Idempotency-Key was already used with another request")

// keyLife is how long an answer can be had again; the contract says 24 hours.
const keyLife = 48 * time.Hour

// IdempotencyKey is the answer to a request that may be sent again.
type IdempotencyKey struct {
	Caller    string `gorm:"primaryKey"` // models.Principal.String
	Route     string `gorm:"primaryKey"` // method and path
	Key       string `gorm:"primaryKey"`
	BodyHash  string
	Status    int    // 0 while the request is at work, which nobody else sees
	Headers   string // JSON
	Body      string
	CreatedAt time.Time
}

// Answer is what a request was answered with.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    []byte
}

// errNotKept rolls back what the request did, the key with it.
var errNotKept = errors.New("the answer is not kept")

// Once answers a request that may be sent again: the first time by running do,
// later with that first answer. What do writes with its context and its answer
// are committed together, so a crash leaves either both or neither, and of two
// requests that arrive at once the second waits for the first.
//
// An answer of the server's own failure (5xx) is given but not kept, and nothing
// that do wrote is. A refusal (4xx) is kept; what do wrote before it is not.
// ErrIdempotencyKeyReused when the key came with another body before.
func (s *Store) Once(ctx context.Context, key IdempotencyKey, do func(ctx context.Context) Answer) (Answer, error) {
	var answer Answer
	err := s.Enclose(ctx, func(ctx context.Context) error {
		taken, err := s.takeKey(ctx, key)
		if err != nil {
			return err
		}
		if !taken {
			answer, err = s.earlierAnswer(ctx, key)
			return err
		}
		err = s.InTx(ctx, func(*Store) error {
			if answer = do(ctx); answer.Status >= 400 {
				return errNotKept
			}
			return nil
		})
		if err != nil && !errors.Is(err, errNotKept) || answer.Status >= 500 {
			return err
		}
		return s.keepAnswer(ctx, key, answer)
	})
	if errors.Is(err, errNotKept) {
		err = nil
	}
	return answer, err
}

// takeKey reports whether the key is new. It waits for another request that is
// at work under the same key.
func (s *Store) takeKey(ctx context.Context, key IdempotencyKey) (bool, error) {
	key.Headers = "{}"
	res := s.w(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&key)
	return res.RowsAffected == 1, res.Error
}

func (s *Store) keepAnswer(ctx context.Context, key IdempotencyKey, a Answer) error {
	headers, err := json.Marshal(a.Headers)
	if err != nil {
		return fmt.Errorf("write headers of answer: %w", err)
	}
	return s.w(ctx).Model(&IdempotencyKey{}).
		Where("caller = ? AND route = ? AND key = ?", key.Caller, key.Route, key.Key).
		Updates(map[string]any{"status": a.Status, "headers": string(headers), "body": string(a.Body)}).Error
}

func (s *Store) earlierAnswer(ctx context.Context, key IdempotencyKey) (Answer, error) {
	var row IdempotencyKey
	err := s.r(ctx).Where("caller = ? AND route = ? AND key = ?", key.Caller, key.Route, key.Key).Take(&row).Error
	if err != nil {
		return Answer{}, err
	}
	if row.BodyHash != key.BodyHash {
		return Answer{}, ErrIdempotencyKeyReused
	}
	a := Answer{Status: row.Status, Body: []byte(row.Body)}
	return a, json.Unmarshal([]byte(row.Headers), &a.Headers)
}

// PurgeIdempotencyKeys deletes answers that nobody can ask for again.
func (s *Store) PurgeIdempotencyKeys(ctx context.Context) error {
	return s.w(ctx).Where("created_at < ?", s.Now().Add(-keyLife)).Delete(&IdempotencyKey{}).Error
}
