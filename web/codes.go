package web

import (
	"net/http"
	"slices"
	"time"

	"kyoten/access"
	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// codeView is an entry code as a picture, with what it opens and when.
type codeView struct {
	ID      string
	Booking string // "" for a pass that is for no booking
	Site    string
	Picture string
	Where   string
	When    string
	Note    string
	From    time.Time
	To      time.Time
}

// codePage shows one code large.
type codePage struct {
	ui.Page
	Member  string // whose phone keeps the live code
	Now     time.Time
	Code    *codeView
	Choices []codeChoice
}

// codeChoice is the way to one of the codes. Those that are Kept a phone shows
// without the network, too: this page is kept, and the choice says all of its code.
type codeChoice struct {
	preset
	Code codeView
	Kept bool
}

// What a phone keeps: the codes of the bookings of the coming days, and the one for
// no booking that is shown first.
const (
	keptDays  = 7
	keptCodes = 6
)

// code serves GET /code: the code of the booking that is running or comes next,
// else the one that needs no booking; or the one that the address names.
func (p *Pages) code(v *visit) error {
	passes, err := p.Access.MyPasses(v.ctx(), v.who)
	if err != nil {
		return err
	}
	page := codePage{Page: v.page("nav.code", "code"), Member: v.who.Member.ID.String(), Now: v.now}
	page.Scripts = append(page.Scripts, "js/code.js")
	codes := v.codeViews(passes)
	chosen := v.chooseCode(codes)
	page.Choices = v.codeChoices(codes, chosen)
	if chosen >= 0 {
		page.Code = &codes[chosen]
	}
	return p.show(v, http.StatusOK, "code", page)
}

// codeViews words the passes: those for bookings first, by time, then those that
// are for none, the reader's home site first.
func (v *visit) codeViews(passes []access.Issued) []codeView {
	var codes []codeView
	for _, pass := range passes {
		if pass.NotAfter.After(v.now) && pass.RevokedAt == nil {
			codes = append(codes, v.codeView(pass.Pass))
		}
	}
	home := v.home().Slug
	rank := func(c codeView) int64 {
		switch {
		case c.Booking != "":
			return c.From.Unix()
		case c.Site == home:
			return 1 << 40
		}
		return 1 << 41
	}
	slices.SortStableFunc(codes, func(a, b codeView) int { return int(min(max(rank(a)-rank(b), -1), 1)) })
	return codes
}

// codeChoices leads to every code; those for bookings come first.
func (v *visit) codeChoices(codes []codeView, chosen int) []codeChoice {
	var all []codeChoice
	soon := v.now.AddDate(0, 0, keptDays)
	unbooked := false
	for i, c := range codes {
		kept := i < keptCodes && c.From.Before(soon)
		if c.Booking == "" {
			kept, unbooked = !unbooked, true
		}
		all = append(all, codeChoice{preset{Label: v.codeLabel(c), URL: "/code?pass=" + c.ID, Current: i == chosen}, c, kept})
	}
	return all
}

func (v *visit) codeView(pass models.Pass) codeView {
	loc := v.home().Location()
	if site, err := v.cat.Site(pass.Site); err == nil {
		loc = site.Location()
	}
	view := codeView{
		ID: pass.ID, Site: pass.Site, Picture: "/api/v1/passes/" + pass.ID + "/qr.svg", Where: v.siteName(pass.Site),
		When: locale.Period(v.lang, pass.NotBefore, pass.NotAfter, loc), From: pass.NotBefore, To: pass.NotAfter,
	}
	switch pass.Kind {
	case models.PassStanding:
		view.Note = v.t("code.standing_note")
	case models.PassIdentity:
		view.Note = v.t("code.identity_note")
	default:
		view.Note = v.t("code.hours_note") // wider than the booking, which would look like a mistake
	}
	if pass.BookingID != nil {
		view.Booking = pass.BookingID.String()
	}
	return view
}

// codeLabel is the button that leads to a code: for a booking its day, else the
// site alone.
func (v *visit) codeLabel(c codeView) string {
	if c.Booking == "" {
		return c.Where
	}
	loc := v.home().Location()
	if site, err := v.cat.Site(c.Site); err == nil {
		loc = site.Location()
	}
	return locale.Day(v.lang, c.From, v.now, loc) + " " + locale.Time(c.From, loc) + " " + c.Where
}

// chooseCode returns the index of the code to show, -1 for none.
func (v *visit) chooseCode(codes []codeView) int {
	for i, c := range codes {
		if c.ID == v.query("pass") || c.Booking != "" && c.Booking == v.query("booking") {
			return i
		}
	}
	return min(len(codes), 1) - 1
}

// fillCodes shows the reader's own codes of a booking, one for each site.
func (p *Pages) fillCodes(v *visit, r booking.Record, page *bookingPage) error {
	if page.Over || !v.who.Is(r.OrganizerID) {
		return nil
	}
	passes, err := p.Access.BookingPasses(v.ctx(), v.who, r.ID)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, pass := range passes {
		mine := pass.MemberID != nil && v.who.Is(*pass.MemberID) && pass.RevokedAt == nil && !pass.Live
		if mine && !seen[pass.Site] {
			seen[pass.Site] = true
			page.Codes = append(page.Codes, v.codeView(pass.Pass))
		}
	}
	return nil
}
