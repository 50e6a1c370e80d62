//go:build e2e

package contract

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kyoten/e2e/harness"
)

// TestServe: an empty database gets the three sites, nobody's account and a link
// for the first administrator, once.
func TestServe(t *testing.T) {
	eachDatabase(t, func(t *testing.T, data []string) {
		server := harness.Start(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, data...)...)
		c := (&demo{server: server}).anonymous()
		if n := len(c.get(t, "/sites").items(t)); n != 3 {
			t.Errorf("%d sites on an empty database, want three", n)
		}
		c.post(t, "/sessions", fields{"email": "admin@kyoten.example", "password": "kyoten-demo"}).problem(t, 401, "bad_credentials")

		link := regexp.MustCompile(regexp.QuoteMeta(server.Base) + `(/\S+)`).FindStringSubmatch(server.Log())
		if link == nil {
			t.Fatalf("no link for the first administrator in\n%s", server.Log())
		}
		c.get(t, "/"+link[1]).want(t, http.StatusOK)
		logged := regexp.MustCompile(`(?m)^\{.*$`).FindAllString(server.Log(), -1)
		if token := link[1][strings.LastIndex(link[1], "/")+1:]; strings.Contains(strings.Join(logged, "\n"), token) {
			t.Error("the one-time link stands in the log")
		}
		server.Stop(t)

		if out, code := harness.Run(t, append([]string{"demo", "--addr", "127.0.0.1:0"}, data...)...); code == 0 {
			t.Errorf("demo runs on a real database: %s", out)
		}
	})
}

// TestDemoIsReadyQuickly starts it up to three times: the machine may be busy with
// something else, but hardly thrice.
func TestDemoIsReadyQuickly(t *testing.T) {
	for _, kind := range harness.Databases() {
		t.Run(kind, func(t *testing.T) {
			quickest := time.Hour
			for try := 0; try < 3 && quickest > 2*time.Second; try++ {
				server := harness.StartDemo(t, kind)
				quickest = min(quickest, server.Took)
				server.Stop(t)
			}
			if quickest > 2*time.Second {
				t.Errorf("the demo was ready after %s, want 2 s at most", quickest)
			}
		})
	}
}

// TestDemoGoesOnWithItsOwnData and with nobody else's.
func TestDemoGoesOnWithItsOwnData(t *testing.T) {
	eachDatabase(t, func(t *testing.T, data []string) {
		start := func() *demo {
			args := append([]string{"demo", "--addr", "127.0.0.1:0", "--seed", "7", "--now", harness.Opening}, data...)
			return &demo{server: harness.Start(t, args...), tokens: map[string]string{}}
		}
		first := start()
		me := first.as(t, "member")
		from, to := at(monday, 10, 0), at(monday, 11, 0)
		id := me.book(t, from, to, me.free(t, 1, "colabo", "seat", from, to)...).text(t, "id")
		first.server.Stop(t)

		again := start()
		again.as(t, "member").get(t, "/bookings/"+id).want(t, 200).equal(t, "status", "confirmed")
		again.server.Stop(t)
		if out, code := harness.Run(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, data...)...); code == 0 {
			t.Errorf("serve runs on a demo's database: %s", out)
		}
	})
}

// TestSeedMakesTheDemoReproducible: names, spaces and bookings are the same.
func TestSeedMakesTheDemoReproducible(t *testing.T) {
	seen := func(seed string) string {
		d := &demo{server: harness.StartDemo(t, "sqlite", "--seed", seed), tokens: map[string]string{}}
		defer d.server.Stop(t)
		staff := d.as(t, "staff")
		var all []string
		for _, b := range staff.get(t, "/bookings?site=colabo&limit=200&from="+z(at(1, 0, 0))+"&to="+z(at(8, 0, 0))).items(t) {
			all = append(all, b.text(t, "starts_at"), b.text(t, "ends_at"), b.text(t, "spaces.0.name"))
		}
		return strings.Join(all, "\n")
	}
	one := seen("1")
	if one == "" {
		t.Fatal("staff see no bookings of the coming week")
	}
	if again := seen("1"); again != one {
		t.Error("the same seed gives other bookings")
	}
	if other := seen("2"); other == one {
		t.Error("another seed gives the same bookings")
	}
}

// TestKilledServerKeepsItsPromises: what was confirmed is there after a power cut.
func TestKilledServerKeepsItsPromises(t *testing.T) {
	eachDatabase(t, func(t *testing.T, data []string) {
		args := append([]string{"demo", "--addr", "127.0.0.1:0", "--seed", "1", "--now", harness.Opening}, data...)
		d := &demo{server: harness.Start(t, args...), tokens: map[string]string{}}
		me := d.as(t, "member")
		from, to := at(monday, 10, 0), at(monday, 11, 0)
		id := me.book(t, from, to, me.free(t, 1, "colabo", "seat", from, to)...).text(t, "id")
		d.server.Kill()
		d = &demo{server: harness.Start(t, args...), tokens: map[string]string{}}
		d.as(t, "member").get(t, "/bookings/"+id).want(t, 200).equal(t, "status", "confirmed")
	})
}

// TestCommands that end by themselves.
func TestCommands(t *testing.T) {
	data := "--data=" + t.TempDir()
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"version":         {[]string{"version"}, 0, "kyoten"},
		"help":            {[]string{"--help"}, 0, "serve"},
		"help of serve":   {[]string{"serve", "--help"}, 0, "--database-url"},
		"migrate":         {[]string{"migrate", data}, 0, ""},
		"migrate again":   {[]string{"migrate", data}, 0, ""},
		"unknown command": {[]string{"dance"}, 1, "dance"},
		"unknown flag":    {[]string{"serve", "--dance"}, 1, "--dance"},
		"two mistakes":    {[]string{"serve", data, "--addr", "nonsense", "--tls-cert", "/none.pem"}, 1, "tls-key"},
		"bad address too": {[]string{"serve", data, "--addr", "nonsense", "--tls-cert", "/none.pem"}, 1, "addr"},
		"bad database":    {[]string{"serve", data, "--database-url", "mysql://x"}, 1, "database-url"},
		"bad instant":     {[]string{"demo", "--now", "tomorrow"}, 1, "now"},
	} {
		t.Run(name, func(t *testing.T) {
			out, code := harness.Run(t, tt.args...)
			if (code == 0) != (tt.code == 0) || !strings.Contains(out, tt.says) {
				t.Errorf("kyoten %s = %d, want %d and a word about %q:\n%s", strings.Join(tt.args, " "), code, tt.code, tt.says, out)
			}
			if strings.Contains(out, "goroutine ") {
				t.Errorf("kyoten %s shows a stack:\n%s", strings.Join(tt.args, " "), out)
			}
		})
	}
}

// eachDatabase runs a test on a fresh place for data of every kind.
func eachDatabase(t *testing.T, test func(t *testing.T, data []string)) {
	for _, kind := range harness.Databases() {
		t.Run(kind, func(t *testing.T) {
			data := []string{"--data", filepath.Join(t.TempDir(), "data")}
			if url := harness.FreshDatabase(t, kind); url != "" {
				data = append(data, "--database-url", url)
			}
			test(t, data)
		})
	}
}
