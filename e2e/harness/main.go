//go:build e2e

package harness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// binary is the built program; chromium the browser, or "" where there is none.
var binary, chromium string

// Main builds the program, looks for Chromium, runs the tests and cleans up.
// Without a browser those tests that need one are skipped, unless E2E=1 says
// that nothing may be missing.
func Main(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	var err error
	if chromium, err = findChromium(); err != nil && os.Getenv("E2E") == "1" {
		return 1, err
	}
	folder, err := os.MkdirTemp("", "kyoten-e2e")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(folder)
	if binary, err = build(folder); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// build compiles the program as it is shipped, unless KYOTEN_BINARY names one.
func build(folder string) (string, error) {
	if given := os.Getenv("KYOTEN_BINARY"); given != "" {
		return filepath.Abs(given)
	}
	path := filepath.Join(folder, "kyoten")
	compile := exec.Command("go", "build", "-o", path, "kyoten")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// findChromium returns the browser named by CHROMIUM, or the first one found.
func findChromium() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && name != "" {
			return path, nil
		}
	}
	return "", errors.New("no Chromium here; scripts/setup installs it, or name one in CHROMIUM")
}

// tail returns the last lines of a log, enough to see why something failed.
func tail(log string) string {
	lines := strings.Split(strings.TrimRight(log, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}
