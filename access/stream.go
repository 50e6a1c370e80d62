package access

import (
	"context"
	"encoding/json"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

const (
	// lookEvery is how often a stream looks for what other servers committed.
	lookEvery = time.Second
	// listEvery is how often at most a gate is told anew who is inside.
	listEvery = 2 * time.Second
	// aliveEvery is how often a stream that has nothing to say says so.
	aliveEvery = 15 * time.Second
	// resignEvery is how often a stream sees to it that the state is signed anew.
	resignEvery = time.Minute
)

// StreamEvent is one event of a gate's stream: its name and its data, JSON. The
// zero event says that there is nothing new, and that the stream still stands.
type StreamEvent struct {
	Name string
	Data []byte
}

// Stream tells a gate what cannot wait until it asks: that there is a new state,
// who is inside, and orders to open. It returns when ctx ends, when tell fails,
// or when the gate is a gate no longer.
func (s *Service) Stream(ctx context.Context, gate models.Principal, tell func(StreamEvent) error) error {
	if gate.Gate == nil {
		return models.ErrForbidden
	}
	woken, leave := s.hub.join(gate.Gate.Site)
	defer leave()
	st := stream{svc: s, gate: gate.Gate, tell: tell, told: map[models.ID]bool{}}
	ticker, alive := time.NewTicker(lookEvery), time.NewTicker(aliveEvery)
	defer ticker.Stop()
	defer alive.Stop()
	if err := tell(StreamEvent{}); err != nil {
		return err
	}
	for {
		if err := st.look(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-woken:
		case <-alive.C:
			if err := tell(StreamEvent{}); err != nil {
				return err
			}
		}
	}
}

// stream is what one connected gate has been told.
type stream struct {
	svc  *Service
	gate *models.Gate
	tell func(StreamEvent) error

	pulse   models.Pulse
	state   int64
	signed  time.Time
	listed  time.Time
	pending bool // who is inside has changed since it was told
	told    map[models.ID]bool
}

// look finds out what has changed and tells it.
func (st *stream) look(ctx context.Context) error {
	s := st.svc
	g, err := s.store.Gate(ctx, st.gate.ID)
	if err != nil {
		return err
	}
	if !g.Active() {
		return models.ErrNotFound
	}
	if err := st.tellOpenings(ctx); err != nil {
		return err
	}
	pulse, err := s.store.PulseOf(ctx, g.Site)
	if err != nil {
		return err
	}
	now := s.now()
	if settled(pulse) != settled(st.pulse) || now.Sub(st.signed).Abs() >= resignEvery {
		if err := st.tellState(ctx); err != nil {
			return err
		}
		st.signed = now
	}
	st.pending = st.pending || pulse != st.pulse
	st.pulse = pulse
	if !st.pending || now.Sub(st.listed).Abs() < listEvery {
		return nil
	}
	st.pending, st.listed = false, now
	return st.tellPresence(ctx)
}

// tellState says that there is a new state.
func (st *stream) tellState(ctx context.Context) error {
	version, err := st.svc.StateVersion(ctx, st.gate.Site)
	if err != nil || version == st.state {
		return err
	}
	st.state = version
	return st.say(entry.StreamState, map[string]int64{"version": version})
}

func (st *stream) tellPresence(ctx context.Context) error {
	list, err := st.svc.presenceList(ctx, st.gate.Site)
	if err != nil {
		return err
	}
	return st.say(entry.StreamPresence, list)
}

func (st *stream) tellOpenings(ctx context.Context) error {
	orders, err := st.svc.store.GateOpenings(ctx, st.gate.ID)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if st.told[o.ID] {
			continue
		}
		st.told[o.ID] = true
		if err := st.say(entry.StreamOpen, entry.OpenOrder{ID: o.ID.String(), ExpiresAt: o.ExpiresAt}); err != nil {
			return err
		}
	}
	return nil
}

func (st *stream) say(name string, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return st.tell(StreamEvent{name, raw})
}
