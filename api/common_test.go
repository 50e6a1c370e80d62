package api

import (
	"strings"
	"testing"
	"time"
)

func TestCommonTimesOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	s.as(t, s.Bob).book(t, 10, s.Room)
	window := "&from=" + iso(on(0, 9, 0)) + "&to=" + iso(on(0, 13, 0))
	got := ann.get(t, "/availability/common?sites=colabo,shiojiri&duration=1h"+window).want(t, 200)
	slots, _ := got.doc["slots"].([]any)
	if len(slots) != 2 || got.text("slots.0.starts_at") != iso(on(0, 9, 0)) || got.text("slots.1.starts_at") != iso(on(0, 12, 0)) ||
		got.text("slots.0.spaces.0.site") != "colabo" || got.text("slots.0.spaces.1.id") != s.FarRoom.ID.String() ||
		got.text("slots.0.spaces.1.name") != "Room A" {
		t.Errorf("got %s", got.raw)
	}
	for _, spelling := range []string{"60m", "PT1H", "PT60M", "pt1h", "1h0m"} {
		if again := ann.get(t, "/availability/common?sites=colabo,shiojiri&duration="+spelling+window).want(t, 200); string(again.raw) != string(got.raw) {
			t.Errorf("duration %s gives %s", spelling, again.raw)
		}
	}
	for query, want := range map[string]struct {
		status int
		code   string
	}{
		"sites=colabo,atlantis&duration=1h" + window:                                             {404, "not_found"},
		"sites=colabo&duration=1h" + window:                                                      {422, "invalid_input"},
		"sites=colabo,colabo&duration=1h" + window:                                               {422, "invalid_input"},
		"sites=colabo,shiojiri&duration=soon" + window:                                           {422, "invalid_input"},
		"sites=colabo,shiojiri&duration=-1h" + window:                                            {422, "invalid_input"},
		"sites=colabo,shiojiri&duration=P1Y" + window:                                            {422, "invalid_input"},
		"sites=colabo,shiojiri&duration=5h" + window:                                             {422, "too_long"},
		"sites=colabo,shiojiri&duration=50m" + window:                                            {422, "off_grain"},
		"sites=colabo,shiojiri&duration=1h&from=" + iso(on(0, 9, 0)):                             {422, "invalid_input"},
		"sites=colabo,shiojiri&duration=1h&from=" + iso(on(0, 9, 0)) + "&to=" + iso(on(0, 9, 0)): {422, "ends_before_start"},
		"sites=colabo,shiojiri&duration=1h&from=" + iso(on(0, 9, 0)) + "&to=" + iso(on(0, 9, 0).Add(14*24*time.Hour+time.Second)): {422, "out_of_range"},
	} {
		got := ann.get(t, "/availability/common?"+query)
		got.problem(t, want.status, want.code)
		if want.code == "ends_before_start" && !strings.Contains(string(got.raw), `"pointer":"#/to"`) {
			t.Errorf("%s: %s, want it to name to", query, got.raw)
		}
	}
}
