package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestALineBeginsWithHowTheSiteIs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.as(t, s.Ann).get(t, "/sites/colabo/live")
	if kind := got.header.Get("Content-Type"); got.status != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("%d %q", got.status, kind)
	}
	if body := string(got.raw); !strings.HasPrefix(body, "event: occupancy\ndata: {\"site\":\"colabo\",\"inside\":0") {
		t.Errorf("the line begins with %q", body)
	}
}
