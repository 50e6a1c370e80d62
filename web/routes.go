package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"kyoten/auth"
	"kyoten/internal/httpkit"
	"kyoten/models"
)

// route is one page or one form's target.
type route struct {
	method  string
	path    string
	open    audience
	handler handler
}

// routes is every address of the pages, on one screen. A page is a GET; a form
// posts to it or below it, and is answered by sending the browser on, or by the
// page again with what is wrong.
func (p *Pages) routes() []route {
	return []route{
		{"GET", "/", anyone, p.today},
		{"GET", "/sign-in", anyone, p.signInForm},
		{"POST", "/sign-in", anyone, p.signIn},
		{"POST", "/sign-in/passkey", anyone, p.signInByPasskey},
		{"POST", "/sign-out", anyone, p.signOut},
		{"POST", "/language", anyone, p.setLanguage},
		{"GET", "/links/:token", anyone, p.linkForm},
		{"POST", "/links/:token", anyone, p.useLink},
		{"GET", "/mails/:token", anyone, p.mailChoice},
		{"POST", "/mails/:token", anyone, p.unsubscribe},
		{"POST", "/mails/:token/off", anyone, p.chooseMail(false)},
		{"POST", "/mails/:token/on", anyone, p.chooseMail(true)},
		{"GET", "/forgot-password", anyone, p.forgottenForm},
		{"POST", "/forgot-password", anyone, p.forgotten},

		{"GET", "/book", members, p.book},
		{"GET", "/rooms", members, p.rooms},
		{"GET", "/rooms/common", members, p.common},
		{"POST", "/rooms/common/holds", members, p.hold},
		{"GET", "/rooms/common/holds/:id", members, p.heldSlot},
		{"POST", "/rooms/common/holds/:id/release", members, p.letGo},
		{"GET", "/bookings", members, p.bookings},
		{"POST", "/bookings", members, p.reserve},
		{"GET", "/bookings/:id", members, p.bookingPage},
		{"POST", "/bookings/:id", members, p.change},
		{"POST", "/bookings/:id/extend", members, p.extend},
		{"POST", "/bookings/:id/cancel", members, p.cancel},
		{"POST", "/bookings/:id/again", members, p.again},
		{"POST", "/bookings/:id/repeat", members, p.repeat},
		{"POST", "/bookings/:id/series/extend", members, p.extendSeries},
		{"POST", "/bookings/:id/check-in", members, p.checkIn},
		{"POST", "/bookings/:id/check-out", members, p.checkOut},
		{"POST", "/bookings/:id/hand-over", members, p.handOver},
		{"POST", "/bookings/:id/guests", members, p.inviteGuest},
		{"POST", "/bookings/:id/guests/:guest/remove", members, p.removeGuest},
		{"GET", "/series/new", members, p.repeatForm},
		{"POST", "/series", members, p.reserveSeries},
		{"POST", "/waitlist", members, p.joinWaitlist},
		{"POST", "/waitlist/:id/accept", members, p.acceptOffer},
		{"POST", "/waitlist/:id/leave", members, p.leaveWaitlist},
		{"GET", "/seats/:id", members, p.fixedSeat},
		{"POST", "/seats/:id/give-up", members, p.giveUp},
		{"POST", "/seats/:id/give-up/:given/take-back", members, p.takeBack},
		{"GET", "/code", members, p.code},

		{"GET", "/account", members, p.account},
		{"POST", "/account", members, p.saveAccount},
		{"POST", "/account/mails", members, p.saveMails},
		{"POST", "/account/password", members, p.changePassword},
		{"POST", "/account/passkeys", members, p.addPasskey},
		{"POST", "/account/passkeys/:id", members, p.renamePasskey},
		{"POST", "/account/passkeys/:id/remove", members, p.removePasskey},
		{"POST", "/account/sessions/:id/end", members, p.endSession},
		{"POST", "/account/tokens", members, p.makeToken},
		{"POST", "/account/tokens/:id/delete", members, p.deleteToken},

		{"GET", "/live", members, p.live},
		{"GET", "/sw.js", anyone, p.worker},
		{"GET", "/offline", anyone, p.offline},
		{"POST", "/account/erase", members, p.eraseMe},
		{"GET", "/privacy", anyone, p.privacy},
		{"GET", "/statements", members, p.statement},

		{"GET", "/board/:site", anyone, p.board},
		{"GET", "/board/:site/live", anyone, p.boardLive},
		{"GET", "/board/:site/:room", anyone, p.panel},
		{"GET", "/board/:site/:room/code.svg", anyone, p.panelCode},

		{"GET", "/admin", staff, p.occupancyNow},
		{"GET", "/admin/presence", staff, p.presence},
		{"POST", "/admin/presence", staff, p.correctPresence},
		{"POST", "/admin/presence/admissions", staff, p.admit},
		{"GET", "/admin/reports", managers, p.reports},

		{"GET", "/admin/bookings", staff, p.deskBookings},
		{"POST", "/admin/bookings", staff, p.createBookingFor},
		{"GET", "/admin/bookings/new", staff, p.bookFor},
		{"GET", "/admin/bookings/:id", managers, p.deskBooking},
		{"POST", "/admin/bookings/:id/cancel", managers, p.deskCancel},
		{"GET", "/admin/approvals", managers, p.approvals},
		{"POST", "/admin/approvals/:id", managers, p.approve},
		{"POST", "/admin/approvals/:id/reject", managers, p.reject},
		{"GET", "/admin/closures", staff, p.closures},
		{"POST", "/admin/closures", staff, p.createClosure},
		{"GET", "/admin/closures/new", staff, p.newClosure},
		{"POST", "/admin/closures/:id/delete", staff, p.deleteClosure},

		{"GET", "/admin/members", managers, p.members},
		{"POST", "/admin/members", managers, p.createMember},
		{"GET", "/admin/members/new", managers, p.newMember},
		{"GET", "/admin/members/import", admins, p.importForm(p.memberImport())},
		{"POST", "/admin/members/import", admins, p.takeFile(p.memberImport())},
		{"GET", "/admin/members/:id", managers, p.member},
		{"POST", "/admin/members/:id", managers, p.saveMember},
		{"POST", "/admin/members/:id/suspend", managers, p.suspendMember},
		{"POST", "/admin/members/:id/restore", managers, p.restoreMember},
		{"POST", "/admin/members/:id/link", staff, p.linkMember},
		{"POST", "/admin/members/:id/merge", admins, p.mergeMember},
		{"POST", "/admin/members/:id/erase", admins, p.eraseMember},
		{"GET", "/admin/companies", staff, p.companies},
		{"POST", "/admin/companies", admins, p.createCompany},
		{"GET", "/admin/companies/new", admins, p.newCompany},
		{"GET", "/admin/companies/:id", managers, p.companyDetail},
		{"POST", "/admin/companies/:id", admins, p.saveCompany},
		{"POST", "/admin/companies/:id/suspend", admins, p.suspendCompany(true)},
		{"POST", "/admin/companies/:id/restore", admins, p.suspendCompany(false)},
		{"POST", "/admin/companies/:id/delete", admins, p.deleteCompany},
		{"GET", "/admin/plans", admins, p.plans},
		{"POST", "/admin/plans", admins, p.createPlan},
		{"GET", "/admin/plans/new", admins, p.newPlan},
		{"GET", "/admin/plans/:id", admins, p.planDetail},
		{"POST", "/admin/plans/:id", admins, p.savePlan},
		{"POST", "/admin/plans/:id/delete", admins, p.deletePlan},

		{"GET", "/admin/sites", admins, p.sites},
		{"POST", "/admin/sites", admins, p.createSite},
		{"GET", "/admin/sites/new", admins, p.newSite},
		{"GET", "/admin/sites/:slug", admins, p.siteDetail},
		{"POST", "/admin/sites/:slug", admins, p.saveSite},
		{"POST", "/admin/sites/:slug/delete", admins, p.deleteSite},
		{"POST", "/admin/zones", admins, p.createZone},
		{"GET", "/admin/zones/new", admins, p.newZone},
		{"GET", "/admin/zones/:id", admins, p.zoneDetail},
		{"POST", "/admin/zones/:id", admins, p.saveZone},
		{"POST", "/admin/zones/:id/delete", admins, p.deleteZone},
		{"GET", "/admin/spaces", staff, p.spaces},
		{"POST", "/admin/spaces", admins, p.createSpace},
		{"GET", "/admin/spaces/new", admins, p.newSpace},
		{"GET", "/admin/spaces/import", admins, p.importForm(p.spaceImport())},
		{"POST", "/admin/spaces/import", admins, p.takeFile(p.spaceImport())},
		{"GET", "/admin/spaces/:id", staff, p.spaceDetail},
		{"POST", "/admin/spaces/:id", staff, p.saveSpace},
		{"POST", "/admin/spaces/:id/delete", admins, p.deleteSpace},
		{"POST", "/admin/floors", admins, p.createFloor},
		{"GET", "/admin/floors/new", admins, p.newFloor},
		{"GET", "/admin/floors/:id", admins, p.floorDetail},
		{"POST", "/admin/floors/:id", admins, p.saveFloor},
		{"POST", "/admin/floors/:id/delete", admins, p.deleteFloor},
		{"POST", "/admin/floors/:id/picture", admins, p.setFloorPicture},
		{"POST", "/admin/floors/:id/picture/remove", admins, p.removeFloorPicture},
		{"GET", "/admin/holidays", admins, p.holidays},
		{"POST", "/admin/holidays", admins, p.setHoliday},
		{"POST", "/admin/holidays/:day/delete", admins, p.deleteHoliday},
		{"GET", "/admin/gates", staff, p.gates},
		{"POST", "/admin/gates", admins, p.createGate},
		{"GET", "/admin/gates/new", admins, p.newGate},
		{"POST", "/admin/gates/mode", staff, p.setMode},
		{"GET", "/admin/gates/:id", staff, p.gateDetail},
		{"POST", "/admin/gates/:id/open", staff, p.openGate},
		{"POST", "/admin/gates/:id/renew", admins, p.renewGate},
		{"POST", "/admin/gates/:id/revoke", admins, p.revokeGate},
		{"POST", "/admin/gates/:id/delete", admins, p.deleteGate},
		{"GET", "/admin/webhooks", admins, p.webhooks},
		{"POST", "/admin/webhooks", admins, p.createWebhook},
		{"GET", "/admin/webhooks/new", admins, p.newWebhook},
		{"GET", "/admin/webhooks/:id", admins, p.webhookDetail},
		{"POST", "/admin/webhooks/:id", admins, p.saveWebhook},
		{"POST", "/admin/webhooks/:id/test", admins, p.testWebhook},
		{"POST", "/admin/webhooks/:id/rotate", admins, p.rotateWebhook},
		{"POST", "/admin/webhooks/:id/deliveries/:delivery", admins, p.redeliver},
		{"POST", "/admin/webhooks/:id/delete", admins, p.deleteWebhook},
		{"GET", "/admin/audit", admins, p.audit},
		{"POST", "/admin/audit/verify", admins, p.verifyAudit},
	}
}

