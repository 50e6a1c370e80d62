package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// root is the module's folder, seen from this package's.
const root = "../.."

// TestOnlyTheClockAsksTheMachine: whoever else needs the time is given a
// func() time.Time, so that a test or the demo decides what "now" is.
func TestOnlyTheClockAsksTheMachine(t *testing.T) {
	t.Parallel()
	for _, file := range sources(t, ".go") {
		if inFolder(file, "internal/clock", "e2e", "bench") || isTest(file) {
			continue
		}
		for _, use := range machineTimes(parse(t, file, read(t, file))) {
			t.Errorf("%s:%d: %s; use the clock that was passed in", file, use.line, use.name)
		}
	}
}

// TestTextsStandInTheCatalogues: what people read is in internal/locale, in both
// languages. A Japanese letter in a program, script or template cannot be
// anything but such a text. English cannot be told from code, so in templates it
// is looked for where only text can stand.
func TestTextsStandInTheCatalogues(t *testing.T) {
	t.Parallel()
	for _, file := range sources(t, ".go") {
		if inFolder(file, "demo", "e2e", "bench", "internal/locale") || isTest(file) {
			continue
		}
		for _, text := range japaneseLiterals(parse(t, file, read(t, file))) {
			t.Errorf("%s:%d: text %s belongs into internal/locale", file, text.line, text.name)
		}
	}
	for _, file := range sources(t, ".html", ".js") {
		if inFolder(file, "e2e") || isVendored(file) {
			continue
		}
		body := read(t, file)
		for i, line := range strings.Split(body, "\n") {
			if hasJapanese(line) {
				t.Errorf("%s:%d: Japanese text belongs into internal/locale: %s", file, i+1, strings.TrimSpace(line))
			}
		}
		if filepath.Ext(file) == ".html" {
			for _, text := range englishTexts(body) {
				t.Errorf("%s: text %q belongs into internal/locale", file, text)
			}
		}
	}
}

var (
	invalidInput = regexp.MustCompile(`ErrInvalidInput\.On\(.*`)
	saying       = regexp.MustCompile(`\.Saying\("([a-z_]+)"\)|\.Saying\(why\)`)
)

// TestInvalidInputSaysWhatIsWrong: "some of the input is not valid" helps nobody.
// Pages mark the field itself, and files that are imported name the column.
func TestInvalidInputSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	texts := read(t, "internal/locale/en/input.json")
	for _, file := range sources(t, ".go") {
		if isTest(file) || inFolder(file, "web") {
			continue
		}
		body := read(t, file)
		for _, said := range saying.FindAllStringSubmatch(body, -1) {
			if said[1] != "" && !strings.Contains(texts, `"input.`+said[1]+`"`) {
				t.Errorf("%s: no text input.%s", file, said[1])
			}
		}
		for _, use := range invalidInput.FindAllString(body, -1) {
			if filepath.Base(file) != "import.go" && !saying.MatchString(use) {
				t.Errorf("%s: %s does not say what is wrong", file, use)
			}
		}
	}
}

// TestSourceChecksBite makes sure that the two tests above would see a breach.
func TestSourceChecksBite(t *testing.T) {
	t.Parallel()
	const sample = `package p
import stamp "time"
var at = stamp.Now()
var where = stamp.Local
var title = "予約" // a comment may say 予約
var later = at.Add(stamp.Hour)
`
	file := parse(t, "sample.go", sample)
	if got := machineTimes(file); len(got) != 2 {
		t.Errorf("machineTimes = %v, want Now and Local", got)
	}
	if got := japaneseLiterals(file); len(got) != 1 {
		t.Errorf("japaneseLiterals = %v, want one", got)
	}
	const page = `{{define "x"}}<p title="{{t "a.b"}}">Book a seat</p><label aria-label="Close it">{{t "k"}}</label>
<script src="/a.js"></script><!-- a comment --><b>{{if .Open}}Open now{{end}}</b><i>Kyoten &amp; QR</i><b>&nbsp;</b>{{end}}{{define "y"}} aria-busy="true"{{end}}<br>`
	if got, want := englishTexts(page), []string{"Book a seat", "Open now", "Close it"}; !slices.Equal(got, want) {
		t.Errorf("englishTexts = %q, want %q", got, want)
	}
}

