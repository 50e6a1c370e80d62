package models

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// AuditEntry is one row of the audit log: who did what to what. It is written
// unchained in the transaction of the change; the sealer gives it a place in the
// hash chain within a second (chaining in each transaction would let only one
// commit at a time).
type AuditEntry struct {
	ID       ID
	At       time.Time
	Actor    string // "member:ID", "gate:ID", "system"
	Action   string // "booking.create", "presence.read"
	Entity   string // "booking"
	EntityID string
	Site     string // "" = no single site
	Data     string // JSON; no personal data but salted digests
	Personal string // JSON; may be erased without breaking the chain
	Seq      *int64
	PrevHash string
	Hash     string
}

// TableName says audit.
func (AuditEntry) TableName() string { return "audit" }

// Audit writes an entry. data may be nil; it must hold no personal data.
func (s *Store) Audit(ctx context.Context, p Principal, action, entity, entityID, site string, data any) error {
	entry, err := s.auditEntry(p, action, entity, entityID, site, data)
	if err != nil {
		return err
	}
	return s.insertLater(ctx, []AuditEntry{entry})
}

// AuditEach is Audit for many things at once: ids with what is said of each.
func (s *Store) AuditEach(ctx context.Context, p Principal, action, entity string, ids []string, data []any) error {
	entries := make([]AuditEntry, len(ids))
	for i, id := range ids {
		entry, err := s.auditEntry(p, action, entity, id, "", data[i])
		if err != nil {
			return err
		}
		entries[i] = entry
	}
	return s.w(ctx).CreateInBatches(entries, batchRows).Error
}

// AuditSaid is Audit with words that somebody typed, such as a reason. They may be
// about people, so they can be erased: the chain holds a salted digest of them,
// which shows a change and tells nothing.
func (s *Store) AuditSaid(ctx context.Context, p Principal, action, entity, entityID, site string, data map[string]any, words string) error {
	personal, err := say(data, words)
	if err != nil {
		return fmt.Errorf("write words of audit entry: %w", err)
	}
	entry, err := s.auditEntry(p, action, entity, entityID, site, data)
	if err != nil {
		return err
	}
	entry.Personal = personal
	return s.insertLater(ctx, []AuditEntry{entry})
}

// auditedWords is what an entry holds of words: they themselves, and the salt of
// the digest.
type auditedWords struct {
	Reason string `json:"reason"`
	Salt   string `json:"salt"`
}

// say puts the digest of words into data and returns what is kept of them; where
// there are no words, nothing.
func say(data map[string]any, words string) (personal string, err error) {
	if words == "" {
		return "", nil
	}
	kept := auditedWords{Reason: words, Salt: rand.Text()}
	sum := sha256.Sum256([]byte(kept.Salt + words))
	data["reason_digest"] = hex.EncodeToString(sum[:])
	raw, err := json.Marshal(kept)
	return string(raw), err
}

func (s *Store) auditEntry(p Principal, action, entity, entityID, site string, data any) (AuditEntry, error) {
	body, err := json.Marshal(data)
	if err != nil {
		return AuditEntry{}, fmt.Errorf("write data of audit entry: %w", err)
	}
	return AuditEntry{
		ID: NewID(), At: s.Now(), Actor: p.String(), Action: action,
		Entity: entity, EntityID: entityID, Site: site, Data: string(body),
	}, nil
}
