package ui

import (
	"bytes"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kyoten/internal/locale"
)

// gallery is where the test writes a page with every component, to be looked at:
// go test ./web/ui -gallery /tmp/gallery
var gallery = flag.String("gallery", "", "write the component gallery into this folder")

// newRenderer parses the real templates, which stand one folder up.
func newRenderer(t *testing.T, lang locale.Lang, assets *Assets) *Renderer {
	t.Helper()
	r, err := NewRenderer(os.DirFS(".."), lang, assets)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryComponentIsDrawnInBothLanguages(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	for _, lang := range locale.Langs {
		r := newRenderer(t, lang, assets)
		var page bytes.Buffer
		drawShell(t, r, &page, lang)
		for _, c := range components(lang) {
			if err := r.Render(&page, c.name, c.data); err != nil {
				t.Errorf("%v: %v", lang, err)
			}
		}
		if err := r.Render(&page, "end", samplePage(lang)); err != nil {
			t.Error(err)
		}
		for _, bad := range []string{"ZgotmplZ", "<no value>", "style=", "<script>", "onclick", "http://", "https://"} {
			if strings.Contains(page.String(), bad) {
				t.Errorf("%v: the page contains %q", lang, bad)
			}
		}
		writeGallery(t, assets, lang, page.Bytes())
	}
}

func drawShell(t *testing.T, r *Renderer, page *bytes.Buffer, lang locale.Lang) {
	t.Helper()
	if err := r.Render(page, "shell", samplePage(lang)); err != nil {
		t.Fatal(err)
	}
}

func samplePage(lang locale.Lang) Page {
	return Page{
		Lang: lang, Title: "Kyoten", Here: "/book?site=colabo", Section: "book",
		Viewer: &Viewer{Name: "山田 花子", Manage: "/admin"},
		Notice: &Notice{Kind: "ok", Title: "席 A-12", Text: "10:00〜12:00", Actions: []Action{{Label: "→", URL: "/bookings/1", Primary: true}}},
	}
}

type component struct {
	name string
	data any
}

// components is one of each, in the states they can be in.
func components(lang locale.Lang) []component {
	form := NewForm(url.Values{"email": {"hanako@example.org"}, "lang": {"ja"}})
	form.Errors["password"] = locale.T(lang, "fault.bad_credentials.detail")
	options := []Option{{Value: "ja", Label: "日本語"}, {Value: "en", Label: "English"}}
	list := []component{
		{"notice", Notice{Kind: "danger", Title: locale.T(lang, "fault.space_taken.title"), Text: locale.T(lang, "fault.space_taken.detail"), Actions: []Action{{Label: "11:00〜13:00", URL: "/bookings", Post: true, Fields: url.Values{"space": {"1"}}}}}},
		{"notice", Notice{Kind: "warn", Text: locale.T(lang, "fault.not_yet.detail")}},
		{"notice", Notice{Text: locale.T(lang, "fault.unauthenticated.detail")}},
		{"field", map[string]any{"form": form, "name": "email", "label": "nav.account", "type": "email", "autocomplete": "username", "required": true}},
		{"field", map[string]any{"form": form, "name": "password", "label": "nav.sign_in", "type": "password", "hint": "nav.skip", "optional": true}},
		{"select", map[string]any{"form": form, "name": "lang", "label": "nav.account", "options": options}},
		{"choices", map[string]any{"form": form, "name": "lang", "label": "nav.account", "options": options}},
		{"textarea", map[string]any{"form": form, "name": "note", "label": "nav.account"}},
		{"checkbox", map[string]any{"form": form, "name": "agree", "label": "nav.account"}},
		{"empty", map[string]any{"icon": "bookings", "title": "nav.bookings", "text": "nav.skip", "action": Action{Label: "→", URL: "/book", Primary: true}}},
		{"meter", Meter{Label: "Colabo", Words: "12 / 40", Booked: 55, Filled: 30}},
		{"plan", samplePlan()},
		{"spots", samplePlan().Spots},
		{"plan-legend", samplePlan().Spots[:4]},
		{"timeline", sampleTimeline()},
	}
	for _, status := range []string{"confirmed", "checked_in", "completed", "cancelled", "no_show", "pending_approval", "rejected"} {
		list = append(list, component{"status", status})
	}
	return list
}

func samplePlan() Plan {
	p := Plan{Name: "Colabo", Width: 1600, Height: 900, Shapes: []PlanShape{
		{Shape{Kind: ShapeArea, X: 0, Y: 0, Width: 1100, Height: 900}, "ラウンジ"},
		{Shape{Kind: ShapeArea, X: 1100, Y: 0, Width: 500, Height: 500}, "会議室"},
		{Shape{Kind: ShapeWindow, X: 0, Y: 0, Width: 1100}, ""},
		{Shape{Kind: ShapeWall, X: 1100, Y: 500, Width: 500}, ""},
		{Shape{Kind: ShapeDoor, X: 400, Y: 900, Width: 160}, ""},
		{Shape{Kind: ShapeFurniture, X: 1200, Y: 600, Width: 300, Height: 160}, "キッチン"},
	}}
	states := []SpotState{SpotFree, SpotTaken, SpotMine, SpotClosed, SpotHere, SpotBooked, SpotFree, SpotFree}
	for i := range 16 {
		spot := Spot{ID: string(rune('a' + i)), Name: "A-" + string(rune('A'+i)), X: 60 + i%4*260, Y: 120 + i/4*190, Width: 140, Height: 80, State: states[i%8], Words: string(states[i%8]), OnPlan: true}
		if spot.State == SpotFree {
			spot.URL = "/book?space=" + spot.ID
		}
		spot.Chosen = i == 6
		p.Spots = append(p.Spots, spot)
	}
	return p
}

func sampleTimeline() Timeline {
	line := Timeline{Label: "2026-12-01", Quarters: 48, Now: 9}
	for h := range 12 {
		line.Ticks = append(line.Ticks, Tick{From: h * 4, Text: time.Date(2026, 12, 1, 9+h, 0, 0, 0, time.UTC).Format("15:04")})
	}
	bars := []Bar{{0, 4, BarClosed, "", "closed", ""}, {4, 8, BarBusy, "予約あり", "busy", ""}, {12, 6, BarMine, "定例会議", "mine", "/bookings/1"}, {20, 4, BarOpen, "+", "free", "/rooms?from=14"}}
	line.Groups = []TimelineGroup{{Name: "Colabo", Note: "21:00", Rows: []TimelineRow{{"1", "会議室 大", "8名", bars}, {"2", "会議室 小", "4名", bars[1:3]}}}}
	return line
}

// writeGallery puts the page and its style sheet where a browser can open them.
func writeGallery(t *testing.T, assets *Assets, lang locale.Lang, page []byte) {
	t.Helper()
	if *gallery == "" {
		return
	}
	page = bytes.ReplaceAll(page, []byte(assets.URL(StyleSheet)), []byte("app.css"))
	for name, body := range map[string][]byte{lang.String() + ".html": page, "app.css": assets.Body(StyleSheet)} {
		if err := os.WriteFile(filepath.Join(*gallery, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
