package web

import (
	"net/http"

	"kyoten/web/ui"
)

// welcomePage is the front page for those who are not signed in.
type welcomePage struct {
	ui.Page
	Sites []siteView
}

// today serves GET /.
func (p *Pages) today(v *visit) error {
	page := welcomePage{Page: v.page("app.name", "today")}
	for _, site := range v.cat.Sites() {
		page.Sites = append(page.Sites, v.siteView(site))
	}
	return p.show(v, http.StatusOK, "welcome", page)
}
