package models

import (
	"context"
	crand "crypto/rand"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/sync/errgroup"
)

const (
	// relayChannel is what servers on one database notify each other on.
	relayChannel = "kyoten_changes"
	// relayEvery is how long changes are gathered. Committing a notification takes
	// a lock that all such commits share, so it is never part of a reservation.
	relayEvery = 100 * time.Millisecond
	// relayMost is about what one notification of PostgreSQL may hold; more becomes
	// "anything may have changed".
	relayMost = 7000
)

// relayed is the text of a notification.
type relayed struct {
	From    string
	Changes []Change
}

// relay gathers what this server commits, for the others.
type relay struct {
	store *Store
	name  string
	mu    sync.Mutex
	ours  []Change
}

// RelayChanges tells the other servers on the database what this one commits and
// hears of theirs, until ctx ends. A database with one server needs none of it.
func (s *Store) RelayChanges(ctx context.Context) error {
	if s.dialect.name() != "postgres" {
		<-ctx.Done()
		return nil
	}
	r := &relay{store: s, name: crand.Text()}
	defer s.changes.join(r.gather)()
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return r.send(ctx) })
	both.Go(func() error { return r.listen(ctx) })
	return both.Wait()
}

func (r *relay) gather(c Change, ours bool) {
	if !ours {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ours = append(r.ours, c)
}

// send notifies the others of what was gathered.
func (r *relay) send(ctx context.Context) error {
	ticker := time.NewTicker(relayEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		r.mu.Lock()
		ours := r.ours
		r.ours = nil
		r.mu.Unlock()
		if len(ours) == 0 {
			continue
		}
		text, err := r.text(ours)
		if err == nil {
			err = r.store.w(ctx).Exec("SELECT pg_notify(?, ?)", relayChannel, text).Error
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("notify other servers: %w", err)
		}
	}
}

func (r *relay) text(changes []Change) (string, error) {
	raw, err := json.Marshal(relayed{r.name, changes})
	if err == nil && len(raw) > relayMost {
		raw, err = json.Marshal(relayed{r.name, []Change{{}}})
	}
	return string(raw), err
}

// listen hears the others, on a connection of its own out of the pool. What was
// committed before it listened was missed, so anything may have changed.
func (r *relay) listen(ctx context.Context) error {
	pool, err := r.store.SQL()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return ErrUnavailable.Because(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.Raw(func(raw any) error {
		err = r.hear(ctx, raw.(*stdlib.Conn).Conn())
		return driver.ErrBadConn // it listens: nothing for the pool to use again
	})
	return err
}

func (r *relay) hear(ctx context.Context, pg *pgx.Conn) error {
	if _, err := pg.Exec(ctx, "LISTEN "+relayChannel); err != nil {
		return ErrUnavailable.Because(err)
	}
	r.store.changes.tell(Change{}, false)
	for {
		n, err := pg.WaitForNotification(ctx)
		if err != nil {
			return ended(ctx, err)
		}
		var said relayed
		if json.Unmarshal([]byte(n.Payload), &said) != nil || said.From == r.name {
			continue
		}
		for _, c := range said.Changes {
			r.store.changes.tell(c, false)
		}
	}
}

// ended says why a line to the database ended: nothing is wrong when it was asked
// to.
func ended(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return ErrUnavailable.Because(err)
	}
}
