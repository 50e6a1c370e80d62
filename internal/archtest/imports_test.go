package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "kyoten"

// mayImport is the import rule of ARCHITECTURE.md: for each package of ours, the
// others of ours it may import outside its tests. "internal/*" stands for every
// leaf. A package that is missing here fails TestImportRule, which is the moment
// to decide where it belongs.
var mayImport = map[string][]string{
	"": {"*"}, // main: everything

	"api":       {"booking", "access", "access/entry", "occupancy", "auth", "notify", "places", "webhook", "models", "internal/*"},
	"web":       {"booking", "access", "access/entry", "occupancy", "auth", "notify", "places", "webhook", "models", "web/ui", "web/kiosk", "internal/*"},
	"web/ui":    {"internal/*"},
	"web/kiosk": {"web/ui", "internal/*"},

	"gate":         {"access/entry", "web/kiosk", "internal/*"},
	"access/entry": {"internal/fault", "internal/clock"},

	"booking":   {"models", "internal/*"},
	"access":    {"access/entry", "models", "internal/*"},
	"occupancy": {"models", "internal/*"},
	"auth":      {"models", "internal/*"},
	"places":    {"models", "internal/*"},
	"notify":    {"access/entry", "models", "internal/*"},
	"webhook":   {"models", "internal/*"},

	"demo": {"booking", "access", "access/entry", "auth", "models", "internal/*"},

	"models": {"internal/fault", "internal/clock"},
	// Helpers of tests: nothing outside a test may import them.
	"access/entry/entrytest": {"access/entry"},
	"models/modelstest":      {"models", "migrations", "internal/*"},
	"auth/authtest":          {},
	"migrations":             {},

	"internal/*": {"internal/fault", "internal/clock"},

	// Outside the program: these know the built binary and HTTP, nothing else, but
	// that bench writes the journal of a gate that was alone for days.
	"bench":        {"gate", "access/entry"},
	"e2e":          {"e2e/harness"},
	"e2e/contract": {"e2e/harness"},
	"e2e/harness":  {},

	"scripts/qr-decoders": {"access/entry"}, // draws films of codes, once in a while
}

// onlyIn keeps a third-party module, or a part of the standard library, to the
// packages that need it. The key is a prefix of the import path.
var onlyIn = map[string][]string{
	"gorm.io/":                          {"models", "models/modelstest", "occupancy"},
	"github.com/jackc/pgx/":             {"models", "models/modelstest", "e2e/harness", "bench"},
	"modernc.org/sqlite":                {"models", "models/modelstest", "bench"},
	"github.com/pressly/goose/":         {"models", "migrations"},
	"github.com/labstack/echo/":         {"", "api", "web"},
	"github.com/danielgtaylor/huma/":    {"api"},
	"github.com/skip2/go-qrcode":        {"access/entry"},
	"github.com/alecthomas/kong":        {""},
	"github.com/alexedwards/argon2id":   {"auth"},
	"github.com/coreos/go-oidc/":        {"auth"},
	"github.com/go-webauthn/":           {"auth"},
	"github.com/teambition/rrule-go":    {"booking"},
	"github.com/rickar/cal/":            {"booking", "models"},
	"github.com/wneessen/go-mail":       {"notify"},
	"github.com/arran4/golang-ical":     {"notify"},
	"github.com/eclipse/paho.golang/":   {"gate"},
	"go.bug.st/serial":                  {"gate"},
	"github.com/nicksnyder/go-i18n/":    {"internal/locale"},
	"github.com/chromedp/":              {"e2e", "e2e/harness"},
	"net/http":                          {"", "api", "web", "web/ui", "web/kiosk", "gate", "auth", "notify", "webhook", "internal/*", "bench", "e2e", "e2e/contract", "e2e/harness"},
	"github.com/makiuchi-d/gozxing":     {"e2e/harness"}, // old, and therefore for tests alone
	"github.com/mochi-mqtt/":            {},              // a broker for tests
	"github.com/anishathalye/porcupine": {},              // a checker for tests
}

