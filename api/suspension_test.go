package api

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kyoten/models"
)

// TestBookingsFollowASuspension: a member's and a company's, cancelled with notice
// unless they are kept, and shown before.
func TestBookingsFollowASuspension(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	for _, tt := range []struct {
		name, path string
		who        *models.Member
		space      models.Space
		keep       bool
		want       string
	}{
		{"a member kept", "/members/" + s.Ann.ID.String(), s.Ann, s.FarRoom, true, "confirmed"},
		{"a member", "/members/" + s.Bob.ID.String(), s.Bob, s.Room, false, "cancelled"},
		{"a company", "/companies/" + strconv.Itoa(s.Acme.ID), s.Worker, s.OfficeSeat, false, "cancelled"},
	} {
		path := s.as(t, tt.who).book(t, 10, tt.space)
		seen := admin.get(t, tt.path+"/coming-bookings").want(t, http.StatusOK)
		items, _ := seen.doc["items"].([]any)
		if len(items) != 1 || "/bookings/"+items[0].(fields)["id"].(string) != path {
			t.Errorf("%s: coming bookings are %v, want %s", tt.name, items, path)
		}
		admin.patch(t, tt.path, fields{"suspended": true, "keep_bookings": tt.keep, "reason": "a fee is open"}).want(t, http.StatusOK)
		if got := admin.get(t, path).want(t, http.StatusOK).doc["status"]; got != tt.want {
			t.Errorf("%s: the booking is %v, want %s", tt.name, got, tt.want)
		}
	}
	s.as(t, s.Manager).post(t, "/bookings", fields{
		"starts_at": "2026-12-08T01:00:00Z", "ends_at": "2026-12-08T02:00:00Z", "spaces": []string{s.OfficeSeat.ID.String()},
	}).problem(t, http.StatusForbidden, "forbidden")
}

// TestDuplicatesAreMergedOverTheAPI: the kept account has it all, the other one
// says where it went and cannot be opened again.
func TestDuplicatesAreMergedOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	path := s.as(t, s.Bob).book(t, 10, s.Room)
	ann, bob := "/members/"+s.Ann.ID.String(), "/members/"+s.Bob.ID.String()
	seen := admin.post(t, ann+"/merge?dry_run=true", fields{"merge": s.Bob.ID.String()}).want(t, http.StatusOK)
	if left := admin.get(t, bob).want(t, http.StatusOK).doc; left["merged_into"] != nil || left["suspended"] != false {
		t.Errorf("a dry run left %v", left)
	}
	s.as(t, s.Bob).get(t, path).want(t, http.StatusOK)
	merged := admin.post(t, ann+"/merge", fields{"merge": s.Bob.ID.String()}).want(t, http.StatusOK)
	if merged.doc["bookings"] != 1.0 || seen.doc["dry_run"] != true || merged.doc["dry_run"] != false {
		t.Errorf("moved %v bookings, want 1", merged.doc["bookings"])
	}
	if diff := cmp.Diff(merged.doc["moved"], seen.doc["moved"]); diff != "" || merged.doc["moved"].(fields)["coming_bookings"] != 1.0 {
		t.Errorf("moved %v, announced otherwise: %s", merged.doc["moved"], diff)
	}
	if gone := admin.get(t, bob).want(t, http.StatusOK).doc; gone["merged_into"] != s.Ann.ID.String() || gone["suspended"] != true {
		t.Errorf("the closed account is %v", gone)
	}
	s.as(t, s.Ann).get(t, path).want(t, http.StatusOK)
	admin.patch(t, bob, fields{"suspended": false}).problem(t, http.StatusConflict, "already_merged")
}
