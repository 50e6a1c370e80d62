package web

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kyoten/internal/locale"
	"kyoten/web/ui"
)

func TestALongListComesInParts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		query    string
		n        int
		from, to int
		want     ui.Pager
	}{
		"short":             {"", 20, 0, 20, ui.Pager{}},
		"none":              {"", 0, 0, 0, ui.Pager{}},
		"first":             {"", 45, 0, 20, ui.Pager{Words: "1–20 of 45", After: "/list?part=2"}},
		"between":           {"?part=2", 45, 20, 40, ui.Pager{Words: "21–40 of 45", Before: "/list?part=1", After: "/list?part=3"}},
		"last":              {"?part=3", 45, 40, 45, ui.Pager{Words: "41–45 of 45", Before: "/list?part=2"}},
		"after the last":    {"?part=9", 45, 40, 45, ui.Pager{Words: "41–45 of 45", Before: "/list?part=2"}},
		"before the first":  {"?part=-1", 45, 0, 20, ui.Pager{Words: "1–20 of 45", After: "/list?part=2"}},
		"no number":         {"?part=x", 45, 0, 20, ui.Pager{Words: "1–20 of 45", After: "/list?part=2"}},
		"it became shorter": {"?part=3", 20, 0, 20, ui.Pager{}},
	} {
		v := &visit{r: httptest.NewRequest("GET", "/other"+tt.query, nil), lang: locale.EN}
		from, to, pager := v.part("/list", tt.n)
		if from != tt.from || to != tt.to {
			t.Errorf("%s: got lines %d to %d, want %d to %d", name, from, to, tt.from, tt.to)
		}
		if diff := cmp.Diff(tt.want, pager); diff != "" {
			t.Errorf("%s: the pager (-want +got):\n%s", name, diff)
		}
	}
}

func TestListsOfOnePageHavePartsOfTheirOwn(t *testing.T) {
	t.Parallel()
	v := &visit{r: httptest.NewRequest("GET", "/list?site=a&rooms=2&seats=2&done=stored", nil), lang: locale.EN}
	from, to, pager := v.partOf("seats", "/list", v.r.URL.Query(), 50)
	want := ui.Pager{Words: "21–40 of 50", Before: "/list?rooms=2&seats=1&site=a#seats", After: "/list?rooms=2&seats=3&site=a#seats"}
	if diff := cmp.Diff(want, pager); diff != "" || from != 20 || to != 40 {
		t.Errorf("lines %d to %d, the pager (-want +got):\n%s", from, to, diff)
	}
}

// TestNoAddressIsTheServersFault: what a search or a place in a list cannot hold is
// said to be so, on both databases.
func TestNoAddressIsTheServersFault(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	for _, path := range []string{"/admin/members?q=%00", "/admin/bookings?q=%00", "/admin/audit?action=%00", "/admin/members?q=%FF"} {
		admin.get(path).has(t, http.StatusBadRequest)
	}
	place := base64.RawURLEncoding.EncodeToString([]byte(`{"Key":"\u0000","ID":"` + h.Ann.ID.String() + `"}`))
	admin.get("/admin/members?after="+place).has(t, http.StatusUnprocessableEntity)
}