// finding is a place in a Go file.
type finding struct {
	name string
	line int
}

// machineTimes finds the uses of the machine's clock and zone in a Go file,
// under whatever name it imports package time.
func machineTimes(file parsed) []finding {
	imported := "time"
	for _, spec := range file.Imports {
		if spec.Path.Value == `"time"` && spec.Name != nil {
			imported = spec.Name.Name
		}
	}
	var found []finding
	ast.Inspect(file.File, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		if ok && pkg.Name == imported && slices.Contains([]string{"Now", "Since", "Until", "Local"}, sel.Sel.Name) {
			found = append(found, finding{"time." + sel.Sel.Name, file.line(n)})
		}
		return true
	})
	return found
}

// japaneseLiterals finds string literals with Japanese letters; comments may
// hold them.
func japaneseLiterals(file parsed) []finding {
	var found []finding
	ast.Inspect(file.File, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING && lit.Kind != token.CHAR {
			return true
		}
		if text, err := strconv.Unquote(lit.Value); err == nil && hasJapanese(text) {
			found = append(found, finding{lit.Value, file.line(n)})
		}
		return true
	})
	return found
}

// allowedWords may stand in a template as they are: names and signs that are the
// same in every language.
var allowedWords = []string{"Kyoten", "QR", "SIP", "CSV", "ID", "URL"}

var (
	notText    = regexp.MustCompile(`(?s)<!--.*?-->|<!doctype[^>]*>|<script\b.*?</script>|<style\b.*?</style>|&#?\w+;|\{\{.*?\}\}`)
	textNode   = regexp.MustCompile(`>([^<>]+)`)
	textInAttr = regexp.MustCompile(`\b(?:title|alt|placeholder|label|aria-label|aria-description|aria-roledescription)="([^"]*)"`)
	anAttr     = regexp.MustCompile(`\b[a-z-]+="[^"]*"`) // a template may hold nothing but attributes
	word       = regexp.MustCompile(`[A-Za-z]{2,}`)
)

// englishTexts finds what a reader of the page would see or hear that did not
// come from a template action: text between tags and in speaking attributes.
func englishTexts(page string) []string {
	page = notText.ReplaceAllString(page, " ")
	var found []string
	for _, where := range []*regexp.Regexp{textNode, textInAttr} {
		for _, match := range where.FindAllStringSubmatch(page, -1) {
			said := anAttr.ReplaceAllString(match[1], " ")
			foreign := slices.DeleteFunc(word.FindAllString(said, -1), func(w string) bool {
				return slices.Contains(allowedWords, w)
			})
			if len(foreign) > 0 {
				found = append(found, strings.TrimSpace(match[1]))
			}
		}
	}
	return found
}

func hasJapanese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
	})
}

// parsed is a Go file and the positions in it.
type parsed struct {
	*ast.File
	positions *token.FileSet
}

func (p parsed) line(n ast.Node) int { return p.positions.Position(n.Pos()).Line }

func parse(t *testing.T, name, body string) parsed {
	t.Helper()
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, body, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return parsed{file, positions}
}

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// sources lists the module's files with one of the given endings, relative to
// its root.
func sources(t *testing.T, endings ...string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case !entry.IsDir() && slices.Contains(endings, filepath.Ext(name)):
			short, err := filepath.Rel(root, name)
			files = append(files, filepath.ToSlash(short))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func inFolder(file string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(file, folder+"/") })
}

// isTest reports whether the file is compiled into tests alone: by its name, or
// because it is in a package such as modelstest.
func isTest(file string) bool {
	return strings.HasSuffix(file, "_test.go") || strings.HasSuffix(filepath.Dir(file), "test")
}

// isVendored reports whether others wrote the file: VENDOR.md beside it says so.
func isVendored(file string) bool {
	list, err := os.ReadFile(filepath.Join(root, filepath.Dir(file), "VENDOR.md"))
	return err == nil && strings.Contains(string(list), filepath.Base(file))
}
