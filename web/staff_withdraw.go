package web

import (
	"context"
	"net/url"

	"kyoten/models"
	"kyoten/web/ui"
)

// withdrawFields are asked when somebody is suspended: what becomes of what they
// have booked.
var withdrawFields = []ui.Field{
	{Name: "reason", Label: "presence.reason", Hint: "desk.reason_told", Optional: true, Longest: "500"},
	{Name: "cancel", Type: "checkbox", Label: "members.suspend_bookings", Wide: true},
}

// withdrawForm has the bookings cancelled, unless the reader unticks it.
func withdrawForm() ui.Form { return ui.NewForm(url.Values{"cancel": {"yes"}}) }

// withdraw gives back what members have booked who are being suspended, where the
// form says so.
func (p *Pages) withdraw(ctx context.Context, v *visit, form ui.Form, members ...models.ID) error {
	f := &fields{form: form}
	reason := f.text("reason", 500)
	if f.err != nil || !f.yes("cancel") {
		return f.err
	}
	return p.Booking.Withdraw(ctx, v.who, reason, members...)
}

// comingListing is what members have booked and is not over: what suspending them
// would cancel.
func (p *Pages) comingListing(v *visit, path string, members ...models.ID) ([]ui.Listing, error) {
	rows, err := p.Booking.Coming(v.ctx(), v.who, members...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	from, to, pager := v.part(path, len(rows))
	list := v.bookingListing(rows[from:to], v.t("members.coming"))
	list.Pager = pager
	return []ui.Listing{list}, nil
}
