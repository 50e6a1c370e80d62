package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// sealAction is the action of the audit entries that seal passages.
const sealAction = "passages.seal"

// sealedLot is what an audit entry says of a lot of passages.
type sealedLot struct {
	Seal   int64  `json:"seal"`
	Count  int    `json:"count"`
	Digest string `json:"digest"`
}

// sealedPassage is what the digest of a lot covers of a passage: what a door did.
// What people wrote about it is left out, so that it can be erased.
type sealedPassage struct {
	ID        string `json:"id"`
	Gate      string `json:"gate"`
	Site      string `json:"site"`
	Zone      int    `json:"zone"`
	Direction string `json:"direction"`
	Decision  string `json:"decision"`
	Reason    string `json:"reason"`
	Opened    bool   `json:"opened"`
	Pass      string `json:"pass"`
	Step      int64  `json:"step"`
	Subject   string `json:"subject"`
	At        int64  `json:"at"`
	GateTime  int64  `json:"gate_time"`
	Received  int64  `json:"received"`
	Clock     string `json:"clock"`
	Online    bool   `json:"online"`
	Boot      int64  `json:"boot"`
	Seq       int64  `json:"seq"`
	Hash      string `json:"hash"`
	Digest    string `json:"digest"`
}

// SealPassages puts up to n passages that were committed since the last time into
// the audit log, as one entry with their digest: from then on a passage that is
// changed, taken away or put among them shows. A door does not wait for it, and
// the log does not grow by a row a scan. It returns how many.
func (s *Store) SealPassages(ctx context.Context, n int) (sealed int, err error) {
	var waiting int
	err = s.r(ctx).Raw("SELECT count(*) FROM (SELECT 1 FROM passages WHERE seal IS NULL LIMIT 1) w").Find(&waiting).Error
	if err != nil || waiting == 0 {
		return 0, err
	}
	err = s.InTx(ctx, func(tx *Store) error {
		var ids []string
		// In the order of the index that has them side by side. Lots are sealed by one at a time.
		if err := tx.lock(ctx).Model(&Passage{}).Where("seal IS NULL").Order("seal").Limit(n).Pluck("id", &ids).Error; err != nil {
			return err
		}
		if sealed = len(ids); sealed == 0 {
			return nil
		}
		var last int64
		if err := tx.r(ctx).Raw("SELECT COALESCE(max(seal), 0) FROM passages").Find(&last).Error; err != nil {
			return err
		}
		if err := tx.w(ctx).Model(&Passage{}).Where("id IN ?", ids).Update("seal", last+1).Error; err != nil {
			return err
		}
		lot, err := tx.lot(ctx, last+1)
		if err != nil {
			return err
		}
		return tx.Audit(ctx, System, sealAction, "passages", fmt.Sprint(lot.Seal), "", lot)
	})
	return sealed, err
}

// lot reads a lot of passages and works out its digest.
func (s *Store) lot(ctx context.Context, seal int64) (sealedLot, error) {
	lot := sealedLot{Seal: seal}
	var rows []Passage
	if err := s.r(ctx).Where("seal = ?", seal).Order("id").Find(&rows).Error; err != nil {
		return lot, err
	}
	sum := sha256.New()
	for i := range rows {
		raw, err := json.Marshal(newSealedPassage(&rows[i]))
		if err != nil {
			return lot, fmt.Errorf("write passage for its digest: %w", err)
		}
		_, _ = sum.Write(append(raw, '\n')) // a hash takes everything
	}
	lot.Count, lot.Digest = len(rows), hex.EncodeToString(sum.Sum(nil))
	return lot, nil
}

func newSealedPassage(p *Passage) sealedPassage {
	out := sealedPassage{
		ID: p.ID, Site: p.Site, Zone: p.ZoneID, Direction: p.Direction, Decision: p.Decision, Reason: p.Reason, Opened: p.Opened,
		Pass: p.PassID, Step: p.Step, Subject: p.Subject, At: p.AtMS, GateTime: p.GateTimeMS, Received: p.ReceivedMS,
		Clock: p.ClockState, Online: p.Online, Boot: p.Boot, Seq: p.Seq, Hash: p.Hash, Digest: p.Digest,
	}
	if p.GateID != nil {
		out.Gate = p.GateID.String()
	}
	return out
}

// VerifyPassages holds all sealed passages against the audit log and returns how
// many there are. The log itself is VerifyAudit's to check. ErrAuditBroken names
// the entry whose passages are not as they were.
func (s *Store) VerifyPassages(ctx context.Context) (int, error) {
	var entries []AuditEntry
	err := s.r(ctx).Select("seq, data").Where("action = ? AND seq IS NOT NULL", sealAction).Order("seq").Find(&entries).Error
	if err != nil {
		return 0, err
	}
	all := 0
	for _, e := range entries {
		var said sealedLot
		if err := json.Unmarshal([]byte(e.Data), &said); err != nil {
			return all, broken(*e.Seq, "it names no lot of passages")
		}
		found, err := s.lot(ctx, said.Seal)
		if err != nil {
			return all, err
		}
		if found != said {
			return all, broken(*e.Seq, "the passages it sealed are not as they were")
		}
		all += found.Count
	}
	return all, nil
}