// Paths lists the address of every page there is, as the router writes them, so
// that a test can see that none was forgotten.
func Paths() []string {
	var paths []string
	for _, r := range (&Pages{}).routes() {
		if r.method == http.MethodGet {
			paths = append(paths, r.path)
		}
	}
	return paths
}

// audience is for whom a route is. What a handler then shows of sites, bookings
// and people is decided by the services and by models.Principal.
type audience int

const (
	anyone   audience = iota // signed in or not
	members                  // whoever is signed in
	managers                 // of a company, and who runs at least one site
	staff                    // who runs at least one site
	admins                   // who runs the consortium
)

// admits returns nil when the principal belongs to the audience. To those who do
// not run a site, the staff pages do not exist.
func (a audience) admits(who models.Principal) error {
	switch {
	case a == anyone:
		return nil
	case !who.SignedIn():
		return auth.ErrUnauthenticated
	case a == managers && who.Manages(who.Company()):
		return nil
	case a >= managers && !who.Staff() && !who.Admin(), a == admins && !who.Admin():
		return models.ErrNotFound
	}
	return nil
}

// guard makes an Echo handler of h that only the audience reaches.
func (p *Pages) guard(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		httpkit.NoteRoute(c.Request().Context(), r.path)
		v, err := p.visit(c)
		if err != nil {
			return err
		}
		if answered, err := p.handOff(v, r); answered || err != nil {
			return err
		}
		if err := r.open.admits(v.who); err != nil {
			return p.turnAway(v, err)
		}
		return r.handler(v)
	}
}
