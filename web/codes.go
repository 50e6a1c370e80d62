package web

import (
	"net/http"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// codeView is an entry code as a picture with what it is for.
type codeView struct {
	Picture string
	Where   string
	When    string
}

// codePage shows one code large.
type codePage struct {
	ui.Page
	Code    *codeView
	Choices []preset
}

// fillCodes shows the reader's own codes of a booking, one for each site.
func (p *Pages) fillCodes(v *visit, r booking.Record, page *bookingPage) error {
	if page.Over || !v.who.Is(r.OrganizerID) {
		return nil
	}
	codes, err := p.codesOf(v, r)
	page.Codes = codes
	return err
}

func (p *Pages) codesOf(v *visit, r booking.Record) ([]codeView, error) {
	passes, err := p.Store.BookingPasses(v.ctx(), r.ID)
	if err != nil {
		return nil, err
	}
	var codes []codeView
	seen := map[string]bool{}
	for _, pass := range passes {
		mine := pass.MemberID != nil && v.who.Is(*pass.MemberID) && pass.RevokedAt == nil && !pass.Live
		if mine && !seen[pass.Site] {
			seen[pass.Site] = true
			codes = append(codes, v.codeView(pass))
		}
	}
	return codes, nil
}

func (v *visit) codeView(pass models.Pass) codeView {
	loc := v.home().Location()
	if site, err := v.cat.Site(pass.Site); err == nil {
		loc = site.Location()
	}
	return codeView{
		Picture: "/api/v1/passes/" + pass.ID + "/qr.svg", Where: v.siteName(pass.Site),
		When: locale.Period(v.lang, pass.NotBefore, pass.NotAfter, loc),
	}
}

// code serves GET /code: the code of the booking that is running or comes next,
// or of the one that ?booking= names.
func (p *Pages) code(v *visit) error {
	page := codePage{Page: v.page("nav.code", "code")}
	records, err := p.coming(v)
	if err != nil {
		return err
	}
	chosen := v.query("booking")
	for i, r := range records {
		if r.Status != models.BookingConfirmed && r.Status != models.BookingCheckedIn {
			continue
		}
		current := chosen == r.ID.String() || chosen == "" && page.Code == nil
		if current {
			codes, err := p.codesOf(v, records[i])
			if err != nil {
				return err
			}
			page.Code = v.pick(codes)
		}
		view := v.bookingView(r)
		page.Choices = append(page.Choices, preset{Label: view.Day + " " + view.Hours, URL: "/code?booking=" + view.ID, Current: current})
	}
	return p.show(v, http.StatusOK, "code", page)
}

// pick returns the code of the site that the address names, else the first.
func (v *visit) pick(codes []codeView) *codeView {
	if len(codes) == 0 {
		return nil
	}
	for i, c := range codes {
		if c.Where == v.query("site") {
			return &codes[i]
		}
	}
	return &codes[0]
}
