package api

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// kinds of callers, in the order of the columns of the policy below. The desk is
// colabo's, the other desk shiojiri's; the stranger works for another company.
var kinds = []string{"nobody", "ann", "worker", "stranger", "manager", "desk", "other desk", "admin", "gate"}

// row says what each kind of caller gets for a well-formed call. Each cell is one
// status; a single one stands for all signed-in people.
type row struct {
	method, path string
	body         any
	want         [9]int
}

func publicly(status int) [9]int {
	return [9]int{status, status, status, status, status, status, status, status, 403}
}

func signedIn(status int) [9]int {
	return [9]int{401, status, status, status, status, status, status, status, 403}
}

func adminsOnly(status int) [9]int { return [9]int{401, 403, 403, 403, 403, 403, 403, status, 403} }

func gatesOnly(status int) [9]int { return [9]int{401, 403, 403, 403, 403, 403, 403, 403, status} }

// policy is every route of the API. In a path, the names in braces are filled in
// from the world: {office}, {officeSeat}, {colaboSeat}, {acme}, {ann}, {worker},
// {plan}. A caller who may do it does it to a thing of their own, so that the
// rows do not disturb each other.
var policy = []row{
	{"GET", "/time", nil, [9]int{200, 200, 200, 200, 200, 200, 200, 200, 200}},
	{"POST", "/sessions", fields{"email": "x@kyoten.example", "password": "wrong"}, [9]int{401, 401, 401, 401, 401, 401, 401, 401, 403}},
	{"POST", "/sessions/passkey/options", nil, publicly(200)},
	{"POST", "/sessions/passkey", fields{"credential": fields{}}, [9]int{401, 401, 401, 401, 401, 401, 401, 401, 403}},
	{"POST", "/password-resets", fields{"email": "x@kyoten.example"}, publicly(202)},
	{"GET", "/me", nil, signedIn(200)},
	{"PATCH", "/me", fields{"kana": "かな"}, signedIn(200)},
	{"POST", "/me/tokens", fields{"name": "x"}, signedIn(201)},
	{"GET", "/me/tokens", nil, signedIn(200)},
	{"DELETE", "/me/tokens/nothing", nil, signedIn(404)},

	{"POST", "/me/passkeys/options", nil, signedIn(200)},
	{"POST", "/me/passkeys", fields{"name": "x", "credential": fields{}}, signedIn(422)},
	{"GET", "/me/passkeys", nil, signedIn(200)},
	{"PATCH", "/me/passkeys/nothing", fields{"name": "x"}, signedIn(404)},
	{"DELETE", "/me/passkeys/nothing", nil, signedIn(404)},

	{"GET", "/sites", nil, publicly(200)},
	{"GET", "/sites/shiojiri", nil, publicly(200)},
	{"GET", "/sites/nowhere", nil, publicly(404)},
	{"POST", "/sites", fields{"slug": "{new}", "name": "x"}, adminsOnly(201)},
	{"PATCH", "/sites/colabo", fields{"phone": "1"}, adminsOnly(200)},
	{"DELETE", "/sites/colabo", nil, adminsOnly(409)},
	{"GET", "/sites/shiojiri/spaces", nil, signedIn(200)},
	{"GET", "/sites/nowhere/spaces", nil, signedIn(404)},

	{"GET", "/zones", nil, signedIn(200)},
	{"GET", "/zones/{office}", nil, [9]int{401, 404, 200, 404, 200, 404, 200, 200, 403}},
	{"GET", "/zones/nothing", nil, signedIn(404)},
	{"POST", "/zones", fields{"site": "colabo", "name": "x"}, adminsOnly(201)},
	{"PATCH", "/zones/{office}", fields{"capacity": 9}, adminsOnly(200)},
	{"DELETE", "/zones/{office}", nil, adminsOnly(409)},

	{"POST", "/floor-plans", fields{"site": "colabo", "name": "x", "width": 10, "height": 10}, adminsOnly(201)},
	{"GET", "/floor-plans/nothing", nil, signedIn(404)},
	{"PATCH", "/floor-plans/nothing", fields{"width": 20}, adminsOnly(404)},
	{"DELETE", "/floor-plans/nothing", nil, adminsOnly(404)},
	{"GET", "/floor-plans/nothing/picture", nil, signedIn(404)},
	{"PUT", "/floor-plans/nothing/picture", "x", adminsOnly(404)},
	{"DELETE", "/floor-plans/nothing/picture", nil, adminsOnly(404)},

	{"GET", "/spaces", nil, signedIn(200)},
	{"GET", "/spaces/{officeSeat}", nil, [9]int{401, 404, 200, 404, 200, 404, 200, 200, 403}},
	{"GET", "/spaces/{colaboSeat}", nil, signedIn(200)},
	{"POST", "/spaces", fields{"kind": "seat", "zone": 1, "name": "x"}, adminsOnly(201)},
	{"PATCH", "/spaces/{colaboSeat}", fields{"bookable": false}, [9]int{401, 403, 403, 403, 403, 200, 403, 200, 403}},
	{"PATCH", "/spaces/{colaboSeat}", fields{"name": "x"}, [9]int{401, 403, 403, 403, 403, 403, 403, 200, 403}},
	{"PATCH", "/spaces/{officeSeat}", fields{"bookable": false}, [9]int{401, 403, 403, 403, 403, 404, 200, 200, 403}},
	{"DELETE", "/spaces/nothing", nil, adminsOnly(404)},

	{"GET", "/closures", nil, signedIn(200)},
	{"GET", "/closures/{officeClosure}", nil, [9]int{401, 404, 200, 404, 200, 404, 200, 200, 403}},
	{"DELETE", "/closures/{officeClosure}", nil, [9]int{401, 403, 403, 403, 403, 404, 204, 204, 403}},
	{"DELETE", "/closures/{colaboClosure}", nil, [9]int{401, 403, 403, 403, 403, 204, 403, 204, 403}},

	{"GET", "/holidays", nil, signedIn(200)},
	{"PUT", "/holidays/2026-12-29", fields{"name": "x", "is_holiday": true}, adminsOnly(200)},
	{"DELETE", "/holidays/2026-12-30", nil, adminsOnly(404)},

	{"GET", "/plans", nil, signedIn(200)},
	{"GET", "/plans/{plan}", nil, signedIn(200)},
	{"GET", "/plans/{secretPlan}", nil, [9]int{401, 404, 404, 404, 404, 200, 200, 200, 403}},
	{"POST", "/plans", fields{"name": "x"}, adminsOnly(201)},
	{"PATCH", "/plans/{plan}", fields{"max_guests": 3}, adminsOnly(200)},
	{"POST", "/plans/{plan}/check", fields{"max_guests": 3}, adminsOnly(200)},
	{"DELETE", "/plans/{plan}", nil, adminsOnly(409)},

	{"GET", "/companies", nil, [9]int{401, 403, 403, 403, 200, 200, 200, 200, 403}},
	{"GET", "/companies/{acme}", nil, [9]int{401, 403, 403, 403, 200, 200, 200, 200, 403}},
	{"GET", "/companies/{rival}", nil, [9]int{401, 403, 403, 403, 404, 200, 200, 200, 403}},
	{"POST", "/companies", fields{"name": "x"}, adminsOnly(201)},
	{"PATCH", "/companies/{acme}", fields{"kana": "x"}, adminsOnly(200)},
	{"DELETE", "/companies/{acme}", nil, adminsOnly(409)},

	{"GET", "/members", nil, [9]int{401, 403, 403, 403, 200, 200, 200, 200, 403}},
	{"GET", "/members/{worker}", nil, [9]int{401, 403, 403, 403, 200, 200, 200, 200, 403}},
	{"GET", "/members/{ann}", nil, [9]int{401, 403, 403, 403, 404, 200, 200, 200, 403}},
	{"POST", "/members", fields{"email": "{new}@kyoten.example", "name": "x"}, [9]int{401, 403, 403, 403, 201, 201, 201, 201, 403}},
	{"POST", "/members", fields{"email": "{new}@kyoten.example", "name": "x", "role": "staff", "sites": []string{"colabo"}}, adminsManagersStaff(403, 201)},
	{"PATCH", "/members/{worker}", fields{"kana": "x"}, [9]int{401, 403, 403, 403, 200, 403, 200, 200, 403}},
	{"PATCH", "/members/{ann}", fields{"kana": "x"}, [9]int{401, 403, 403, 403, 404, 200, 200, 200, 403}},
	{"PATCH", "/members/{worker}", fields{"email": "{new}@kyoten.example"}, [9]int{401, 403, 403, 403, 403, 403, 200, 200, 403}},
	{"PATCH", "/members/{ann}", fields{"role": "admin"}, [9]int{401, 403, 403, 403, 404, 403, 403, 200, 403}},
	{"PATCH", "/members/{admin}", fields{"kana": "x"}, [9]int{401, 403, 403, 403, 404, 403, 403, 200, 403}},
	{"GET", "/members/{worker}/coming-bookings", nil, [9]int{401, 403, 403, 403, 200, 200, 200, 200, 403}},
	{"GET", "/members/{ann}/coming-bookings", nil, [9]int{401, 403, 403, 403, 404, 200, 200, 200, 403}},
	{"GET", "/companies/{acme}/coming-bookings", nil, [9]int{401, 403, 403, 403, 200, 200, 200, 200, 403}},
	{"POST", "/members/{ann}/merge", fields{"merge": "nobody"}, adminsOnly(404)},
	{"POST", "/members/{ann}/merge?dry_run=true", fields{"merge": "{bob}"}, adminsOnly(200)},
	{"POST", "/members/{bob}/password-link", nil, [9]int{401, 403, 403, 403, 403, 201, 201, 201, 403}},
	{"POST", "/members/{manager}/password-link", nil, [9]int{401, 403, 403, 403, 403, 403, 201, 201, 403}},
	{"POST", "/members/{admin}/password-link", nil, [9]int{401, 403, 403, 403, 403, 403, 403, 201, 403}},

	{"GET", "/availability?site=colabo&kind=seat&starts_at=2026-12-07T10:00:00Z&ends_at=2026-12-07T11:00:00Z", nil, signedIn(200)},
	{"GET", "/availability/common?sites=colabo,shiojiri&duration=1h&from=2026-12-07T10:00:00Z&to=2026-12-07T11:00:00Z", nil, signedIn(200)},
	{"GET", "/bookings", nil, signedIn(200)},
	{"POST", "/bookings", fields{}, signedIn(422)},
	{"GET", "/bookings/{annsBooking}", nil, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"GET", "/bookings/{annsBooking}.ics", nil, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"GET", "/bookings/{workersBooking}", nil, [9]int{401, 404, 200, 404, 200, 404, 200, 200, 403}},
	{"PATCH", "/bookings/{annsBooking}", fields{"title": "x"}, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"POST", "/bookings/{annsBooking}/guests", fields{"name": "x", "email": "x@y.example"}, [9]int{401, 201, 404, 404, 404, 201, 404, 201, 403}},
	{"DELETE", "/bookings/{annsBooking}/guests/nothing", nil, [9]int{401, 404, 404, 404, 404, 404, 404, 404, 403}},
	{"POST", "/bookings/{annsBooking}/check-in", nil, [9]int{401, 422, 404, 404, 404, 422, 404, 422, 403}},
	{"POST", "/bookings/{annsBooking}/check-out", nil, [9]int{401, 422, 404, 404, 404, 422, 404, 422, 403}},

	{"GET", "/bookings/{annsBooking}/passes", nil, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"GET", "/me/passes", nil, signedIn(200)},
	{"PUT", "/me/device", fields{"public_key": "x"}, signedIn(422)},
	{"GET", "/passes/{annsPass}/qr.png", nil, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"GET", "/passes/{annsPass}/qr.svg", nil, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"GET", "/reports/utilization?site=colabo&from=2026-12-01T00:00:00Z&to=2026-12-08T00:00:00Z&by=day", nil, [9]int{401, 403, 403, 403, 200, 200, 403, 200, 403}},
	{"GET", "/reports/cross-site?month=2026-12", nil, [9]int{401, 403, 403, 403, 403, 200, 200, 200, 403}},
	{"POST", "/holds", fields{}, signedIn(422)},
	{"DELETE", "/holds/nothing", nil, signedIn(404)},
	{"GET", "/waitlist", nil, signedIn(200)},
	{"POST", "/waitlist", fields{}, signedIn(422)},
	{"GET", "/waitlist/nothing", nil, signedIn(404)},
	{"DELETE", "/waitlist/nothing", nil, signedIn(404)},
	{"POST", "/waitlist/nothing/accept", nil, signedIn(404)},
	{"POST", "/bookings/nothing/approve", nil, signedIn(404)},
	{"POST", "/bookings/nothing/reject", nil, signedIn(404)},
	{"POST", "/bookings/nothing/hand-over", fields{"member": "{ann}"}, signedIn(404)},
	{"GET", "/spaces/nothing/give-up", nil, signedIn(404)},
	{"POST", "/spaces/nothing/give-up", fields{"from": "2026-12-08T00:00:00Z", "to": "2026-12-09T00:00:00Z"}, signedIn(404)},
	{"DELETE", "/spaces/nothing/give-up/nothing", nil, signedIn(404)},

	{"POST", "/gates", fields{"site": "colabo", "name": "x", "to_zone": 1, "direction": "both", "exit_opens": "always"}, adminsOnly(201)},
	{"GET", "/gates", nil, [9]int{401, 403, 403, 403, 403, 200, 200, 200, 403}},
	{"GET", "/gates/{colaboDoor}/quarantined", nil, [9]int{401, 403, 403, 403, 403, 200, 403, 200, 403}},
	{"DELETE", "/gates/nothing", nil, adminsOnly(404)},
	{"POST", "/gates/nothing/revoke", nil, adminsOnly(404)},
	{"POST", "/gates/enrol", fields{"enrolment_code": "nonsense"}, [9]int{409, 409, 409, 409, 409, 409, 409, 409, 409}},
	{"POST", "/gates/nothing/enrolment", nil, adminsOnly(404)},
	{"POST", "/gates/{colaboDoor}/open", nil, [9]int{401, 403, 403, 403, 403, 200, 403, 200, 403}},
	{"PUT", "/sites/colabo/mode", fields{"mode": "normal", "reason": "x"}, [9]int{401, 403, 403, 403, 403, 200, 403, 200, 403}},
	{"POST", "/sites/colabo/presence/0000000000000001", fields{"state": "in", "reason": "x"}, [9]int{401, 403, 403, 403, 403, 404, 403, 404, 403}},
	{"POST", "/access/admissions", fields{"gate": "{colaboDoor}", "name": "x", "reason": "x"}, [9]int{401, 403, 403, 403, 403, 201, 403, 201, 403}},
	{"POST", "/access/revocations", fields{"member": "{worker}", "until": "2026-12-08T00:00:00Z", "reason": "x"}, [9]int{401, 403, 403, 403, 403, 403, 201, 201, 403}},
	{"GET", "/access/revocations", nil, [9]int{401, 403, 403, 403, 403, 200, 200, 200, 403}},
	{"DELETE", "/access/revocations/nothing", nil, [9]int{401, 403, 403, 403, 403, 404, 404, 404, 403}},
	{"GET", "/access/keys", nil, adminsOnly(200)},
	{"POST", "/access/keys/nothing/revoke", nil, adminsOnly(404)},
	{"POST", "/access/keys/rotate-state", nil, adminsOnly(200)},
	{"GET", "/me/visits", nil, signedIn(200)},
	{"GET", "/gate", nil, gatesOnly(200)},
	{"GET", "/gate/state", nil, gatesOnly(200)},
	{"GET", "/gate/presence", nil, gatesOnly(200)},
	{"GET", "/gate/stream", nil, gatesOnly(200)},
	{"POST", "/gate/events", fields{"events": []any{}}, gatesOnly(200)},
	{"POST", "/gate/heartbeat", fields{}, gatesOnly(422)},
	{"POST", "/closures", fields{}, [9]int{401, 403, 403, 403, 403, 422, 422, 422, 403}},
	{"GET", "/audit", nil, adminsOnly(200)},
	{"GET", "/audit/head", nil, adminsOnly(200)},

	{"GET", "/webhooks", nil, adminsOnly(200)},
	{"POST", "/webhooks", fields{"url": "https://hooks.example/in", "events": []string{"booking.created"}}, adminsOnly(201)},
	{"GET", "/webhooks/{hook}", nil, adminsOnly(200)},
	{"PATCH", "/webhooks/{hook}", fields{"description": "x"}, adminsOnly(200)},
	{"POST", "/webhooks/{hook}/rotate", nil, adminsOnly(200)},
	{"POST", "/webhooks/{hook}/test", nil, adminsOnly(202)},
	{"GET", "/webhooks/{hook}/deliveries", nil, adminsOnly(200)},
	{"POST", "/webhooks/{hook}/deliveries/nothing/redeliver", nil, adminsOnly(404)},
	{"DELETE", "/webhooks/{hook}", nil, adminsOnly(204)},

	{"POST", "/access/checks", fields{"code": "hello"}, [9]int{401, 403, 403, 403, 403, 403, 403, 403, 200}},
	{"POST", "/access/walk-ins", fields{"passage_id": "nothing"}, gatesOnly(404)},
	{"POST", "/gate/offers", fields{"pass_id": "0123456789abcdef"}, gatesOnly(404)},
	{"POST", "/gate/walk-ins", fields{"passage_id": "nothing"}, gatesOnly(404)},
	{"GET", "/occupancy", nil, signedIn(200)},
	{"GET", "/sites/shiojiri/live", nil, signedIn(200)},
	{"GET", "/sites/nowhere/live", nil, signedIn(404)},
	{"GET", "/sites/colabo/presence", nil, [9]int{401, 403, 403, 403, 403, 200, 403, 200, 403}},
	{"GET", "/passages?site=colabo", nil, [9]int{401, 403, 403, 403, 403, 200, 403, 200, 403}},
	{"GET", "/visits?site=colabo", nil, [9]int{401, 403, 403, 403, 403, 200, 403, 200, 403}},

	{"POST", "/series", fields{}, signedIn(422)},
	{"GET", "/series/nothing", nil, signedIn(404)},
	{"GET", "/series/{annsSeries}", nil, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"GET", "/series/{workersSeries}", nil, [9]int{401, 404, 200, 404, 200, 404, 404, 200, 403}},
	{"PATCH", "/series/{annsSeries}", fields{"title": "x"}, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"POST", "/series/{annsSeries}/extend", fields{"count": 1}, [9]int{401, 201, 404, 404, 404, 201, 404, 201, 403}},
	{"POST", "/series/{annsSeries}/cancel", fields{"from": modelstest.At(9, 0, 0)}, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"POST", "/series/{workersSeries}/cancel", nil, [9]int{401, 404, 200, 404, 200, 404, 404, 200, 403}},
	{"POST", "/bookings/{annsBooking}/cancel", nil, [9]int{401, 200, 404, 404, 404, 200, 404, 200, 403}},
	{"GET", "/me/calendar", nil, signedIn(200)},
	{"POST", "/me/calendar/rotate", nil, signedIn(200)},
	{"GET", "/me/export", nil, signedIn(200)},
	{"GET", "/reports/statement", nil, signedIn(200)},
	{"POST", "/spaces/import?dry_run=true", "site,zone,kind,name_ja\n", adminsOnly(200)},
	{"POST", "/members/import?dry_run=true", "email,name\nx@y.example,x\n", adminsOnly(200)},
	{"DELETE", "/members/{bob}", nil, adminsOnly(204)},

	{"DELETE", "/sessions/current", nil, signedIn(204)},
	{"DELETE", "/me", nil, [9]int{401, 401, 401, 401, 401, 401, 401, 401, 403}}, // signed out by the row above
}

