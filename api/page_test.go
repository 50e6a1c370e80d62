package api

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestNoCursorIsTheServersFault: a cursor is opaque, and what stands in it is the
// client's to write all the same.
func TestNoCursorIsTheServersFault(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	for list, path := range map[string]string{
		"audit": "/audit?", "bookings": "/bookings?", "closures": "/closures?", "members": "/members?", "my-visits": "/me/visits?",
		"passages": "/passages?site=colabo&", "visits": "/visits?site=colabo&", "waitlist": "/waitlist?", "spaces": "/spaces?",
	} {
		for _, place := range []string{
			`"k":"1","i":"\u0000"`, `"k":"\u0000","i":"1"`, `"k":"1","i":"x"`, `"k":"x","i":"` + s.Ann.ID.String() + `"`,
			`"k":"-549755813888","i":"` + s.Ann.ID.String() + `"`, `"k":"549755813887","i":"` + s.Ann.ID.String() + `"`,
			`"k":"-9223372036854775808","i":"` + strings.Repeat("0", 32) + `"`,
		} {
			cursor := base64.RawURLEncoding.EncodeToString([]byte(`{"l":"` + list + `",` + place + `}`))
			if got := admin.get(t, path+"cursor="+cursor); got.status != 200 && got.status != 422 {
				t.Errorf("%s with %s = %d: %s", list, place, got.status, got.raw)
			}
		}
	}
}
