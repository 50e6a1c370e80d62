package api

import (
	"context"
	"maps"
	"net/http"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/places"
)

// planWire is what a member may do.
type planWire struct {
	ID              string        `json:"id"`
	Name            string        `json:"name"`
	NameJA          string        `json:"name_ja"`
	NameEN          string        `json:"name_en"`
	IsDefault       bool          `json:"is_default" doc:"The plan of everybody who has no other."`
	AllSites        bool          `json:"all_sites"`
	Sites           []string      `json:"sites" doc:"Where it is good for, unless at all sites."`
	StandingAccess  bool          `json:"standing_access" doc:"Whether its members may enter without a booking."`
	MaxGuests       int           `json:"max_guests"`
	NoShowLimit     int           `json:"no_show_limit" doc:"So many no-shows in 30 days pause booking; 0 = never."`
	NoShowPauseDays int           `json:"no_show_pause_days"`
	Rules           PlanRulesWire `json:"rules"`
}

// PlanRulesWire is what a plan allows, by kind of space; null = nothing.
type PlanRulesWire struct {
	Seat *planRuleWire `json:"seat"`
	Room *planRuleWire `json:"room"`
}

// planRuleWire is what a plan allows for one kind of space. 0 means no limit; for
// grace_minutes it means that nothing is released.
type planRuleWire struct {
	HorizonDays         int `json:"horizon_days" minimum:"0" maximum:"3650"`
	NoticeMinutes       int `json:"notice_minutes" required:"false" minimum:"0" maximum:"525600"`
	MinMinutes          int `json:"min_minutes" required:"false" minimum:"0" maximum:"525600"`
	MaxMinutes          int `json:"max_minutes" required:"false" minimum:"0" maximum:"525600"`
	MaxOpen             int `json:"max_open" required:"false" minimum:"0" maximum:"100000"`
	MinutesPerWeek      int `json:"minutes_per_week" required:"false" minimum:"0" maximum:"10080"`
	MinutesPerMonth     int `json:"minutes_per_month" required:"false" minimum:"0" maximum:"44640"`
	BufferMinutes       int `json:"buffer_minutes" required:"false" minimum:"0" maximum:"1440"`
	CancelNoticeMinutes int `json:"cancel_notice_minutes" required:"false" minimum:"0" maximum:"525600"`
	GraceMinutes        int `json:"grace_minutes" required:"false" minimum:"0" maximum:"1440"`
}

func newPlanWire(lang locale.Lang, p *models.Plan) planWire {
	return planWire{
		ID: p.ID.String(), Name: named(lang, p.NameJA, p.NameEN), NameJA: p.NameJA, NameEN: p.NameEN, IsDefault: p.IsDefault,
		AllSites: p.AllSites, Sites: append([]string{}, p.Sites...), StandingAccess: p.StandingAccess, MaxGuests: p.MaxGuests,
		NoShowLimit: p.NoShowLimit, NoShowPauseDays: p.NoShowPauseDays,
		Rules: PlanRulesWire{newPlanRuleWire(p, models.KindSeat), newPlanRuleWire(p, models.KindRoom)},
	}
}

func newPlanRuleWire(p *models.Plan, kind models.Kind) *planRuleWire {
	r, ok := p.Rules[kind]
	if !ok {
		return nil
	}
	return &planRuleWire{
		r.HorizonDays, r.NoticeMinutes, r.MinMinutes, r.MaxMinutes, r.MaxOpen, r.MinutesPerWeek, r.MinutesPerMonth,
		r.BufferMinutes, r.CancelNoticeMinutes, r.GraceMinutes,
	}
}

func (w *planRuleWire) rule() models.PlanRule {
	return models.PlanRule{
		HorizonDays: w.HorizonDays, NoticeMinutes: w.NoticeMinutes, MinMinutes: w.MinMinutes, MaxMinutes: w.MaxMinutes,
		MaxOpen: w.MaxOpen, MinutesPerWeek: w.MinutesPerWeek, MinutesPerMonth: w.MinutesPerMonth,
		BufferMinutes: w.BufferMinutes, CancelNoticeMinutes: w.CancelNoticeMinutes, GraceMinutes: w.GraceMinutes,
	}
}

func (a *API) registerPlans() {
	last := []*fault.Fault{places.ErrLastDefault}
	add(a, operation{id: "list-plans", method: "GET", path: "/plans", who: people}, a.plans)
	add(a, operation{id: "get-plan", method: "GET", path: "/plans/{id}", who: people}, a.plan)
	add(a, operation{id: "create-plan", method: "POST", path: "/plans", who: admins, status: http.StatusCreated}, a.createPlan)
	add(a, operation{id: "update-plan", method: "PATCH", path: "/plans/{id}", who: admins, faults: last}, a.updatePlan)
	add(a, operation{id: "check-plan", method: "POST", path: "/plans/{id}/check", who: admins}, a.checkPlan)
	add(a, operation{
		id: "delete-plan", method: "DELETE", path: "/plans/{id}", who: admins, status: http.StatusNoContent,
		faults: append(last, models.ErrInUse),
	}, a.deletePlan)
}

// seesPlan: those who look after accounts see every plan, others their own.
func (at *atlas) seesPlan(p *models.Plan) bool {
	own, err := at.cat.PlanOf(at.p.Member)
	return at.p.Admin() || at.p.Staff() || err == nil && own.ID == p.ID
}