func adminsManagersStaff(refused, done int) [9]int {
	return [9]int{401, 403, 403, 403, refused, refused, refused, done, 403}
}

// cast is a server and everybody who calls it in the table.
type cast struct {
	*server
	callers map[string]caller
	names   map[string]string
	made    int
}

func newCast(t *testing.T) *cast {
	t.Helper()
	s := newServer(t)
	ctx := t.Context()
	rival := &models.Company{NameJA: "ライバル", NameEN: "Rival"}
	stranger := &models.Member{Email: "stranger@kyoten.example", Name: "よその人", Role: models.RoleMember}
	otherDesk := &models.Member{Email: "otherdesk@kyoten.example", Name: "別の受付", Role: models.RoleStaff}
	secret := &models.Plan{NameJA: "特別", NameEN: "Special", Rules: map[models.Kind]models.PlanRule{}}
	officeClosure := &models.Closure{Site: "shiojiri", ZoneID: &s.Office, StartsAt: modelstest.At(1, 9, 0), EndsAt: modelstest.At(1, 12, 0), Reason: "office secret"}
	colaboClosure := &models.Closure{Site: "colabo", StartsAt: modelstest.At(2, 9, 0), EndsAt: modelstest.At(2, 12, 0), Reason: "cleaning"}
	drawn := &models.FloorPlan{Site: "shiojiri", NameJA: "3階", NameEN: "3rd floor", Width: 100, Height: 100, Shapes: fmt.Sprintf(
		`[{"kind":"area","width":9,"height":9,"name_en":"Lounge"},{"kind":"area","width":9,"height":9,"name_en":"office drawn","zone":%d}]`, s.Office)}
	door := &models.Gate{Site: "colabo", Name: "door", ToZone: s.Entrance["colabo"], Direction: "both", ExitOpens: "always", TokenHash: "enrolled"}
	for _, err := range []error{
		s.store.InsertGate(ctx, door),
		s.store.InsertFloorPlan(ctx, drawn),
		s.store.InsertCompany(ctx, rival), s.store.InsertPlan(ctx, secret), s.store.InsertMember(ctx, otherDesk, "shiojiri"),
		s.store.InsertClosure(ctx, officeClosure), s.store.InsertClosure(ctx, colaboClosure),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if stranger.CompanyID = &rival.ID; s.store.InsertMember(ctx, stranger) != nil {
		t.Fatal("insert the stranger")
	}
	c := &cast{s, map[string]caller{
		"nobody": s.nobody(), "ann": s.as(t, s.Ann), "worker": s.as(t, s.Worker), "stranger": s.as(t, stranger),
		"manager": s.as(t, s.Manager), "desk": s.as(t, s.Desk), "other desk": s.as(t, otherDesk), "admin": s.as(t, s.Admin),
		"gate": s.gate(t),
	}, map[string]string{
		"office": fmt.Sprint(s.Office), "officeSeat": s.OfficeSeat.ID.String(), "colaboSeat": s.Seats[0].ID.String(),
		"acme": fmt.Sprint(s.Acme.ID), "rival": fmt.Sprint(rival.ID), "ann": s.Ann.ID.String(), "bob": s.Bob.ID.String(),
		"worker": s.Worker.ID.String(), "manager": s.Manager.ID.String(), "admin": s.Admin.ID.String(), "plan": s.Plan.ID.String(), "secretPlan": secret.ID.String(),
		"officeClosure": officeClosure.ID.String(), "colaboClosure": colaboClosure.ID.String(),
		"colaboDoor": door.ID.String(),
	}, 0}
	c.names["hook"] = c.callers["admin"].post(t, "/webhooks", fields{"url": "https://hooks.example/x", "events": []string{"gate.silent"}}).want(t, 201).text("id")
	c.names["annsBooking"] = c.book(t, "ann", s.Seats[1].ID.String())
	c.names["annsPass"] = c.callers["ann"].get(t, "/bookings/"+c.names["annsBooking"]+"/passes").want(t, 200).text("items.0.id")
	c.names["annsSeries"] = c.repeat(t, "ann", s.Seats[2].ID.String())
	c.names["workersSeries"] = c.repeat(t, "worker", s.OfficeSeat.ID.String())
	c.names["workersBooking"] = c.book(t, "worker", s.OfficeSeat.ID.String())
	return c
}

// book has somebody book a space for Monday afternoon.
func (c *cast) book(t *testing.T, who, space string) string {
	t.Helper()
	in := fields{"starts_at": modelstest.At(0, 14, 0), "ends_at": modelstest.At(0, 15, 0), "spaces": []string{space}}
	return c.callers[who].post(t, "/bookings", in).want(t, 201).text("id")
}

// repeat has somebody book a space on two Monday mornings.
func (c *cast) repeat(t *testing.T, who, space string) string {
	t.Helper()
	in := fields{
		"starts_at": modelstest.At(7, 10, 0), "ends_at": modelstest.At(7, 11, 0), "spaces": []string{space}, "rule": "FREQ=WEEKLY;COUNT=2",
	}
	return c.callers[who].post(t, "/series", in).want(t, 201).text("id")
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// fill puts the world's ids into a path or a text of a body.
func (c *cast) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		if name == "{new}" {
			c.made++
			return fmt.Sprintf("new-%d", c.made)
		}
		return c.names[strings.Trim(name, "{}")]
	})
}

