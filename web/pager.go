package web

import (
	"net/url"
	"strconv"

	"kyoten/web/ui"
)

// partSize is how many lines a list that is read whole shows at a time.
const partSize = 20

// part says which lines of the list of n on the page at path the address asks
// for, and what leads to the others.
func (v *visit) part(path string, n int) (from, to int, pager ui.Pager) {
	return v.partOf("part", path, nil, n)
}

// partOf is part for one of several lists on a page, by the name that its part has
// in the address; what else the address asks for is kept. The pager leads to the
// element of that name.
func (v *visit) partOf(name, path string, query url.Values, n int) (from, to int, pager ui.Pager) {
	asked, _ := strconv.Atoi(v.query(name)) // what is no number asks for the first
	last := max(0, (n-1)/partSize)
	at := min(max(0, asked-1), last)
	from, to = at*partSize, min(n, (at+1)*partSize)
	if last == 0 {
		return from, to, pager
	}
	pager.Words = v.t("list.part", map[string]any{"from": from + 1, "to": to, "all": n})
	if at > 0 {
		pager.Before = partURL(name, path, query, at)
	}
	if at < last {
		pager.After = partURL(name, path, query, at+2)
	}
	return from, to, pager
}

// partURL is the address of one part of a list, counted from one.
func partURL(name, path string, query url.Values, number int) string {
	whole := url.Values{name: {strconv.Itoa(number)}}
	if query == nil {
		return path + "?" + whole.Encode()
	}
	for key, values := range query {
		if key != name && key != "done" {
			whole[key] = values
		}
	}
	return path + "?" + whole.Encode() + "#" + name
}
