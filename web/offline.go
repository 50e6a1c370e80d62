package web

import (
	"encoding/json"
	"net/http"

	"kyoten/web/ui"
)

// workerScript is the service worker's file; it stands at /sw.js, since a worker
// has power over what lies below it.
const workerScript = "js/worker.js"

// kept are the files that pages without a network need.
var kept = []string{
	"css/app.css", "favicon.svg", "js/app.js", "js/live.js", "js/offline.js",
	"js/code.js", "js/code-format.js", "js/phone.js", "vendor/qr-encode.min.js",
}

// worker serves GET /sw.js: the version and the files to keep, and the script.
// Another version of any file makes another script, which browsers notice.
func (p *Pages) worker(v *visit) error {
	shell := []string{"/offline"}
	for _, name := range kept {
		shell = append(shell, p.assets().URL(name))
	}
	files, err := json.Marshal(shell)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	script := "const version = \"" + p.assets().Hash() + "\";\nconst shell = " + string(files) + ";\n" + string(p.assets().Body(workerScript))
	_, err = v.w.Write([]byte(script))
	return err
}

// offlinePage is shown where there is no network and nothing was kept.
type offlinePage struct{ ui.Page }

// offline serves GET /offline. It is kept for whoever comes later, so it knows
// nobody.
func (p *Pages) offline(v *visit) error {
	page := offlinePage{v.page("offline.title", "sign-in")}
	page.Viewer, page.Unknown = nil, true
	return p.show(v, http.StatusOK, "offline", page)
}
