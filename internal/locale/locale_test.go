package locale

import (
	"embed"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kyoten/internal/fault"
)

func TestMatchChoosesTheLanguageAskedFor(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]Lang{
		"":                                JA,
		"ja":                              JA,
		"ja-JP,ja;q=0.9,en;q=0.8":         JA,
		"en":                              EN,
		"en-GB,en;q=0.9":                  EN,
		"fr,en;q=0.5":                     EN,
		"en;q=0.4,ja;q=0.9":               JA,
		"fr":                              JA,
		"*":                               JA,
		";;;=\x00":                        JA,
		strings.Repeat("en-US,", 100_000): JA,
	} {
		if got := Match(header); got != want {
			t.Errorf("Match(%.40q) = %v, want %v", header, got, want)
		}
	}
}

func TestTFillsInValuesAndPlurals(t *testing.T) {
	t.Parallel()
	one, many := map[string]any{"count": 1}, map[string]any{"count": 3}
	for _, tt := range []struct {
		lang Lang
		data map[string]any
		want string
	}{{EN, one, "1 day"}, {EN, many, "3 days"}, {JA, one, "1日"}, {JA, many, "3日"}} {
		if got := T(tt.lang, "date.days", tt.data); got != tt.want {
			t.Errorf("T(%v, date.days, %v) = %q, want %q", tt.lang, tt.data, got, tt.want)
		}
	}
}

func TestAMissingKeyPanicsInTests(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	T(JA, "no.such.key")
}

func TestFaultNamesItsData(t *testing.T) {
	t.Parallel()
	f := &fault.Fault{Code: "capacity_exceeded"}
	if _, got := Fault(EN, f); strings.Contains(got, "<no value>") {
		t.Errorf("without data: %q", got)
	}
	if _, got := Fault(EN, f.With("capacity", 6)); !strings.Contains(got, "6") {
		t.Errorf("with a capacity of 6: %q", got)
	}
}

func TestTextsReturnsOneGroup(t *testing.T) {
	t.Parallel()
	got := Texts(EN, "date.weekday.")
	if len(got) != 7 || got["2"] != "Tue" {
		t.Errorf("Texts = %v, want the seven weekdays", got)
	}
}

// message is a text as its file has it: a string or its plural forms.
type message map[string]string

func (m *message) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*m = message{"other": text}
		return nil
	}
	return json.Unmarshal(raw, (*map[string]string)(m))
}

