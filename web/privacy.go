package web

import (
	"context"
	"net/http"

	"kyoten/web/ui"
)

// privacyPage says what is kept of people, why, and how long.
type privacyPage struct {
	ui.Page
	List     ui.Listing
	SignedIn bool
	Erase    ui.Deed
}

// keptData are the kinds of personal data there are, each with its texts
// privacy.KIND.what, .why and .long. A new kind of row about people gets a line
// here.
var keptData = []string{"account", "bookings", "guests", "passages", "codes", "sessions", "mails", "audit"}

// privacy serves GET /privacy, which anybody may read before joining.
func (p *Pages) privacy(v *visit) error { return p.showPrivacy(v, http.StatusOK, nil) }

func (p *Pages) showPrivacy(v *visit, status int, notice *ui.Notice) error {
	page := privacyPage{Page: v.page("privacy.title", "account"), SignedIn: v.who.Member != nil}
	page.Here = "/privacy"
	if notice != nil {
		page.Notice = notice
	}
	page.List = ui.Listing{Prose: true, Columns: ui.Columns(v.t("privacy.what"), v.t("privacy.why"), v.t("privacy.long"))}
	for _, kind := range keptData {
		page.List.Lines = append(page.List.Lines, ui.Line{Cells: []ui.Cell{
			{Text: v.t("privacy." + kind + ".what")}, {Text: v.t("privacy." + kind + ".why")}, {Text: v.t("privacy." + kind + ".long")},
		}})
	}
	page.Erase = ui.Deed{
		Icon: "bin", Label: "privacy.erase", Text: v.t("privacy.erase_text"), URL: "/account/erase", Danger: true, Form: ui.NewForm(nil),
		Fields: []ui.Field{{Name: "sure", Type: "checkbox", Label: "privacy.sure"}},
	}
	return p.show(v, status, "privacy", page)
}

// eraseMe serves POST /account/erase: the reader goes, and what they held with
// them.
func (p *Pages) eraseMe(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if form.Value("sure") == "" {
		return p.showPrivacy(v, http.StatusUnprocessableEntity, &ui.Notice{Kind: "danger", Title: v.t("privacy.not_sure")})
	}
	id := v.who.Member.ID
	err = p.Store.Enclose(v.ctx(), func(ctx context.Context) error {
		if err := p.Booking.Depart(ctx, v.who, id); err != nil {
			return err
		}
		return p.Auth.Erase(ctx, v.who, id)
	})
	if err != nil {
		notice, status, err := v.refused(err, nil)
		if err != nil {
			return err
		}
		return p.showPrivacy(v, status, notice)
	}
	return v.redirect("/?done=gone")
}
