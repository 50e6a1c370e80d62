package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"kyoten/gate"
)

// say sends one request and reads the answer into out, where it is a success.
func say(t *testing.T, method, url, token string, in, out any) {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= 300 {
		var problem bytes.Buffer
		_, _ = problem.ReadFrom(answer.Body)
		t.Fatalf("%s %s: %d %s", method, url, answer.StatusCode, problem.String())
	}
	if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
		t.Fatal(err)
	}
}

// startDoor runs an agent for a gate of the demo and returns where its page is.
func startDoor(t *testing.T, server, token string) (base string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- gate.Run(ctx, gate.Config{
			Server: server, Token: token, Data: t.TempDir(), Listen: "127.0.0.1:0",
			Log: slog.New(slog.DiscardHandler), Ready: func(page string) { ready <- page },
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	base = (<-ready)
	return base[:len(base)-len("/kiosk")]
}

// doorAnswer is what a door says to a scan.
type doorAnswer struct {
	Reason    string
	Open      bool
	PassageID string `json:"passage_id"`
	Offer     *struct{ Space, Name string }
	Booking   *struct{ Space string }
}

// TestAWalkInAtAnAgentsDoor: a member without a booking is offered a free seat by
// an agent that has its server, takes it, and is in: one booking, checked in, and
// one entry.
func TestAWalkInAtAnAgentsDoor(t *testing.T) {
	t.Parallel()
	r := start(t, append([]string{"demo", "--now", "2026-12-01T10:00:00+09:00"}, stored(t)...)...)
	api := r.base + "/api/v1"
	var session struct{ Token string }
	say(t, "POST", api+"/sessions", "", map[string]string{"email": "m043@kyoten.example", "password": "kyoten-demo"}, &session)
	door := startDoor(t, r.base, "demo-gate-colabo-entrance")
	var status struct {
		Online       bool
		StateVersion int    `json:"state_version"`
		ClockState   string `json:"clock_state"`
		Queue        int    `json:"queue_length"`
	}
	awaitDoor := func(holds func() bool) {
		t.Helper()
		for range 3000 {
			if say(t, "GET", door+"/status", "", nil, &status); holds() {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatalf("the agent stays at %+v", status)
	}
	awaitDoor(func() bool { return status.Online && status.StateVersion > 0 && status.ClockState == "trusted" })

	// Asked for only now: the agent has never heard of this pass.
	var passes struct {
		Items []struct{ Kind, Site, Code string }
	}
	say(t, "GET", api+"/me/passes", session.Token, nil, &passes)
	code := ""
	for _, p := range passes.Items {
		if p.Kind == "identity" && p.Site == "colabo" {
			code = p.Code
		}
	}
	var refused, in doorAnswer
	say(t, "POST", door+"/scan", "", map[string]string{"code": code, "direction": "entry"}, &refused)
	if refused.Reason != "no_booking" || refused.Open || refused.Offer == nil {
		t.Fatalf("scan: %+v, want a refusal with a seat", refused)
	}
	say(t, "POST", door+"/walk-ins", "", map[string]string{"passage_id": refused.PassageID}, &in)
	if !in.Open || in.Reason != "granted" || in.Booking == nil || in.Booking.Space != refused.Offer.Name || in.PassageID == refused.PassageID {
		t.Fatalf("walk-in: %+v after the offer of %+v", in, refused.Offer)
	}
	awaitDoor(func() bool { return status.Queue == 0 })
	var mine struct {
		Items []struct{ Status string }
	}
	say(t, "GET", api+"/bookings?mine=true&from=2026-12-01T00:00:00Z", session.Token, nil, &mine)
	if len(mine.Items) != 1 || mine.Items[0].Status != "checked_in" {
		t.Errorf("bookings %+v, want one that is checked in", mine.Items)
	}
}