func (c *cast) body(body any) any {
	in, ok := body.(fields)
	if !ok {
		return body
	}
	out := fields{}
	for k, v := range in {
		if text, ok := v.(string); ok {
			v = c.fill(text)
		}
		out[k] = v
	}
	return out
}

// TestEveryRouteAsEveryKindOfCaller gives each column a world of its own.
func TestEveryRouteAsEveryKindOfCaller(t *testing.T) {
	t.Parallel()
	for i, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := newCast(t)
			for _, r := range policy {
				got := c.callers[kind].send(t, r.method, c.fill(r.path), c.body(r.body))
				if got.status != r.want[i] {
					t.Errorf("%s %s as %s = %d, want %d: %s", r.method, r.path, kind, got.status, r.want[i], got.raw)
				}
				if code := map[int]string{403: "forbidden", 404: "not_found"}[got.status]; code != "" {
					got.problem(t, got.status, code)
				}
			}
		})
	}
}

// TestTableHasEveryRoute: a new route must say who may call it.
func TestTableHasEveryRoute(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for path, item := range s.api.routes().doc.spec.Paths {
		form := regexp.MustCompile("^" + placeholder.ReplaceAllString(strings.TrimPrefix(path, prefix), `[^/]+`) + "$")
		for method, there := range map[string]bool{
			http.MethodGet: item.Get != nil, http.MethodPost: item.Post != nil, http.MethodPut: item.Put != nil,
			http.MethodPatch: item.Patch != nil, http.MethodDelete: item.Delete != nil,
		} {
			listed := slices.ContainsFunc(policy, func(r row) bool {
				path, _, _ := strings.Cut(r.path, "?")
				return r.method == method && form.MatchString(path)
			})
			if there && !listed {
				t.Errorf("%s %s is not in the table of roles_test.go", method, path)
			}
		}
	}
}

