package web

import (
	"encoding/base64"
	"encoding/json"

	"kyoten/models"
	"kyoten/web/ui"
)

// deskPageSize is how many lines a list of the desk shows at a time.
const deskPageSize = 20

// pageOf reads which part of a list is asked for. What is no cursor of ours is
// the beginning.
func (v *visit) pageOf() models.Page {
	page := models.Page{Limit: deskPageSize}
	raw, err := base64.RawURLEncoding.DecodeString(v.query("after"))
	if err == nil {
		_ = json.Unmarshal(raw, &page.After)
	}
	return page
}

// pager leads to the next part of the list, and back to its beginning.
func (v *visit) pager(next *models.Cursor) ui.Pager {
	var pager ui.Pager
	query := v.r.URL.Query()
	query.Del("done")
	if query.Has("after") {
		query.Del("after")
		pager.Start = v.r.URL.Path + "?" + query.Encode()
	}
	if next == nil {
		return pager
	}
	if raw, err := json.Marshal(next); err == nil {
		query.Set("after", base64.RawURLEncoding.EncodeToString(raw))
		pager.After = v.r.URL.Path + "?" + query.Encode()
	}
	return pager
}