// source is what `go list` says of one package.
type source struct {
	ImportPath string
	Imports    []string
}

// TestImportRule reads the whole module as the compiler sees it.
func TestImportRule(t *testing.T) {
	t.Parallel()
	for _, pkg := range packages(t) {
		for _, complaint := range judge(pkg) {
			t.Error(complaint)
		}
	}
}

// TestImportRuleBites makes sure that a breach of each kind is seen.
func TestImportRuleBites(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pkg  source
		want int
	}{
		"allowed":             {source{"kyoten/booking", []string{"kyoten/models", "kyoten/internal/fault", "fmt"}}, 0},
		"main may all":        {source{"kyoten", []string{"kyoten/api", "kyoten/web", "github.com/labstack/echo/v4"}}, 0},
		"adapters apart":      {source{"kyoten/web", []string{"kyoten/api"}}, 1},
		"arrow back":          {source{"kyoten/models", []string{"kyoten/booking"}}, 1},
		"leaf with a branch":  {source{"kyoten/internal/jobs", []string{"kyoten/models"}}, 1},
		"unknown package":     {source{"kyoten/utils", nil}, 1},
		"gorm outside models": {source{"kyoten/booking", []string{"gorm.io/gorm/clause"}}, 1},
		"rules know no HTTP":  {source{"kyoten/booking", []string{"net/http"}}, 1},
		"test rows shipped":   {source{"kyoten/api", []string{"kyoten/models/modelstest"}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := judge(tt.pkg); len(got) != tt.want {
				t.Errorf("judge = %q, want %d complaints", got, tt.want)
			}
		})
	}
}

// judge returns what is wrong with the imports of one package.
func judge(pkg source) []string {
	name := ours(pkg.ImportPath)
	allowed, known := rule(name)
	if !known {
		return []string{"package " + pkg.ImportPath + " has no place in the import rule: decide what it may import, " +
			"then say so in mayImport (internal/archtest), ARCHITECTURE.md and .golangci.yml"}
	}
	var complaints []string
	for _, imported := range pkg.Imports {
		isOurs := imported == module || strings.HasPrefix(imported, module+"/")
		if isOurs && !matches(allowed, ours(imported)) {
			complaints = append(complaints, pkg.ImportPath+" imports "+imported+", which the import rule does not allow")
		}
		if limit, limited := limitOf(imported); limited && !matches(limit, name) {
			complaints = append(complaints, pkg.ImportPath+" imports "+imported+", which is kept to "+strings.Join(limit, ", "))
		}
	}
	return complaints
}

// ours turns an import path into the name used in the tables: "" for main.
func ours(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
}

// rule returns what the package may import, by its own entry or its wildcard's.
func rule(name string) (allowed []string, known bool) {
	if allowed, known = mayImport[name]; known {
		return allowed, true
	}
	allowed, known = mayImport[path.Dir(name)+"/*"]
	return allowed, known
}

// limitOf returns the packages an import is kept to, if it is kept at all.
func limitOf(imported string) (limit []string, limited bool) {
	for prefix := range maps.Keys(onlyIn) {
		if strings.HasPrefix(imported+"/", prefix) {
			return onlyIn[prefix], true
		}
	}
	return nil, false
}

// matches reports whether name is in the list, literally or by a wildcard.
func matches(list []string, name string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		parent, wild := strings.CutSuffix(entry, "*")
		return entry == name || wild && strings.HasPrefix(name, parent)
	})
}

// packages lists the module, the browser tests included. Go's test cache does
// not see what this command reads; it does see the walk of sources in the other
// tests of this package, so a changed file runs all of them anew.
func packages(t *testing.T) []source {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-tags", "e2e", "-json=ImportPath,Imports", module+"/...")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderrOf(err))
	}
	var all []source
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg source
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, pkg)
	}
}

func stderrOf(err error) []byte {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.Stderr
	}
	return nil
}
