package web

import (
	"context"
	"net/http"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/web/ui"
)

// formOn reads the account that the address names and the form that was posted
// about it.
func (p *Pages) formOn(v *visit) (auth.Account, ui.Form, error) {
	a, err := p.accountOf(v)
	if err != nil {
		return a, ui.Form{}, err
	}
	form, err := v.form()
	return a, form, err
}

// onMember does something to the account of the address and goes on to next, or
// shows the page with why not.
func (p *Pages) onMember(v *visit, next string, do func(auth.Account, ui.Form) error) error {
	a, form, err := p.formOn(v)
	if err != nil {
		return err
	}
	if err := do(a, form); err != nil {
		return p.refuseForm(v, v.memberPage(&a), form, err)
	}
	if next == "" {
		next = membersPath + "/" + a.ID.String() + "?done=stored"
	}
	return v.redirect(next)
}

// suspendMember serves POST /admin/members/:id/suspend. With their bookings, if
// so told.
func (p *Pages) suspendMember(v *visit) error {
	return p.onMember(v, "", func(a auth.Account, form ui.Form) error {
		return p.Store.Enclose(v.ctx(), func(ctx context.Context) error {
			_, err := p.Auth.UpdateAccount(ctx, v.who, a.ID, nil, func(a *auth.Account) { a.Suspended = true })
			if err != nil {
				return err
			}
			return p.withdraw(ctx, v, form, a.ID)
		})
	})
}

// restoreMember serves POST /admin/members/:id/restore.
func (p *Pages) restoreMember(v *visit) error {
	return p.onMember(v, "", func(a auth.Account, _ ui.Form) error {
		_, err := p.Auth.UpdateAccount(v.ctx(), v.who, a.ID, nil, func(a *auth.Account) { a.Suspended = false })
		return err
	})
}

// eraseMember serves POST /admin/members/:id/erase.
func (p *Pages) eraseMember(v *visit) error {
	return p.onMember(v, membersPath+"?done=erased", func(a auth.Account, _ ui.Form) error {
		if !v.who.Admin() {
			return models.ErrForbidden
		}
		return p.Store.Enclose(v.ctx(), func(ctx context.Context) error {
			if err := p.Booking.Depart(ctx, v.who, a.ID); err != nil {
				return err
			}
			return p.Auth.Erase(ctx, v.who, a.ID)
		})
	})
}

// linkMember serves POST /admin/members/:id/link. The link stands on the answer
// and nowhere else.
func (p *Pages) linkMember(v *visit) error {
	a, err := p.accountOf(v)
	if err != nil {
		return err
	}
	page := v.memberPage(&a)
	token, err := p.Auth.LinkFor(v.ctx(), v.who, a.ID)
	if err != nil {
		return p.refuseForm(v, page, page.Form, err)
	}
	page.Notice = &ui.Notice{Kind: "ok", Title: v.t("members.link_once"), Text: p.Auth.Origin(v.r) + "/links/" + token}
	return p.showForm(v, http.StatusOK, page)
}
