package entry_test

import (
	"strings"
	"testing"

	"kyoten/access/entry"
	"kyoten/internal/locale"
)

func TestEveryReasonIsTranslated(t *testing.T) {
	t.Parallel()
	for _, r := range append(entry.Reasons(), entry.NotValid) {
		for _, lang := range locale.Langs {
			for _, key := range []string{r.TitleKey(), r.DetailKey()} {
				if !locale.Has(key) || locale.T(lang, key) == "" {
					t.Errorf("no text %s in %s", key, lang)
				}
			}
		}
	}
}

func TestTooEarlySaysFromWhen(t *testing.T) {
	t.Parallel()
	for _, lang := range locale.Langs {
		got := locale.T(lang, entry.TooEarly.DetailKey(), map[string]any{"at": "08:45"})
		if !strings.Contains(got, "08:45") {
			t.Errorf("%s: %q does not say from when", lang, got)
		}
	}
}

func TestWhatProvesNothingLearnsNothing(t *testing.T) {
	t.Parallel()
	for _, r := range entry.Reasons() {
		unproven := r.Step() >= 1 && r.Step() <= 4
		if got := r.Shown() == entry.NotValid; got != unproven {
			t.Errorf("%s (step %d) is shown as %s", r, r.Step(), r.Shown())
		}
	}
}

func TestVerdictsFollowFromReasons(t *testing.T) {
	t.Parallel()
	want := map[entry.Reason]entry.Verdict{
		entry.Granted: entry.Allow, entry.ExitOK: entry.Allow, entry.PassbackSoft: entry.Warn,
		entry.ExitOrphan: entry.Warn, entry.ExitUnidentified: entry.Warn,
	}
	for _, r := range entry.Reasons() {
		verdict := want[r]
		if verdict == "" && r.Step() > 0 {
			verdict = entry.Deny
		}
		if r.Step() > 0 && (r.Verdict() != verdict || r.Opens() != (verdict != entry.Deny)) {
			t.Errorf("%s: %s, opens %t, want %s", r, r.Verdict(), r.Opens(), verdict)
		}
	}
	if entry.Reason("of_tomorrow").Opens() {
		t.Error("a reason nobody declared opens")
	}
}
