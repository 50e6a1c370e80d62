package api

import (
	"context"
	"net/http"
	"time"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
)

// GateWire is a gate as those who run its site see it.
type GateWire struct {
	ID          string     `json:"id"`
	Site        string     `json:"site"`
	Name        string     `json:"name"`
	FromZone    *int       `json:"from_zone" doc:"Null: from outside."`
	ToZone      int        `json:"to_zone"`
	Direction   string     `json:"direction" enum:"entry,exit,both"`
	ExitOpens   string     `json:"exit_opens" enum:"always,authentic"`
	Online      bool       `json:"online"`
	LastSeenAt  *time.Time `json:"last_seen_at"`
	ClockState  string     `json:"clock_state"`
	QueueLength int        `json:"queue_length" doc:"Passages that the gate has yet to upload."`
	Problems    []string   `json:"problems" doc:"What is wrong at the door. What its agent says, as last heard: journal, disk, relay, scanner, self_test, state_refused. What the server sees while the gate is online: clock (the agent does not know the time), doubled (two agents at once say they are this gate), restarting (the agent keeps starting anew)."`
	Enrolled    bool       `json:"enrolled"`
	Revoked     bool       `json:"revoked"`
	CreatedAt   time.Time  `json:"created_at"`
}

func (a *API) gateWire(g models.Gate) GateWire {
	return GateWire{
		ID: g.ID.String(), Site: g.Site, Name: g.Name, FromZone: g.FromZone, ToZone: g.ToZone, Direction: g.Direction,
		ExitOpens: g.ExitOpens, Online: a.entrance.Online(g), LastSeenAt: g.LastSeenAt, ClockState: g.ClockState,
		QueueLength: g.QueueLength, Problems: a.entrance.Problems(g), Enrolled: g.TokenHash != "", Revoked: g.RevokedAt != nil, CreatedAt: g.CreatedAt,
	}
}

func (a *API) registerGates() {
	add(a, operation{
		id: "create-gate", method: "POST", path: "/gates", who: admins, status: http.StatusCreated, secret: true,
		faults: []*fault.Fault{models.ErrNotFound, access.ErrWrongZone},
	}, a.createGate)
	add(a, operation{id: "list-gates", method: "GET", path: "/gates", who: staff}, a.gates)
	add(a, operation{id: "list-quarantined", method: "GET", path: "/gates/{id}/quarantined", who: staff}, a.quarantined)
	add(a, operation{id: "delete-gate", method: "DELETE", path: "/gates/{id}", who: admins, status: http.StatusNoContent}, a.deleteGate)
	add(a, operation{
		id: "renew-enrolment", method: "POST", path: "/gates/{id}/enrolment", who: admins, status: http.StatusCreated, secret: true,
	}, a.renewEnrolment)
	add(a, operation{id: "revoke-gate", method: "POST", path: "/gates/{id}/revoke", who: admins}, a.revokeGate)
	add(a, operation{
		id: "enrol-gate", method: "POST", path: "/gates/enrol", who: anyone, status: http.StatusCreated, secret: true,
		faults: []*fault.Fault{access.ErrEnrolmentUsed, access.ErrEnrolmentExpired},
	}, a.enrolGate)
	add(a, operation{id: "get-gate", method: "GET", path: "/gate", who: gates}, a.gateSelf)
	add(a, operation{id: "beat-gate", method: "POST", path: "/gate/heartbeat", who: gates, status: http.StatusNoContent, secret: true}, a.beat)
}

// gateInput describes a new gate.
type gateInput struct {
	Body struct {
		Site      string `json:"site" minLength:"1" maxLength:"64"`
		Name      string `json:"name" minLength:"1" maxLength:"100"`
		FromZone  *int   `json:"from_zone,omitempty" doc:"Absent: from outside."`
		ToZone    int    `json:"to_zone"`
		Direction string `json:"direction" enum:"entry,exit,both"`
		ExitOpens string `json:"exit_opens,omitempty" enum:"always,authentic" default:"always" doc:"With one reader for both ways it must be authentic."`
	}
}

// newGateOutput is a gate with its enrolment code, shown this once.
type newGateOutput struct {
	Location string `header:"Location"`
	Body     struct {
		GateWire
		EnrolmentCode string    `json:"enrolment_code" doc:"Shown now and never again; good once."`
		ExpiresAt     time.Time `json:"expires_at"`
	}
}

// createGate serves POST /gates.
func (a *API) createGate(ctx context.Context, in *gateInput) (*newGateOutput, error) {
	b := in.Body
	e, err := a.entrance.CreateGate(ctx, auth.Principal(ctx), access.GateRequest{
		Site: b.Site, Name: b.Name, FromZone: b.FromZone, ToZone: b.ToZone, Direction: b.Direction, ExitOpens: b.ExitOpens,
	})
	if err != nil {
		return nil, err
	}
	return a.newGateOutput(e), nil
}

func (a *API) newGateOutput(e access.Enrolment) *newGateOutput {
	out := &newGateOutput{Location: prefix + "/gates/" + e.Gate.ID.String()}
	out.Body.GateWire, out.Body.EnrolmentCode, out.Body.ExpiresAt = a.gateWire(e.Gate), e.Code, e.ExpiresAt
	return out
}