// TestWhatMustNotAppear: a company's office, people and terms do not exist for
// others.
func TestWhatMustNotAppear(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	office := []string{c.names["officeSeat"], `"name_en":"Acme"`, "office secret", "office drawn", c.names["officeClosure"]}
	for _, path := range []string{
		"/sites", "/sites/shiojiri", "/sites/shiojiri/spaces", "/spaces", "/zones", "/closures", "/closures?site=shiojiri", "/plans",
	} {
		for _, kind := range []string{"nobody", "ann", "stranger", "desk"} {
			got := c.callers[kind].get(t, path)
			for _, secret := range office {
				if strings.Contains(string(got.raw), secret) {
					t.Errorf("%s as %s shows %s: %s", path, kind, secret, got.raw)
				}
			}
		}
	}
	for _, kind := range []string{"worker", "manager", "other desk", "admin"} {
		if got := c.callers[kind].get(t, "/sites/shiojiri/spaces"); !strings.Contains(string(got.raw), c.names["officeSeat"]) {
			t.Errorf("%s does not see the office seat: %s", kind, got.raw)
		}
	}
	if got := c.callers["worker"].get(t, "/sites/shiojiri"); !strings.Contains(string(got.raw), "office drawn") {
		t.Errorf("a worker does not see the office on the floor plan: %s", got.raw)
	}
	if got := c.callers["nobody"].get(t, "/sites/shiojiri"); !strings.Contains(string(got.raw), "Lounge") {
		t.Errorf("nobody in particular does not see the lounge: %s", got.raw)
	}
	list := c.callers["manager"].get(t, "/members").want(t, 200)
	for _, other := range []string{"ann@", "bob@", "stranger@", "desk@", "admin@"} {
		if strings.Contains(string(list.raw), other) {
			t.Errorf("the manager sees %s: %s", other, list.raw)
		}
	}
	if got := c.callers["manager"].get(t, "/members?company="+c.names["rival"]).want(t, 200); got.text("items.0.id") != "" {
		t.Errorf("the manager sees the rival's people: %s", got.raw)
	}
	if got := c.callers["ann"].get(t, "/plans").want(t, 200); strings.Contains(string(got.raw), c.names["secretPlan"]) {
		t.Errorf("a member sees another plan: %s", got.raw)
	}
}

