package auth_test

import (
	"errors"
	"strings"
	"testing"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestUpdateProfileChangesWhatIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	who := modelstest.As(t, h.store, h.world.Ann)
	name, kana, locale := " 山田 花子 ", "ﾔﾏﾀﾞ ﾊﾅｺ", "en"
	m, err := h.UpdateProfile(t.Context(), who, auth.Profile{Name: &name, Kana: &kana, Locale: &locale, Match: models.Match{who.Member.Version}})
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "山田 花子" || m.Kana != "ヤマダ ハナコ" || m.Locale != "en" || m.Email != who.Member.Email {
		t.Errorf("profile = %+v, want the new name and language, the rest as it was", m)
	}
	_, err = h.UpdateProfile(t.Context(), who, auth.Profile{Name: &name, Match: models.Match{who.Member.Version}})
	if !errors.Is(err, models.ErrStale) {
		t.Errorf("the old version again: %v, want stale", err)
	}
}

func TestUpdateProfileNamesWhatIsNotGood(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	blank, long, klingon, nowhere := " ", strings.Repeat("あ", 101), "tlh", "atlantis"
	for field, in := range map[string]auth.Profile{
		"name": {Name: &blank}, "kana": {Kana: &long}, "locale": {Locale: &klingon}, "home_site": {HomeSite: &nowhere},
	} {
		_, err := h.UpdateProfile(t.Context(), modelstest.As(t, h.store, h.world.Ann), in)
		if f := fault.From(err); !errors.Is(err, models.ErrInvalidInput) || f.Pointer != field {
			t.Errorf("%s: %v, want invalid input on it", field, err)
		}
	}
}

// TestTwoWhoAskForTheCalendarAtOnceGetOne: the address that one of two open pages
// shows must not be dead when it is used.
func TestTwoWhoAskForTheCalendarAtOnceGetOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := modelstest.As(t, h.store, h.world.Ann) // as both pages knew her
	first, err := h.CalendarToken(t.Context(), ann)
	if err != nil || first == "" {
		t.Fatalf("%q, %v", first, err)
	}
	if second, err := h.CalendarToken(t.Context(), ann); err != nil || second != first {
		t.Errorf("the second page shows %q, %v; want %q", second, err, first)
	}
	if p, err := h.CalendarOwner(t.Context(), first); err != nil || !p.Is(ann.Member.ID) {
		t.Errorf("it opens the calendar of %v, %v", p, err)
	}
}
