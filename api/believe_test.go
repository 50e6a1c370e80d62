package api

import (
	"testing"
	"time"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// sql changes the database behind the server's back, as another server does.
func (s *server) sql(t *testing.T, statement string) {
	t.Helper()
	db, err := s.store.SQL()
	if err == nil {
		_, err = db.ExecContext(t.Context(), statement)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestABookingBelievesWhomItKnows: a token that was looked up before is not looked
// up again, which a token that is another one in the database shows.
func TestABookingBelievesWhomItKnows(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	ann.book(t, 9, s.Seats[0])
	s.sql(t, "UPDATE sessions SET token_hash = 'another'")
	ann.book(t, 12, s.Seats[0])
	ann.get(t, "/me").want(t, 401)
	in := ask(on(0, 15, 0), on(0, 16, 0), s.Seats[0])
	ann.post(t, "/bookings", in, "Idempotency-Key: once").want(t, 401)

	s.clock.Set(modelstest.At(0, 8, 0).Add(-time.Hour))
	ann.post(t, "/bookings", in).want(t, 401)
}

// TestNobodyBooksWhoIsOnlyBelieved: what has changed elsewhere since a token was
// looked up holds for the very next booking, whether it can be had or not.
func TestNobodyBooksWhoIsOnlyBelieved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change string
		status int
	}{
		"signed out":      {"DELETE FROM sessions", 401},
		"session over":    {"UPDATE sessions SET expires_at = created_at", 401},
		"suspended":       {"UPDATE members SET suspended_at = created_at, version = version + 1", 401},
		"erased":          {"UPDATE members SET erased_at = created_at, version = version + 1", 401},
		"company paused":  {"UPDATE companies SET suspended_at = created_at", 403},
		"something else":  {"UPDATE members SET version = version + 1", 201},
		"nothing at all":  {"UPDATE members SET version = version", 201},
		"token taken":     {"DELETE FROM tokens", 201},
		"settings edited": {"UPDATE plans SET name_en = 'Other'", 201},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			worker := s.as(t, s.Worker)
			taken := ask(on(0, 9, 0), on(0, 11, 0), s.Seats[0])
			worker.post(t, "/bookings", taken).want(t, 201)
			s.sql(t, c.change)
			worker.post(t, "/bookings", ask(on(0, 12, 0), on(0, 14, 0), s.Seats[0])).want(t, c.status)
			again := c.status
			if again == 201 {
				again = 409
			}
			worker.post(t, "/bookings", taken).want(t, again)
		})
	}
}

// TestARevokedPersonalTokenBooksNothing: nor does one of another member's.
func TestARevokedPersonalTokenBooksNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	row, token, err := s.auth.CreateToken(t.Context(), models.Principal{Member: s.Ann}, "script")
	if err != nil {
		t.Fatal(err)
	}
	script := caller{s, token}
	script.book(t, 9, s.Seats[0])
	script.book(t, 12, s.Seats[0])
	s.sql(t, "DELETE FROM tokens WHERE token_hash = '"+auth.HashToken(token)+"'")
	script.post(t, "/bookings", ask(on(0, 15, 0), on(0, 16, 0), s.Seats[0])).want(t, 401)
	if row.MemberID != s.Ann.ID {
		t.Errorf("the token is %s's", row.MemberID)
	}
}

// TestNobodyIsBelievedForAnother: who may book for others is looked up.
func TestNobodyIsBelievedForAnother(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	manager := s.as(t, s.Manager)
	in := ask(on(0, 9, 0), on(0, 11, 0), s.Seats[0])
	in["on_behalf_of"] = s.Worker.ID.String()
	manager.post(t, "/bookings", in).want(t, 201)
	s.sql(t, "UPDATE members SET role = 'member', version = version + 1 WHERE id = '"+s.Manager.ID.String()+"'")
	in["starts_at"], in["ends_at"] = iso(on(0, 12, 0)), iso(on(0, 14, 0))
	manager.post(t, "/bookings", in).want(t, 403)
}