// renewEnrolment serves POST /gates/{id}/enrolment: another code for a gate, for
// one that was not used in time, or to put a new token in the place of the old.
func (a *API) renewEnrolment(ctx context.Context, in *IDInput) (*newGateOutput, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	e, err := a.entrance.RenewEnrolment(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	return a.newGateOutput(e), nil
}

// gates serves GET /gates.
func (a *API) gates(ctx context.Context, in *Paged) (*body[listOf[GateWire]], error) {
	page, err := in.page("gates")
	if err != nil {
		return nil, err
	}
	rows, err := a.entrance.Gates(ctx, auth.Principal(ctx))
	if err != nil {
		return nil, err
	}
	rows, next := models.PageOf(rows, page, func(g models.Gate) string { return g.ID.String() })
	return newList("gates", rows, next, a.gateWire), nil
}

// quarantinedWire is an event of a gate that was set aside.
type quarantinedWire struct {
	EventID    string       `json:"event_id" doc:"Its id, as far as it could be read."`
	Result     entry.Result `json:"result" enum:"conflict,malformed" doc:"conflict: another event is stored under its id or its place in the gate's count."`
	Event      string       `json:"event" doc:"As the gate sent it."`
	ReceivedAt time.Time    `json:"received_at"`
}

// quarantinedInput names a gate, and a page of what it sent.
type quarantinedInput struct {
	IDInput
	Paged
}

// quarantined serves GET /gates/{id}/quarantined.
func (a *API) quarantined(ctx context.Context, in *quarantinedInput) (*body[listOf[quarantinedWire]], error) {
	page, err := in.page("quarantined")
	if err != nil {
		return nil, err
	}
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := a.entrance.Quarantined(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	rows, next := models.PageOf(rows, page, func(e models.QuarantinedEvent) string { return e.ID.String() })
	return newList("quarantined", rows, next, func(e models.QuarantinedEvent) quarantinedWire {
		return quarantinedWire{EventID: e.EventID, Result: entry.Result(e.Result), Event: e.Body, ReceivedAt: e.ReceivedAt}
	}), nil
}

// deleteGate serves DELETE /gates/{id}.
func (a *API) deleteGate(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.entrance.DeleteGate(ctx, auth.Principal(ctx), id)
}

// revokeGate serves POST /gates/{id}/revoke.
func (a *API) revokeGate(ctx context.Context, in *IDInput) (*body[GateWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	g, err := a.entrance.RevokeGate(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	return &body[GateWire]{a.gateWire(g)}, nil
}

// enrolledOutput makes a device a gate.
type enrolledOutput struct {
	Body struct {
		GateID   string      `json:"gate_id"`
		Token    string      `json:"token" doc:"Shown now and never again."`
		StateKey entry.Bytes `json:"state_key" doc:"To be pinned: what the server signs states with."`
	}
}

// enrolGate serves POST /gates/enrol.
func (a *API) enrolGate(ctx context.Context, in *struct {
	Body struct {
		EnrolmentCode string `json:"enrolment_code" minLength:"1" maxLength:"200"`
	}
},
) (*enrolledOutput, error) {
	e, err := a.entrance.Enrol(ctx, in.Body.EnrolmentCode)
	if err != nil {
		return nil, err
	}
	out := &enrolledOutput{}
	out.Body.GateID, out.Body.Token, out.Body.StateKey = e.Gate.ID.String(), e.Token, e.StateKey
	return out, nil
}

// gateSelfWire is what a gate is told of itself.
type gateSelfWire struct {
	ID        string      `json:"id"`
	Site      string      `json:"site"`
	Name      string      `json:"name"`
	FromZone  *int        `json:"from_zone"`
	ToZone    int         `json:"to_zone"`
	Direction string      `json:"direction" enum:"entry,exit,both"`
	ExitOpens string      `json:"exit_opens" enum:"always,authentic"`
	StateKey  entry.Bytes `json:"state_key" doc:"What the server signs states with now."`

	LastBoot int64       `json:"last_boot" doc:"The newest start of the agent that passages came from."`
	SiteName messageWire `json:"site_name" doc:"What people call the site."`
	TimeZone string      `json:"time_zone" doc:"Of the site."`
}

// gateSelf serves GET /gate.
func (a *API) gateSelf(ctx context.Context, _ *nothing) (*body[gateSelfWire], error) {
	g, err := a.store.Gate(ctx, auth.Principal(ctx).Gate.ID) // as it is now
	if err != nil {
		return nil, err
	}
	key, err := a.entrance.StateKey(ctx)
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	site, err := at.cat.Site(g.Site)
	if err != nil {
		return nil, err
	}
	name := messageWire{site.NameJA, site.NameEN}
	return &body[gateSelfWire]{gateSelfWire{
		g.ID.String(), g.Site, g.Name, g.FromZone, g.ToZone, g.Direction, g.ExitOpens, key, g.AckedBoot, name, site.TimeZone,
	}}, nil
}

// beat serves POST /gate/heartbeat.
func (a *API) beat(ctx context.Context, in *struct{ Body entry.Heartbeat }) (*nothing, error) {
	return nil, a.entrance.Heartbeat(ctx, auth.Principal(ctx), in.Body)
}
