package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestReadmeNamesEverySetting holds the table of settings in README.md to the
// flags of serve: each is there with its twin in the environment, and no other.
func TestReadmeNamesEverySetting(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| `([A-Z_]+)`").FindAllStringSubmatch(string(text), -1) {
		listed[row[1]] = row[2]
	}
	parser := kong.Must(&program{}, kong.Name("kyoten"), kong.DefaultEnvars("KYOTEN"))
	command, err := kong.Trace(parser, []string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range command.Selected().Flags {
		if flag.Name == "help" {
			continue
		}
		if len(flag.Envs) == 0 || listed[flag.Name] != flag.Envs[0] {
			t.Errorf("README says %q of --%s, want %s", listed[flag.Name], flag.Name, strings.Join(flag.Envs, " or "))
		}
		delete(listed, flag.Name)
	}
	for name := range listed {
		t.Errorf("README lists --%s, which serve does not know", name)
	}
}
