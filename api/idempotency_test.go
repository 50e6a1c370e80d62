package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"kyoten/models"
)

// withCounter adds a route that counts how often it was done, in the database,
// and then fails as fail says.
func withCounter(s *server, runs *atomic.Int32, fail func() error) {
	s.api.routes() // which it stands among
	add(s.api, operation{id: "get-time", method: "POST", path: "/count/{id}", who: people, status: http.StatusCreated, hidden: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body struct {
				Name string `json:"name"`
			}
		},
		) (*created[echoWire], error) {
			n := fmt.Sprint(runs.Add(1))
			err := s.store.InTx(ctx, func(tx *models.Store) error { return tx.SetSetting(ctx, "count", n) })
			if err == nil {
				err = fail()
			}
			return &created[echoWire]{Location: "/x/" + n, ETag: etag(1), Body: echoWire{Name: in.Body.Name + n}}, err
		})
}

func TestIdempotencyKeyGivesTheFirstAnswerAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var runs atomic.Int32
	withCounter(s, &runs, func() error { return nil })
	me, key := s.as(t, s.Ann), "Idempotency-Key: 2f1c"
	first := me.post(t, "/count/a", fields{"name": "x"}, key).want(t, 201)
	again := me.post(t, "/count/a", fields{"name": "x"}, key).want(t, 201)
	if string(first.raw) != string(again.raw) {
		t.Errorf("again = %s, first = %s", again.raw, first.raw)
	}
	for _, name := range []string{"Location", "Etag", "Content-Type", "Cache-Control"} {
		if first.header.Get(name) == "" || first.header.Get(name) != again.header.Get(name) {
			t.Errorf("%s: first %q, again %q", name, first.header.Get(name), again.header.Get(name))
		}
	}
	me.post(t, "/count/a", fields{"name": "y"}, key).problem(t, 422, "idempotency_key_reused")
	me.post(t, "/count/a?q=1", fields{"name": "x"}, key).problem(t, 422, "idempotency_key_reused")
	for _, other := range []answer{
		me.post(t, "/count/b", fields{"name": "x"}, key),                        // another address
		s.as(t, s.Bob).post(t, "/count/a", fields{"name": "x"}, key),            // another person
		me.post(t, "/count/a", fields{"name": "x"}, "Idempotency-Key: another"), // another key
		me.post(t, "/count/a", fields{"name": "x"}),                             // no key
	} {
		if other.want(t, 201); string(other.raw) == string(first.raw) {
			t.Errorf("%s gave the first answer: %s", other.call, other.raw)
		}
	}
	for _, bad := range []string{"ü", strings.Repeat("k", 5000)} {
		me.post(t, "/count/a", fields{"name": "x"}, "Idempotency-Key: "+bad).problem(t, 422, "invalid_input")
	}
	if runs.Load() != 5 {
		t.Errorf("done %d times, want 5", runs.Load())
	}
}

func TestIdempotencyRepeatsRefusalsButNotFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err    error
		status int
		code   string
		runs   int32
	}{
		"refusal": {models.ErrSpaceTaken.With("conflicts", []int{1}), 409, "space_taken", 1},
		"failure": {models.ErrUnavailable, 503, "unavailable", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			var runs atomic.Int32
			withCounter(s, &runs, func() error { return tt.err })
			me := s.as(t, s.Ann)
			first := me.post(t, "/count/a", fields{"name": "x"}, "Idempotency-Key: k").problem(t, tt.status, tt.code)
			again := me.post(t, "/count/a", fields{"name": "x"}, "Idempotency-Key: k").problem(t, tt.status, tt.code)
			if string(first.raw) != string(again.raw) || first.header.Get("Retry-After") != again.header.Get("Retry-After") {
				t.Errorf("again = %s, first = %s", again.raw, first.raw)
			}
			if runs.Load() != tt.runs {
				t.Errorf("done %d times, want %d", runs.Load(), tt.runs)
			}
			if count, err := s.store.Setting(t.Context(), "count"); err != nil || count != "" {
				t.Errorf("what was refused left %q, %v", count, err)
			}
		})
	}
}

// TestAPasswordIsHashedBeforeTheTransactionOfItsMember: waiting for a turn within it
// would keep everybody else from writing (auth refuses to).
func TestAPasswordIsHashedBeforeTheTransactionOfItsMember(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	newcomer := fields{"email": "newbie@kyoten.example", "name": "新人", "password": "a long enough one"}
	made := admin.post(t, "/members", newcomer, "Idempotency-Key: m1").want(t, 201)
	if again := admin.post(t, "/members", newcomer, "Idempotency-Key: m1").want(t, 201); again.text("id") != made.text("id") {
		t.Errorf("again made %s, first %s", again.text("id"), made.text("id"))
	}
	s.nobody().post(t, "/sessions", fields{"email": "newbie@kyoten.example", "password": "a long enough one"}).want(t, 201)
	weak := fields{"email": "weak@kyoten.example", "name": "新人", "password": "short"}
	admin.post(t, "/members", weak, "Idempotency-Key: m2").problem(t, 422, "weak_password")
	admin.post(t, "/members", fields{"password": 1}, "Idempotency-Key: m3").problem(t, 422, "invalid_input")
}

func TestInvalidInputIsRepeatedToo(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var runs atomic.Int32
	withCounter(s, &runs, func() error { return nil })
	me := s.as(t, s.Ann)
	me.post(t, "/count/a", fields{}, "Idempotency-Key: k").problem(t, 422, "invalid_input")
	me.post(t, "/count/a", fields{}, "Idempotency-Key: k").problem(t, 422, "invalid_input")
	me.post(t, "/count/a", fields{"name": "x"}, "Idempotency-Key: k").problem(t, 422, "idempotency_key_reused")
}

func TestOfManyAtOnceOneIsDone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var runs atomic.Int32
	withCounter(s, &runs, func() error { return nil })
	me := s.as(t, s.Ann)
	answers := make([]answer, 12)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = me.post(t, "/count/a", fields{"name": "x"}, "Idempotency-Key: together") })
	}
	all.Wait()
	for _, got := range answers {
		if got.status != 201 || string(got.raw) != string(answers[0].raw) {
			t.Errorf("one of twelve at once got %d %s, the first %s", got.status, got.raw, answers[0].raw)
		}
	}
	if count, err := s.store.Setting(t.Context(), "count"); err != nil || count != fmt.Sprint(runs.Load()) {
		t.Errorf("count = %q, %v after %d runs", count, err, runs.Load())
	}
}
