//go:build e2e

package harness

import (
	"context"
	"os"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Screen is the size and kind of a device.
type Screen struct {
	Name          string
	Width, Height int64
	Touch         bool
}

// The three devices everything must be usable on.
var (
	Phone   = Screen{"phone", 390, 844, true}
	Tablet  = Screen{"tablet", 820, 1180, true}
	Desktop = Screen{"desktop", 1280, 900, false}
)

// Look is how a page is looked at. The zero value of Lang means Japanese.
type Look struct {
	Screen Screen
	Lang   string // "ja" or "en", as the browser's preference
	Dark   bool
}

// Looks returns every combination of the given screens, both languages, light
// and dark.
func Looks(screens ...Screen) []Look {
	var all []Look
	for _, screen := range screens {
		for _, lang := range []string{"ja", "en"} {
			all = append(all, Look{screen, lang, false}, Look{screen, lang, true})
		}
	}
	return all
}

// Sweep returns the looks that every page is visited in, by language: six in which
// each device meets each language and both schemes, and each language both
// schemes. All twelve with E2E_LOOKS=all, in twice the time.
func Sweep() map[string][]Look {
	looks := []Look{
		{Phone, "ja", false},
		{Phone, "en", true},
		{Tablet, "ja", true},
		{Tablet, "en", false},
		{Desktop, "ja", false},
		{Desktop, "en", true},
	}
	if os.Getenv("E2E_LOOKS") == "all" {
		looks = Looks(Phone, Tablet, Desktop)
	}
	byLanguage := map[string][]Look{}
	for _, look := range looks {
		byLanguage[look.Lang] = append(byLanguage[look.Lang], look)
	}
	return byLanguage
}

// String names the look, for subtests and pictures: phone-ja-dark.
func (l Look) String() string { return l.Screen.Name + "-" + l.lang() + "-" + l.scheme() }

func (l Look) lang() string {
	if l.Lang == "" {
		return "ja"
	}
	return l.Lang
}

func (l Look) scheme() string {
	if l.Dark {
		return "dark"
	}
	return "light"
}

// acceptLanguage is the browser's list of languages; it adds the weights itself
// when it sends the header.
func (l Look) acceptLanguage() string {
	if l.lang() == "en" {
		return "en-GB,en"
	}
	return "ja,en"
}

// apply makes the tab a device of that size, language and colour scheme. The
// time zone is Japan's, as the members' is.
func (l Look) apply(ctx context.Context) error {
	agent, err := chromedp.Run(ctx, chromedp.Evaluate[string](`navigator.userAgent`))
	if err != nil {
		return err
	}
	return chromedp.Do(ctx,
		chromedp.EmulateViewport(l.Screen.Width, l.Screen.Height, l.device),
		send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme()}},
		}),
		send(emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
			UserAgent: agent, AcceptLanguage: l.acceptLanguage(),
		}),
		send(emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: l.lang()}),
		send(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Tokyo"}),
	)
}

// device makes a screen with touch a mobile one.
func (l Look) device(metrics *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
	metrics.Mobile, touch.Enabled = l.Screen.Touch, l.Screen.Touch
}

// send is the action that sends a command whose answer says nothing.
func send[P any](command cdp.Command[P, cdp.Empty], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}
