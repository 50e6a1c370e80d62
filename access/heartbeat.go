package access

import (
	"context"
	"math"
	"slices"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// silentAfter is how long an agent may say nothing before somebody is told.
const silentAfter = 2 * time.Minute

// seenEvery is how often at most the sign of life of a reader is written down.
const seenEvery = 5 * time.Second

// Heard notes that a gate was heard of. That it could not be written down is no
// reason to leave the gate without its answer.
func (s *Service) Heard(ctx context.Context, g *models.Gate) {
	now := s.now()
	if last, ok := s.seen.Load(g.ID); ok && now.Sub(last.(time.Time)).Abs() < seenEvery {
		return
	}
	s.seen.Store(g.ID, now)
	_ = s.store.SawGate(ctx, g.ID)
}

// mostStates is more states than a backup can miss: one every five seconds for two
// years.
const mostStates = 1 << 24

// Heartbeat notes how an agent is. One that does not believe our state may hold a
// later one, of a day that a restore has taken from us: ours go on behind it.
func (s *Service) Heartbeat(ctx context.Context, gate models.Principal, h entry.Heartbeat) error {
	if gate.Gate == nil {
		return models.ErrForbidden
	}
	s.seen.Store(gate.Gate.ID, s.now())
	err := s.store.HeardGate(ctx, &models.Gate{
		ID: gate.Gate.ID, ClockState: string(h.ClockState), QueueLength: min(max(h.QueueLength, 0), math.MaxInt32), // what a row holds
		StateVersion: h.StateVersion, Problems: bounded(h.Problems), Run: storable(h.Run),
	})
	if err != nil || !slices.Contains(h.Problems, entry.ProblemState) {
		return err
	}
	return s.store.OvertakeState(ctx, gate.Gate.Site, h.StateVersion, mostStates)
}

// bounded keeps a list of words to a size that fits a row.
func bounded(words []string) models.Strings {
	const most, longest = 20, 60
	out := models.Strings{}
	for _, w := range words[:min(len(words), most)] {
		if len(w) <= longest {
			out = append(out, w)
		}
	}
	return out
}

// Problems returns what is wrong at a gate: what its agent says, and what we see of it
// while it is heard.
func (s *Service) Problems(g models.Gate) []string {
	now := s.store.Now()
	list := append([]string{}, g.Problems...)
	if !g.Online(now) {
		return list
	}
	if g.ClockState == string(entry.Untrusted) {
		list = append(list, entry.ProblemClock)
	}
	if g.Doubled(now) {
		list = append(list, entry.ProblemDoubled)
	}
	if g.Restarting(now) {
		list = append(list, entry.ProblemRestarts)
	}
	return list
}

// WatchGates raises an alarm for agents that have fallen silent: a metric, and a
// notice to the administrators and the desk, once for each silence. It returns the
// gates it told about, for the log.
func (s *Service) WatchGates(ctx context.Context) ([]models.Gate, error) {
	var fresh []models.Gate
	var all int
	err := s.store.InTx(ctx, func(tx *models.Store) (err error) {
		fresh, all, err = tx.SilentGates(ctx, silentAfter)
		if err != nil || len(fresh) == 0 {
			return err
		}
		cat, err := tx.Catalogue(ctx)
		if err != nil {
			return err
		}
		if err := tx.AnnounceSilent(ctx, cat, fresh); err != nil {
			return err
		}
		return s.tellSilent(ctx, tx, fresh)
	})
	if err != nil {
		return nil, err
	}
	s.counters.silent.Set(float64(all))
	for _, g := range fresh {
		s.counters.alarms.WithLabelValues(g.Site, alarmSilent).Inc()
	}
	return fresh, nil
}

func (s *Service) tellSilent(ctx context.Context, tx *models.Store, gates []models.Gate) error {
	people, err := tx.Caretakers(ctx)
	if err != nil {
		return err
	}
	for _, g := range gates {
		for _, p := range people {
			if !p.Runs(g.Site) {
				continue
			}
			m := p.Member
			err := tx.Enqueue(ctx, models.BookingNotice{Title: g.Name}, models.Notice{
				Kind: string(models.NoticeGateSilent), Recipient: m.Email, Locale: m.Locale, MemberID: &m.ID,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
