package main

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	status, out := once(t, "serve", "--addr", "nowhere", "--database-url", "mysql://x", "--log-level", "loud", "--log-format", "xml",
		"--migrate=perhaps", "--public-url", "ftp://kyoten.example", "--trusted-proxies", "10.0.0.0/99", "--tls-key", "key.pem")
	if status == 0 {
		t.Errorf("status = 0, want a failure")
	}
	for _, flag := range []string{"addr", "database-url", "log-level", "log-format", "migrate", "public-url", "trusted-proxies", "tls-cert"} {
		if !strings.Contains(out, "--"+flag+": ") {
			t.Errorf("no word about --%s in:\n%s", flag, out)
		}
	}
}

// TestAnInstantNeedsItsOffset: what is said names what to type, not how it is parsed.
func TestAnInstantNeedsItsOffset(t *testing.T) {
	t.Parallel()
	for _, now := range []string{"yesterday", "2026-12-01T10:00:00"} {
		status, out := once(t, "demo", "--now", now)
		if want := "such as 2026-12-01T10:00:00+09:00"; status == 0 || !strings.Contains(out, want) || strings.Contains(out, "parse") {
			t.Errorf("--now %s: status %d, %s; want it to say %q", now, status, out, want)
		}
	}
}

func TestPasswordsOfDatabasesAreMasked(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://app:s3cret@db.example/kyoten?sslmode=require",
		"host=/run/pg user=app password=s3cret dbname=kyoten",
		"host=/run/pg user=app password = 's3cret word' dbname=kyoten",
		`host=/run/pg user=app password='it\'s s3cret' dbname=kyoten`,
		"postgres://app@db.example/kyoten?sslmode=require&password=s3cret",
		"postgres://app:100%s3cret@db.example/kyoten", // not escaped, and so no URL
		"postgres://app:17#s3cret@db.example/kyoten",
		"postgres://app:17/s3cret@db.example/kyoten",
		"smtp://kyoten@kyoten.example:s3cret@mail.example:587",
	} {
		if got := masked(url); strings.Contains(got, "s3cret") || strings.Contains(got, "word") && !strings.Contains(got, "password") {
			t.Errorf("masked(%q) = %q", url, got)
		}
	}
}

func TestNetworksMayStandApart(t *testing.T) {
	t.Parallel()
	var m mistakes
	if got := m.networks("trusted-proxies", []string{"10.0.0.0/8", " 192.168.0.1"}); m.err() != nil || len(got) != 2 {
		t.Errorf("networks = %v (%v), want two", got, m.err())
	}
}

// TestREADMEListsEverySetting compares the table of README with the flags of
// serve: each with its variable, and its default named where it has one.
func TestREADMEListsEverySetting(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	row := regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| `([A-Z_]+)` \\| (.*) \\|$")
	for _, m := range row.FindAllStringSubmatch(string(readme), -1) {
		documented[m[1]] = m[2] + " " + m[3]
	}
	parser, err := newParser(t.Context(), console{io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		if command.Name != "serve" {
			continue
		}
		for _, flag := range command.Flags {
			text, ok := documented[flag.Name]
			if !ok || !strings.HasPrefix(text, flag.Envs[0]+" ") {
				t.Errorf("README says %q of --%s (%v)", text, flag.Name, flag.Envs)
			}
			if flag.HasDefault && !strings.Contains(text, flag.Default) && flag.Name != "migrate" {
				t.Errorf("README does not name the default of --%s, %s", flag.Name, flag.Default)
			}
			delete(documented, flag.Name)
		}
	}
	for name := range documented {
		t.Errorf("README lists --%s, which serve does not have", name)
	}
}

func TestAMistypedSettingOfTheEnvironmentIsNamed(t *testing.T) {
	t.Parallel()
	parser, err := newParser(t.Context(), console{io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	environment := []string{
		"HOME=/", "KYOTEN_PUBLC_URL=https://kyoten.example", "KYOTEN_PUBLIC_URL=https://kyoten.example", "KYOTEN_DATABASE_URL=sqlite:x",
		"KYOTEN_SMTP_PASSWORD=x", "KYOTEN_LOG_LEVEL=debug", "KYOTEN_RELAY=stdout", "KYOTEN_ADR=:80",
	}
	if got, want := unknownSettings(parser.Model, environment), []string{"KYOTEN_ADR", "KYOTEN_PUBLC_URL"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