// plans serves GET /plans.
func (a *API) plans(ctx context.Context, in *Paged) (*body[listOf[planWire]], error) {
	page, err := in.page("plans")
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	var seen []*models.Plan
	for _, p := range at.cat.Plans() {
		if at.seesPlan(p) {
			seen = append(seen, p)
		}
	}
	rows, next := models.PageOf(seen, page, func(p *models.Plan) string { return p.ID.String() })
	return newList("plans", rows, next, func(p *models.Plan) planWire { return newPlanWire(at.lang, p) }), nil
}

// plan serves GET /plans/{id}.
func (a *API) plan(ctx context.Context, in *IDInput) (*versioned[planWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	p, err := at.cat.Plan(id)
	if err != nil || !at.seesPlan(p) {
		return nil, models.ErrNotFound
	}
	return &versioned[planWire]{etag(p.Version), newPlanWire(at.lang, p)}, nil
}

// PlanFields is what can be said of a plan. "name" stands for both languages; a
// rule that is given stands in place of the one before, null takes it off.
type PlanFields struct {
	Name            *string   `json:"name,omitempty" maxLength:"100"`
	NameJA          *string   `json:"name_ja,omitempty" maxLength:"100"`
	NameEN          *string   `json:"name_en,omitempty" maxLength:"100"`
	IsDefault       *bool     `json:"is_default,omitempty"`
	AllSites        *bool     `json:"all_sites,omitempty"`
	Sites           *[]string `json:"sites,omitempty" maxItems:"1000"`
	StandingAccess  *bool     `json:"standing_access,omitempty"`
	MaxGuests       *int      `json:"max_guests,omitempty" minimum:"0" maximum:"1000"`
	NoShowLimit     *int      `json:"no_show_limit,omitempty" minimum:"0" maximum:"1000"`
	NoShowPauseDays *int      `json:"no_show_pause_days,omitempty" minimum:"0" maximum:"3650"`
	Rules           *struct {
		Seat Change[planRuleWire] `json:"seat,omitempty" required:"false"`
		Room Change[planRuleWire] `json:"room,omitempty" required:"false"`
	} `json:"rules,omitempty" doc:"A new plan that says nothing of them allows both kinds without limits."`
}

func (in *PlanFields) apply(p *models.Plan) {
	setNames(&p.NameJA, &p.NameEN, in.Name, in.NameJA, in.NameEN)
	set(&p.IsDefault, in.IsDefault)
	set(&p.AllSites, in.AllSites)
	set(&p.Sites, in.Sites)
	set(&p.StandingAccess, in.StandingAccess)
	set(&p.MaxGuests, in.MaxGuests)
	set(&p.NoShowLimit, in.NoShowLimit)
	set(&p.NoShowPauseDays, in.NoShowPauseDays)
	if in.Rules == nil {
		return
	}
	rules := maps.Clone(p.Rules)
	setRule(rules, models.KindSeat, in.Rules.Seat)
	setRule(rules, models.KindRoom, in.Rules.Room)
	p.Rules = rules
}

func setRule(rules map[models.Kind]models.PlanRule, kind models.Kind, c Change[planRuleWire]) {
	switch {
	case c.Null:
		delete(rules, kind)
	case c.Set:
		rules[kind] = c.Value.rule()
	}
}

// createPlan serves POST /plans. One that says nothing of rules allows both kinds
// without limits, as its page does at first.
func (a *API) createPlan(ctx context.Context, in *struct{ Body PlanFields }) (*created[planWire], error) {
	p := models.Plan{AllSites: true, MaxGuests: 10, Rules: map[models.Kind]models.PlanRule{}}
	if in.Body.Rules == nil {
		p.Rules[models.KindSeat], p.Rules[models.KindRoom] = models.PlanRule{}, models.PlanRule{}
	}
	in.Body.apply(&p)
	if err := a.places.CreatePlan(ctx, auth.Principal(ctx), &p); err != nil {
		return nil, err
	}
	return &created[planWire]{prefix + "/plans/" + p.ID.String(), etag(p.Version), newPlanWire(reader(ctx), &p)}, nil
}

// updatePlan serves PATCH /plans/{id}.
func (a *API) updatePlan(ctx context.Context, in *struct {
	IDInput
	Conditional
	Body PlanFields
},
) (*versioned[planWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	p, err := a.places.UpdatePlan(ctx, auth.Principal(ctx), id, in.match(), in.Body.apply)
	if err != nil {
		return nil, err
	}
	return &versioned[planWire]{etag(p.Version), newPlanWire(reader(ctx), &p)}, nil
}

// misfitWire is a coming booking that a plan would refuse.
type misfitWire struct {
	Code    string      `json:"code" doc:"The rule that refuses it."`
	Booking bookingWire `json:"booking"`
}

// misfitsWire lists them.
type misfitsWire struct {
	Items []misfitWire `json:"items"`
}

// checkPlan serves POST /plans/{id}/check: a change of the plan, tried out on the
// bookings to come. An empty body asks about the plan as it is.
func (a *API) checkPlan(ctx context.Context, in *struct {
	IDInput
	Body PlanFields
},
) (*body[misfitsWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	now, err := at.cat.Plan(id)
	if err != nil {
		return nil, models.ErrNotFound
	}
	changed := *now // the catalogue's own is everybody's
	in.Body.apply(&changed)
	rows, err := a.bookingService.Misfits(ctx, auth.Principal(ctx), &changed)
	if err != nil {
		return nil, err
	}
	out := misfitsWire{Items: make([]misfitWire, len(rows))}
	for i, m := range rows {
		out.Items[i] = misfitWire{m.Code, a.bookingWire(ctx, m.Record)}
	}
	return &body[misfitsWire]{Body: out}, nil
}

// deletePlan serves DELETE /plans/{id}.
func (a *API) deletePlan(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.places.DeletePlan(ctx, auth.Principal(ctx), id)
}
