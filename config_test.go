package main

import (
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

func TestPasswordsOfDatabasesAreMasked(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://app:s3cret@db.example/kyoten?sslmode=require",
		"host=/run/pg user=app password=s3cret dbname=kyoten",
		"host=/run/pg user=app password = 's3cret word' dbname=kyoten",
	} {
		if got := masked(url); strings.Contains(got, "s3cret") || strings.Contains(got, "word") && !strings.Contains(got, "password") {
			t.Errorf("masked(%q) = %q", url, got)
		}
	}
}
