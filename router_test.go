package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"kyoten/web/kiosk"
)

// TestWhatIsPackedIsPackedOnce: a second packing on the way out would leave a
// browser with a page it cannot read.
func TestWhatIsPackedIsPackedOnce(t *testing.T) {
	t.Parallel()
	r := start(t, append([]string{"serve"}, stored(t)...)...)
	for path, holds := range map[string]string{"/": "<html", kiosk.Path: `id="settings"`} {
		ask, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		ask.Header.Set("Accept-Encoding", "gzip")
		answer, err := http.DefaultClient.Do(ask)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := gzip.NewReader(answer.Body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		body, err := io.ReadAll(unpacked)
		_ = answer.Body.Close()
		if err != nil || !strings.Contains(string(body), holds) {
			t.Errorf("%s, unpacked once, has no %s (%v): %.60q", path, holds, err, body)
		}
	}
}
