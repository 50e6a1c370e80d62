package models

// Tables lists every type with a table, in an order in which each row finds those
// it names already stored. A new table without a type here fails a test.
var Tables = []any{
	Plan{}, PlanRule{}, Company{}, Site{}, PlanSite{}, OpeningHours{}, Holiday{}, Zone{}, FloorPlan{}, Member{}, MemberSite{},
	Space{}, Closure{}, Series{}, Booking{}, BookingSpace{}, Guest{}, GiveUp{}, Wish{}, Subject{}, Pass{}, Revocation{}, IssuerKey{}, StateKey{},
	SiteState{}, Gate{}, GateOpening{}, Passage{}, Scan{}, QuarantinedEvent{}, Visit{}, Presence{}, Setting{}, Session{}, Token{}, Link{},
	SignInFailure{}, IdempotencyKey{}, Notice{}, AuditEntry{},
}