// TestAPassIsRevokedAndRestoredAtItsSite: the desk of another one neither takes it
// nor gives it back.
func TestAPassIsRevokedAndRestoredAtItsSite(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	in := fields{"pass": c.names["annsPass"], "reason": "lost"}
	c.callers["other desk"].post(t, "/access/revocations", in).problem(t, 403, "forbidden")
	at := "/access/revocations/" + c.callers["desk"].post(t, "/access/revocations", in).want(t, 201).text("id")
	c.callers["other desk"].send(t, "DELETE", at, nil).problem(t, 403, "forbidden")
	c.callers["desk"].send(t, "DELETE", at, nil).want(t, 204)
	c.callers["desk"].send(t, "DELETE", at, nil).problem(t, 404, "not_found")
}

// TestPeopleAreBlockedWhereTheyAreLookedAfter: Acme has its office at Shiojiri. The
// desk of another site neither blocks it or its people nor hears why somebody did.
func TestPeopleAreBlockedWhereTheyAreLookedAfter(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	far, near := c.callers["desk"], c.callers["other desk"]
	for name, in := range map[string]fields{
		"the company": {"company": c.Acme.ID, "reason": "quarrel"},
		"its people":  {"member": c.names["worker"], "reason": "quarrel"},
	} {
		far.post(t, "/access/revocations", in).problem(t, 403, "forbidden")
		at := "/access/revocations/" + near.post(t, "/access/revocations", in).want(t, 201).text("id")
		far.send(t, "DELETE", at, nil).problem(t, 403, "forbidden")
		if got := far.get(t, "/access/revocations").want(t, 200); strings.Contains(string(got.raw), "quarrel") {
			t.Errorf("%s: the desk of another site reads %s", name, got.raw)
		}
		if got := near.get(t, "/access/revocations").want(t, 200); got.text("items.0.reason") != "quarrel" {
			t.Errorf("%s: the desk that looks after them reads %s", name, got.raw)
		}
		near.send(t, "DELETE", at, nil).want(t, 204)
	}
	admin := fields{"member": c.Admin.ID.String(), "reason": "x"}
	near.post(t, "/access/revocations", admin).problem(t, 403, "forbidden")
	far.post(t, "/access/revocations", fields{"member": c.names["ann"], "reason": "x"}).want(t, 201)
}
