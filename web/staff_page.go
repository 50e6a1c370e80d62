package web

import (
	"encoding/base64"
	"encoding/json"

	"kyoten/models"
)

// deskPageSize is how many lines a list of the desk shows at a time.
const deskPageSize = 50

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

// more is the address of the next part of the list, "" at its end.
func (v *visit) more(next *models.Cursor) string {
	if next == nil {
		return ""
	}
	raw, err := json.Marshal(next)
	if err != nil {
		return ""
	}
	query := v.r.URL.Query()
	query.Set("after", base64.RawURLEncoding.EncodeToString(raw))
	query.Del("done")
	return v.r.URL.Path + "?" + query.Encode()
}
