package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// ForgetHolders forgets whose passages those were whose subjects have expired:
// the links from the subjects to people, the names of visitors who were admitted
// by hand, what staff wrote beside the passages, in the audit log too. The names
// and addresses of guests go with their subjects, and the mails that were sent to
// anybody, orders to open doors with their reasons, and events of gates that could
// not be stored, when they are as old. It returns how many subjects went.
//
// The passages themselves stay, so that counts and chains do. Whoever is inside,
// or may be, is kept for the evacuation list.
func (s *Store) ForgetHolders(ctx context.Context) (int64, error) {
	now := s.Now()
	var gone []string
	err := s.InTx(ctx, func(tx *Store) error {
		gone = nil
		err := tx.w(ctx).Raw(`DELETE FROM subjects WHERE expires_at < ? AND NOT EXISTS (SELECT 1 FROM presences p
			WHERE p.subject = subjects.subject AND (p.closed_ms IS NULL OR p.closed_ms > ?)) RETURNING subject`,
			now, now.Add(-DoubtLasts).UnixMilli()).Scan(&gone).Error
		if err != nil {
			return err
		}
		if err := tx.forgetReasons(ctx, gone); err != nil {
			return err
		}
		guests, err := tx.forgetGuests(ctx, now.Add(-SubjectLife))
		if err != nil {
			return err
		}
		if err := tx.forgetDeliveries(ctx, now.Add(-DeliveryLife)); err != nil {
			return err
		}
		if err := tx.forgetOpenings(ctx, now.Add(-SubjectLife)); err != nil {
			return err
		}
		if err := tx.forgetQuarantined(ctx, now.Add(-SubjectLife)); err != nil {
			return err
		}
		if err := tx.forgetMails(ctx, now.Add(-SubjectLife)); err != nil || len(gone)+int(guests) == 0 {
			return err
		}
		return tx.Audit(ctx, System, "subjects.forget", "subjects", "", "", map[string]int{"count": len(gone), "guests": int(guests)})
	})
	return int64(len(gone)), err
}

// forgetReasons drops what was typed beside the passages of subjects: it may name
// the person.
func (s *Store) forgetReasons(ctx context.Context, subjects []string) error {
	for part := range slices.Chunk(subjects, insertBatch) {
		for _, q := range []string{
			`UPDATE audit SET personal = '' WHERE personal <> '' AND entity = 'passage'
				AND entity_id IN (SELECT id FROM passages WHERE subject IN ? AND reason_text <> '')`,
			"UPDATE passages SET reason_text = '' WHERE subject IN ? AND reason_text <> ''",
		} {
			if err := s.w(ctx).Exec(q, part).Error; err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetOpenings drops orders to open doors that ran out before an instant, and what
// was typed beside doors opened from afar until then. Nobody is the subject of such
// a passage, so nothing else would take it away. Who opened is in the audit log.
func (s *Store) forgetOpenings(ctx context.Context, before time.Time) error {
	if err := s.w(ctx).Where("expires_at < ?", before).Delete(&GateOpening{}).Error; err != nil {
		return err
	}
	var rows []AuditEntry
	err := s.w(ctx).Select("id", "data").
		Where("entity = 'gate' AND action = 'gate.open' AND personal <> '' AND at < ?", before).Find(&rows).Error
	if err != nil {
		return err
	}
	for part := range slices.Chunk(rows, insertBatch) {
		if err := s.forgetWords(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// forgetWords drops what was typed from entries about openings and from their
// passages.
func (s *Store) forgetWords(ctx context.Context, openings []AuditEntry) error {
	entries, passages := make([]ID, len(openings)), make([]string, len(openings))
	for i, e := range openings {
		var data struct{ Passage string }
		if err := json.Unmarshal([]byte(e.Data), &data); err != nil {
			return fmt.Errorf("read data of audit entry: %w", err)
		}
		entries[i], passages[i] = e.ID, data.Passage
	}
	if err := s.w(ctx).Exec("UPDATE passages SET reason_text = '' WHERE id IN ?", passages).Error; err != nil {
		return err
	}
	return s.w(ctx).Exec("UPDATE audit SET personal = '' WHERE id IN ?", entries).Error
}

// forgetGuests drops the names and addresses of guests of what was over before an
// instant. One who still has a subject, and so may be inside, is kept.
func (s *Store) forgetGuests(ctx context.Context, before time.Time) (int64, error) {
	res := s.w(ctx).Exec(`UPDATE guests SET name = '', email = '' WHERE (name <> '' OR email <> '')
		AND booking_id IN (SELECT id FROM bookings WHERE ends_at < ?)
		AND NOT EXISTS (SELECT 1 FROM subjects su WHERE su.guest_id = guests.id)`, before)
	return res.RowsAffected, res.Error
}

// forgetMails drops mails that were sent, or given up, before an instant.
func (s *Store) forgetMails(ctx context.Context, before time.Time) error {
	return s.w(ctx).Exec("DELETE FROM outbox WHERE done_at < ? OR failed_at < ?", before, before).Error
}

// forgetQuarantined drops events that were set aside before an instant: they name
// subjects and passes as the passages do that were stored.
func (s *Store) forgetQuarantined(ctx context.Context, before time.Time) error {
	return s.w(ctx).Where("received_at < ?", before).Delete(&QuarantinedEvent{}).Error
}
