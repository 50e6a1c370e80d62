package models

import "context"

// ForgetHolders deletes the links from subjects that have expired to people, and
// the names of visitors who were admitted by hand, and returns how many. From
// then on nobody can tell whose passages those were; the passages themselves
// stay, so that counts and chains do. Whoever is inside, or may be, is kept for
// the evacuation list.
func (s *Store) ForgetHolders(ctx context.Context) (int64, error) {
	now := s.Now()
	var gone int64
	err := s.InTx(ctx, func(tx *Store) error {
		res := tx.w(ctx).Exec(`DELETE FROM subjects WHERE expires_at < ? AND NOT EXISTS (SELECT 1 FROM presences p
			WHERE p.subject = subjects.subject AND (p.closed_ms IS NULL OR p.closed_ms > ?))`, now, now.Add(-DoubtLasts).UnixMilli())
		if gone = res.RowsAffected; res.Error != nil || gone == 0 {
			return res.Error
		}
		return tx.Audit(ctx, System, "subjects.forget", "subjects", "", "", map[string]int64{"count": gone})
	})
	return gone, err
}
