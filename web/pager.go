package web

import (
	"net/url"
	"strconv"

	"kyoten/web/ui"
)

// partSize is how many lines a list that is read whole shows at a time.
const partSize = 20

// part says which lines of a list of n the address asks for, and what leads to
// the others; path is the page that the list stands on.
func (v *visit) part(path string, n int) (from, to int, pager ui.Pager) {
	asked, _ := strconv.Atoi(v.query("part")) // what is no number asks for the first
	last := max(0, (n-1)/partSize)
	at := min(max(0, asked-1), last)
	from, to = at*partSize, min(n, (at+1)*partSize)
	if last == 0 {
		return from, to, pager
	}
	pager.Words = v.t("list.part", map[string]any{"from": from + 1, "to": to, "all": n})
	if at > 0 {
		pager.Before = v.partURL(path, at)
	}
	if at < last {
		pager.After = v.partURL(path, at+2)
	}
	return from, to, pager
}

// partURL is the address of one part of a list, counted from one.
func (v *visit) partURL(path string, number int) string {
	query := url.Values{"part": {strconv.Itoa(number)}}
	return path + "?" + query.Encode()
}
