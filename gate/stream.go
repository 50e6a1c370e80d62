package gate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kyoten/access/entry"
)

// silence is how long a stream may say nothing, not even a comment, before it
// counts as broken.
const silence = time.Minute

// stream listens for what cannot wait for the next question: a new state (a
// revocation must reach the door within seconds), who is inside, and orders to
// open. Without it the agent still asks every half minute.
func (l *link) stream(ctx context.Context) {
	pause := retryFirst
	for ctx.Err() == nil {
		began := l.clock.m.monotonic()
		err := l.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		l.log.Debug("the stream ended", "error", err)
		if l.clock.m.monotonic()-began > retryMost {
			pause = retryFirst
		}
		if refusedWith(err, http.StatusNotFound) {
			pause = stateEvery // a server without a stream: the questions are enough
		}
		wait(ctx, pause, l.back)
		pause = min(pause*2, max(retryMost, pause))
	}
}

// listen reads one stream until it ends.
func (l *link) listen(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer, err := l.server.send(ctx, http.MethodGet, "/gate/stream", nil, map[string]string{"Accept": "text/event-stream"})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		err := refused(answer)
		l.note(err)
		return err
	}
	nudge(l.stale) // what was missed while nobody listened
	quiet := time.AfterFunc(silence, cancel)
	defer quiet.Stop()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, mostBody)
	var name string
	var data strings.Builder
	for lines.Scan() {
		quiet.Reset(silence)
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			name = value
		case "data":
			data.WriteString(value)
		case "": // an empty line ends an event; a comment has a value and ends none
			if value == "" && lines.Text() == "" {
				l.hear(name, data.String())
				name = ""
				data.Reset()
			}
		}
	}
	return errors.Join(lines.Err(), errors.New("the stream is over"))
}

// hear acts on one event of the stream. What it does not know is for a newer
// agent.
func (l *link) hear(name, data string) {
	var err error
	switch name {
	case entry.StreamState:
		nudge(l.stale)
	case entry.StreamPresence:
		var list entry.PresenceList
		if err = json.Unmarshal([]byte(data), &list); err == nil {
			l.takePresence(list)
		}
	case entry.StreamOpen:
		var order entry.OpenOrder
		if err = json.Unmarshal([]byte(data), &order); err == nil {
			err = l.door.openFromAfar(order)
		}
	}
	if err != nil {
		l.log.Warn("an event of the stream was not understood", "event", name, "error", err)
	}
}

// openFromAfar opens the door for an order of staff that has not expired. The
// same order opens once, though a stream that begins anew tells all of them again.
// Who gave it, and why, the server has written down.
func (d *Door) openFromAfar(order entry.OpenOrder) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.clock.Read()
	d.orders = slices.DeleteFunc(d.orders, func(o entry.OpenOrder) bool { return r.Now.Sub(o.ExpiresAt) > listLag })
	if order.ID == "" || slices.ContainsFunc(d.orders, func(o entry.OpenOrder) bool { return o.ID == order.ID }) {
		return nil
	}
	if r.State == entry.Untrusted || !r.Now.Before(order.ExpiresAt) {
		return fmt.Errorf("an order to open came too late: it expired at %s", order.ExpiresAt)
	}
	d.orders = append(d.orders, order)
	d.order(order.ID, r.Now, func() { d.log.Info("nobody went through a door that staff opened", "order", order.ID) })
	return nil
}
