//go:build e2e

package contract

import (
	"strings"
	"testing"
)

// visibility: others' bookings are busy, and nothing more.
func visibility(t *testing.T, d *demo) {
	me, other := d.as(t, "m019"), d.as(t, "m018")
	from, to := at(friday, 18, 0), at(friday, 19, 0)
	seat := me.free(t, 1, "colabo", "seat", from, to)[0]
	made := me.post(t, "/bookings", request(from, to, seat).with("title", "Secret plans")).want(t, 201)
	path := "/bookings/" + made.text(t, "id")

	for _, call := range []answer{
		other.get(t, path), other.get(t, path+"/passes"), other.get(t, path+".ics"),
		other.patch(t, path, fields{"title": "x"}), other.post(t, path+"/cancel", nil), other.post(t, path+"/check-in", nil),
	} {
		call.problem(t, 404, "not_found")
	}
	pass := me.get(t, path+"/passes").items(t)[0].text(t, "id")
	other.get(t, "/passes/"+pass+"/qr.png").problem(t, 404, "not_found")
	other.get(t, "/passes/"+pass+"/qr.svg").problem(t, 404, "not_found")

	name := me.get(t, "/me").text(t, "name")
	for _, seen := range []answer{
		other.get(t, asked("colabo", "seat", from, to)),
		other.get(t, "/bookings?site=colabo&from="+z(from)+"&to="+z(to)),
		other.post(t, "/bookings", request(from, to, seat)),
		other.get(t, "/occupancy"),
	} {
		if strings.Contains(string(seen.raw), "Secret plans") || strings.Contains(string(seen.raw), name) || strings.Contains(string(seen.raw), made.text(t, "id")) {
			t.Errorf("%s shows another's booking: %s", seen.call, seen.excerpt())
		}
	}
	if got := d.as(t, "staff").get(t, path).want(t, 200).text(t, "title"); got != "Secret plans" {
		t.Errorf("the desk sees the title %q", got)
	}
	d.as(t, "admin").get(t, path).want(t, 200)
	d.as(t, "manager").get(t, path).problem(t, 404, "not_found")
	companies(t, d)
}

// companies: the manager sees the company's bookings, other companies nothing,
// and the office is no place for strangers.
func companies(t *testing.T, d *demo) {
	t.Helper()
	worker, stranger := d.as(t, "worker"), d.as(t, "worker2")
	from, to := at(friday, 10, 0), at(friday, 11, 0)
	public := ids(d.as(t, "member").get(t, "/sites/shiojiri/spaces?kind=seat&limit=200").items(t))
	var desk string
	for id := range ids(worker.get(t, "/sites/shiojiri/spaces?kind=seat&limit=200").items(t)) {
		if !public[id] {
			desk = id
		}
	}
	made := worker.post(t, "/bookings", request(from, to, desk).with("title", "Merger")).want(t, 201)
	path := "/bookings/" + made.text(t, "id")
	d.as(t, "manager").get(t, path).want(t, 200).equal(t, "title", "Merger")
	stranger.get(t, path).problem(t, 404, "not_found")
	stranger.post(t, "/bookings", request(from, to, desk)).problem(t, 404, "not_found")
	unknown := stranger.post(t, "/bookings", request(from, to, "00000000-0000-7000-8000-000000000000"))
	hidden := stranger.post(t, "/bookings", request(from, to, desk))
	if unknown.text(t, "detail") != hidden.text(t, "detail") {
		t.Errorf("a hidden space answers %s, an unknown one %s", hidden.excerpt(), unknown.excerpt())
	}
	if seen := string(stranger.get(t, asked("shiojiri", "seat", from, to)).raw); strings.Contains(seen, desk) {
		t.Error("availability names another company's desk")
	}
	worker.post(t, path+"/cancel", nil).want(t, 200)
}

// callers are the kinds of callers, in the order of the columns below.
var callers = []string{"nobody", "member", "manager", "staff", "admin", "gate"}

// access says what each kind of caller gets for a call that is well formed:
// 401 without credentials, 403 for what is not for them. 0 leaves a cell open.
var access = []struct {
	method, path string
	body         any
	want         [6]int // nobody, member, manager, staff (Colabo), admin, gate
}{
	{"GET", "/time", nil, [6]int{200, 200, 200, 200, 200, 200}},
	{"GET", "/sites", nil, [6]int{200, 200, 200, 200, 200, 0}},
	{"GET", "/sites/colabo", nil, [6]int{200, 200, 200, 200, 200, 0}},
	{"GET", "/me", nil, [6]int{401, 200, 200, 200, 200, 403}},
	{"GET", "/me/passes", nil, [6]int{401, 200, 200, 200, 200, 403}},
	{"GET", "/me/tokens", nil, [6]int{401, 200, 200, 200, 200, 403}},
	{"GET", "/sites/colabo/spaces", nil, [6]int{401, 200, 200, 200, 200, 403}},
	{"GET", asked("colabo", "seat", at(friday, 10, 0), at(friday, 11, 0)), nil, [6]int{401, 200, 200, 200, 200, 403}},
	{"GET", "/bookings", nil, [6]int{401, 200, 200, 200, 200, 403}},
	{"GET", "/bookings/nothing", nil, [6]int{401, 404, 404, 404, 404, 403}},
	{"POST", "/bookings", fields{}, [6]int{401, 422, 422, 422, 422, 403}},
	{"GET", "/occupancy", nil, [6]int{401, 200, 200, 200, 200, 403}},
	{"GET", "/sites/colabo/presence", nil, [6]int{401, 403, 403, 200, 200, 403}},
	{"GET", "/sites/knowers/presence", nil, [6]int{401, 403, 403, 403, 200, 403}},
	{"GET", "/passages?site=colabo", nil, [6]int{401, 403, 403, 200, 200, 403}},
	{"GET", "/passages?site=knowers", nil, [6]int{401, 403, 403, 403, 200, 403}},
	{"GET", "/visits?site=colabo", nil, [6]int{401, 403, 403, 200, 200, 403}},
	{"GET", "/visits?site=knowers", nil, [6]int{401, 403, 403, 403, 200, 403}},
	{"GET", "/gates", nil, [6]int{401, 403, 403, 0, 200, 403}},
	{"POST", "/closures", fields{}, [6]int{401, 0, 0, 422, 422, 403}},
	{"GET", "/gate", nil, [6]int{401, 403, 403, 403, 403, 200}},
	{"POST", "/access/checks", fields{"code": "hello"}, [6]int{401, 403, 403, 403, 403, 200}},
}

// roles tries every route as every kind of caller.
func roles(t *testing.T, d *demo) {
	for i, who := range callers {
		caller := map[string]client{"nobody": d.anonymous(), "gate": d.gate("colabo-entrance")}[who]
		if caller.base == "" {
			caller = d.as(t, who)
		}
		for _, call := range access {
			got := caller.send(t, call.method, call.path, call.body)
			if want := call.want[i]; want != 0 && got.status != want {
				t.Errorf("%s as %s = %d, want %d: %s", got.call, who, got.status, want, got.excerpt())
			}
			if got.status >= 400 {
				got.problem(t, got.status, map[int]string{401: "unauthenticated", 403: "forbidden", 404: "not_found"}[got.status])
			}
		}
	}
	if got := d.gate("no-such-place").get(t, "/gate"); got.status != 401 {
		t.Errorf("an unknown gate token gets %d, want 401", got.status)
	}
}