// read returns the files of one language as they are on disk, by file name.
func read(t *testing.T, fsys embed.FS, lang Lang) map[string]map[string]message {
	t.Helper()
	entries, err := fsys.ReadDir(lang.String())
	if err != nil {
		t.Fatal(err)
	}
	areas := map[string]map[string]message{}
	for _, entry := range entries {
		raw, err := fsys.ReadFile(lang.String() + "/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		var messages map[string]message
		if err := json.Unmarshal(raw, &messages); err != nil {
			t.Fatalf("%s/%s: %v", lang, entry.Name(), err)
		}
		areas[entry.Name()] = messages
	}
	return areas
}

func TestBothLanguagesHaveTheSameKeysInTheSameFiles(t *testing.T) {
	t.Parallel()
	ja, en := read(t, files, JA), read(t, files, EN)
	for area := range ja {
		if en[area] == nil {
			t.Errorf("en/%s is missing", area)
		}
	}
	for area, messages := range en {
		for key := range messages {
			if ja[area][key] == nil {
				t.Errorf("ja/%s lacks %s", area, key)
			}
		}
		for key := range ja[area] {
			if messages[key] == nil {
				t.Errorf("en/%s lacks %s", area, key)
			}
		}
	}
}

// pluralForms are the CLDR categories that whole numbers use.
var pluralForms = map[Lang][]string{JA: {"other"}, EN: {"one", "other"}}

func TestEveryTextIsThereInItsPluralForms(t *testing.T) {
	t.Parallel()
	english := read(t, files, EN)
	for _, lang := range Langs {
		for area, messages := range read(t, files, lang) {
			for key, m := range messages {
				for form, text := range m {
					if strings.TrimSpace(text) != text || text == "" {
						t.Errorf("%s/%s: %s (%s) is empty or has blanks around it", lang, area, key, form)
					}
				}
				want := []string{"other"}
				if len(english[area][key]) > 1 {
					want = pluralForms[lang]
				}
				if got := slices.Sorted(maps.Keys(m)); !slices.Equal(got, want) {
					t.Errorf("%s/%s: %s has the forms %v, want %v", lang, area, key, got, want)
				}
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\.[a-z_]+`)

// placeholders returns the values the message names, sorted, each once.
func placeholders(m message) []string {
	named := map[string]bool{}
	for _, text := range m {
		for _, action := range regexp.MustCompile(`\{\{[^}]*\}\}`).FindAllString(text, -1) {
			for _, name := range placeholder.FindAllString(action, -1) {
				named[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(named))
}

func TestBothLanguagesNameTheSameValues(t *testing.T) {
	t.Parallel()
	en := read(t, files, EN)
	for area, messages := range read(t, files, JA) {
		for key, m := range messages {
			if got, want := placeholders(en[area][key]), placeholders(m); !slices.Equal(got, want) {
				t.Errorf("%s: %s names %v in English and %v in Japanese", area, key, got, want)
			}
		}
	}
}

func TestPluralTextsNameTheirCount(t *testing.T) {
	t.Parallel()
	for area, messages := range read(t, files, EN) {
		for key, m := range messages {
			if len(m) > 1 && !slices.Contains(placeholders(m), ".count") {
				t.Errorf("en/%s: %s has plural forms but no count", area, key)
			}
		}
	}
}

func TestEveryFaultTextReadsWithoutData(t *testing.T) {
	t.Parallel()
	for key := range read(t, files, EN)["faults.json"] {
		for _, lang := range Langs {
			if got := T(lang, key); strings.Contains(got, "<no value>") {
				t.Errorf("%s in %v without data: %q", key, lang, got)
			}
		}
	}
}

// otherWords are words for what the glossary or the other texts call something
// else, and why a reader is lost or stumbles over them.
var otherWords = map[string]string{
	"キャンセルし":  "取り消し is the word of the buttons",
	"キャンセルされ": "取り消し is the word of the buttons",
	"フロアマップ":  "フロア図",
	"営業時間":    "開館時間",
	"係員":      "スタッフ",
	"企業管理者":   "会社の管理者",
	"主催者":     "予約者",
	"}} さん":   "様, in every mail alike",
	"あなたに":    "no mail says あなた",
	"本館":      "the main building",
}

var halfWidthBrackets = regexp.MustCompile(`\([^)]*\p{Han}[^)]*\)|\p{Han}\(`)

func TestJapaneseCallsOneThingByOneName(t *testing.T) {
	t.Parallel()
	for area, messages := range read(t, files, JA) {
		for key, m := range messages {
			for _, text := range m {
				for word, instead := range otherWords {
					if strings.Contains(text, word) {
						t.Errorf("ja/%s: %s says %s (%s)", area, key, word, instead)
					}
				}
				if found := halfWidthBrackets.FindString(text); found != "" {
					t.Errorf("ja/%s: %s has half-width brackets in Japanese words: %s", area, key, found)
				}
			}
		}
	}
}

func BenchmarkPlainText(b *testing.B) {
	for b.Loop() {
		T(JA, "date.today")
	}
}

func BenchmarkTextWithCount(b *testing.B) {
	data := map[string]any{"count": 3}
	for b.Loop() {
		T(EN, "date.days", data)
	}
}

func BenchmarkMatch(b *testing.B) {
	for b.Loop() {
		Match("ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7")
	}
}
