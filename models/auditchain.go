package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kyoten/internal/fault"
)

// ErrAuditBroken means that the audit log is not what was written: a row was
// changed, taken out, put in or moved. Its "seq" names the first bad place.
var ErrAuditBroken = fault.New(fault.Internal, "audit_broken", "the audit log was tampered with")

// AuditHead is the end of the sealed chain. Kept elsewhere, it shows later that
// nothing before it was changed and nothing up to it was cut off.
type AuditHead struct {
	Seq  int64
	Hash string
	At   time.Time
}

// String writes a head as people keep it: SEQ:HASH.
func (h AuditHead) String() string { return fmt.Sprintf("%d:%s", h.Seq, h.Hash) }

// chained is what the hash of an entry covers, in this order, as JSON. Personal
// is left out, so that erasing it breaks nothing; Data holds its digests.
type chained struct {
	Seq      int64  `json:"seq"`
	Prev     string `json:"prev"`
	ID       ID     `json:"id"`
	At       int64  `json:"at"`
	Actor    string `json:"actor"`
	Action   string `json:"action"`
	Entity   string `json:"entity"`
	EntityID string `json:"entity_id"`
	Site     string `json:"site"`
	Data     string `json:"data"`
}

// seal gives the entry its place after head.
func (e *AuditEntry) seal(head AuditHead) error {
	seq := head.Seq + 1
	e.Seq, e.PrevHash = &seq, head.Hash
	hash, err := e.chainHash()
	e.Hash = hash
	return err
}

func (e *AuditEntry) chainHash() (string, error) {
	body, err := json.Marshal(chained{
		*e.Seq, e.PrevHash, e.ID, e.At.Unix(), e.Actor, e.Action, e.Entity, e.EntityID, e.Site, e.Data,
	})
	if err != nil {
		return "", fmt.Errorf("write audit entry for its hash: %w", err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// AuditHead returns the end of the sealed chain; a zero one when there is none.
func (s *Store) AuditHead(ctx context.Context) (AuditHead, error) {
	var e AuditEntry
	err := s.r(ctx).Where("seq IS NOT NULL").Order("seq DESC").Take(&e).Error
	if errors.Is(err, ErrNotFound) {
		return AuditHead{}, nil
	}
	if err != nil {
		return AuditHead{}, err
	}
	return AuditHead{*e.Seq, e.Hash, e.At}, nil
}

// SealAudit gives up to n entries their place in the chain, in the order of
// their ids, which is that of their making, and returns how many. One server
// does it at a time (a lease); should two try, the unique sequence stops one.
func (s *Store) SealAudit(ctx context.Context, n int) (int, error) {
	var waiting int
	err := s.r(ctx).Raw("SELECT count(*) FROM (SELECT 1 FROM audit WHERE seq IS NULL LIMIT 1) w").Find(&waiting).Error
	if err != nil || waiting == 0 {
		return 0, err
	}
	sealed := 0
	err = s.InTx(ctx, func(tx *Store) error {
		head, err := tx.AuditHead(ctx)
		if err != nil {
			return err
		}
		var open []AuditEntry
		if err := tx.r(ctx).Where("seq IS NULL").Order("id").Limit(n).Find(&open).Error; err != nil {
			return err
		}
		for i := range open {
			if err := open[i].seal(head); err != nil {
				return err
			}
			head = AuditHead{*open[i].Seq, open[i].Hash, open[i].At}
		}
		if err := tx.storeSeals(ctx, open); err != nil {
			return err
		}
		sealed = len(open)
		return nil
	})
	return sealed, err
}

// storeSeals writes the places of entries that had none. ErrConflict when another
// server has given one of them its place meanwhile.
func (s *Store) storeSeals(ctx context.Context, rows []AuditEntry) error {
	if len(rows) == 0 {
		return nil
	}
	stored, err := s.storePlaces(ctx, rows)
	if err == nil && stored != len(rows) {
		return ErrConflict
	}
	return err
}

// storePlaces writes them all by one statement and returns how many there were: a
// server that books much seals as much as it books.
func (s *Store) storePlaces(ctx context.Context, rows []AuditEntry) (stored int, err error) {
	const places = "UPDATE audit SET seq = v.seq, prev_hash = v.prev_hash, hash = v.hash FROM "
	const which = " WHERE audit.id = v.id AND +audit.seq IS NULL" // + keeps SQLite from going through all that wait, for each
	if !s.dialect.pipelines() {
		document := make([][4]any, len(rows))
		for i, e := range rows {
			document[i] = [4]any{e.ID, *e.Seq, e.PrevHash, e.Hash}
		}
		raw, err := json.Marshal(document)
		if err != nil {
			return 0, err
		}
		res := s.w(ctx).Exec(places+`(SELECT value->>0 AS id, value->>1 AS seq, value->>2 AS prev_hash, value->>3 AS hash
			FROM json_each(?)) v`+which, string(raw))
		return int(res.RowsAffected), res.Error
	}
	n := len(rows)
	ids, seqs, prevs, hashes := make([]ID, n), make([]int64, n), make([]string, n), make([]string, n)
	for i, e := range rows {
		ids[i], seqs[i], prevs[i], hashes[i] = e.ID, *e.Seq, e.PrevHash, e.Hash
	}
	var c columns
	c.add("id", "uuid", ids)
	c.add("seq", "bigint", seqs)
	c.add("prev_hash", "text", prevs)
	c.add("hash", "text", hashes)
	err = s.ask(ctx, one("WITH placed AS ("+places+c.as("v")+which+" RETURNING 1) SELECT count(*) FROM placed", c.arrays, &stored))
	return stored, err
}

// verifyBatch is how many rows the verifier reads at a time.
const verifyBatch = 1000

// VerifyAudit walks the whole chain and returns its head. ErrAuditBroken names
// the first place that is not as it was written. Where kept is not zero, the
// chain must still hold that head: what was cut off the end shows so.
func (s *Store) VerifyAudit(ctx context.Context, kept AuditHead) (AuditHead, error) {
	var head AuditHead
	for {
		var rows []AuditEntry
		if err := s.r(ctx).Where("seq > ?", head.Seq).Order("seq").Limit(verifyBatch).Find(&rows).Error; err != nil {
			return head, err
		}
		for i := range rows {
			if err := rows[i].follows(head, kept); err != nil {
				return head, err
			}
			head = AuditHead{*rows[i].Seq, rows[i].Hash, rows[i].At}
		}
		if len(rows) < verifyBatch {
			break
		}
	}
	if head.Seq < kept.Seq {
		return head, broken(head.Seq+1, "rows up to a head that was kept elsewhere are missing")
	}
	return head, nil
}

// follows checks one entry against the one before it.
func (e *AuditEntry) follows(head, kept AuditHead) error {
	hash, err := e.chainHash()
	switch {
	case err != nil:
		return err
	case *e.Seq != head.Seq+1:
		return broken(head.Seq+1, "a row is missing")
	case e.PrevHash != head.Hash:
		return broken(*e.Seq, "the row does not follow the one before it")
	case hash != e.Hash:
		return broken(*e.Seq, "the row was changed")
	case *e.Seq == kept.Seq && e.Hash != kept.Hash:
		return broken(*e.Seq, "the row is not the head that was kept elsewhere")
	}
	return nil
}

func broken(seq int64, why string) error {
	return ErrAuditBroken.With("seq", seq).Because(fmt.Errorf("at %d: %s", seq, why))
}
