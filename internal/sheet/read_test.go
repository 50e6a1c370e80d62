package sheet

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
)

var columns = []string{"name", "email"}

func TestATableIsReadInEitherEncoding(t *testing.T) {
	t.Parallel()
	const text = "Email, name\r\na@x.jp,山田 太郎\r\n\r\n\"b@x.jp\",\"鈴木, 花\"\r\n"
	jis, err := japanese.ShiftJIS.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{"UTF-8": text, "with a mark": "\ufeff" + text, "Shift_JIS": jis} {
		rows, err := Read([]byte(raw), columns, 10)
		if err != nil || len(rows) != 2 {
			t.Fatalf("%s: %d rows, %v; want 2", name, len(rows), err)
		}
		if got := rows[0].Cell("name"); got != "山田 太郎" || rows[1].Cell("name") != "鈴木, 花" || rows[1].Line != 4 {
			t.Errorf("%s: read %q and %+v", name, got, rows[1])
		}
	}
}

// TestTornLinesAreNamed: who brings a file of a thousand lines must learn which to mend.
func TestTornLinesAreNamed(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"email,name\na@x.jp\nb@x.jp,b\nc@x.jp,c,c\n": "2 line_columns, 4 line_columns",
		"email,name\na@x.jp,a\n\"b@x.jp,b\n":         "3 line_quotes",
		"email,name\na@x.jp\nb@x.jp,b\"b\nc@x.jp\n":  "2 line_columns, 3 line_quotes",
	} {
		_, err := Read([]byte(raw), columns, 9)
		bad, ok := errors.AsType[*Bad](err)
		if !ok || !errors.Is(err, ErrUnreadable) {
			t.Errorf("%q: %v, want lines that cannot be read", raw, err)
			continue
		}
		var got []string
		for _, f := range bad.Lines {
			got = append(got, f.Pointer+" "+f.Why)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestWhatIsNoTableIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		raw  string
		want error
	}{
		"nothing":           {"", ErrUnreadable},
		"an unknown column": {"email,age\na@x.jp,3\n", ErrUnreadable},
		"a column twice":    {"email,email\na@x.jp,b@x.jp\n", ErrUnreadable},
		"a torn line":       {"email,name\n\"a@x.jp\n", ErrUnreadable},
		"a short line":      {"email,name\na@x.jp\n", ErrUnreadable},
		"a program":         {"\x7fELF\x00\xff\xfe\x00", ErrUnreadable},
		"a NUL":             {"email,name\na@x.jp,a\x00\n", ErrUnreadable},
		"lost letters":      {"email,name\na@x.jp,\ufffdR\ufffdc\n", ErrUnreadable},
		"a control sign":    {"email,name\na@x.jp,a\x1b[31m\n", ErrUnreadable},
		"too many lines":    {"email\na@x.jp\nb@x.jp\nc@x.jp\n", ErrTooManyLines},
	} {
		if _, err := Read([]byte(tt.raw), columns, 2); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}
