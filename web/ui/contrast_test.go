package ui

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

var update = flag.Bool("update", false, "write the measured contrasts into docs/design.md")

// pairs are the colours that stand on one another, with the contrast WCAG 2.2
// asks for: 4.5 for text, 3 for the outline of a control.
var pairs = []struct {
	front string
	least float64
	backs []string
}{
	{"ink", 4.5, []string{"paper", "surface", "sunken", "busy", "accent-wash", "ok-wash", "warn-wash", "danger-wash"}},
	{"ink-soft", 4.5, []string{"paper", "surface", "sunken", "accent-wash"}},
	{"accent", 4.5, []string{"paper", "surface", "sunken", "accent-wash"}},
	{"on-accent", 4.5, []string{"accent", "accent-strong"}},
	{"ok", 4.5, []string{"paper", "surface", "ok-wash"}},
	{"warn", 4.5, []string{"paper", "surface", "warn-wash"}},
	{"danger", 4.5, []string{"paper", "surface", "danger-wash"}},
	{"edge", 3, []string{"paper", "surface", "sunken"}},
}

func TestColoursHaveEnoughContrast(t *testing.T) {
	t.Parallel()
	colours := readColours(t)
	var table bytes.Buffer
	table.WriteString("| colour | on | light | dark | least |\n| --- | --- | ---: | ---: | ---: |\n")
	for _, p := range pairs {
		for _, back := range p.backs {
			light, dark := contrast(t, colours, p.front, back, 0), contrast(t, colours, p.front, back, 1)
			if light < p.least || dark < p.least {
				t.Errorf("%s on %s: %.1f light, %.1f dark, want at least %.1f", p.front, back, light, dark, p.least)
			}
			fmt.Fprintf(&table, "| %s | %s | %.1f | %.1f | %.1f |\n", p.front, back, light, dark, p.least)
		}
	}
	checkTable(t, table.Bytes())
}

// readColours returns the light and the dark value of every colour role.
func readColours(t *testing.T) map[string][2]string {
	t.Helper()
	css, err := os.ReadFile("../static/css/00-tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)`).FindAllSubmatch(css, -1) {
		colours[string(m[1])] = [2]string{string(m[2]), string(m[3])}
	}
	return colours
}

func contrast(t *testing.T, colours map[string][2]string, front, back string, theme int) float64 {
	t.Helper()
	a, b := luminance(t, colours[front][theme]), luminance(t, colours[back][theme])
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

// luminance is WCAG's relative luminance of a colour such as 274b82.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", hex, err)
	}
	part := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

// checkTable compares the measured table with the one in docs/design.md.
func checkTable(t *testing.T, table []byte) {
	t.Helper()
	const file = "../../docs/design.md"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile(`(?s)(<!-- contrast:[^\n]*\n).*(<!-- /contrast -->)`)
	want := block.ReplaceAll(doc, append(append([]byte("${1}"), table...), []byte("${2}")...))
	if bytes.Equal(doc, want) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the style sheet says; run: go test ./web/ui -update", file)
	}
	if err := os.WriteFile(file, want, 0o600); err != nil {
		t.Fatal(err)
	}
}
