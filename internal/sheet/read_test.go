package sheet

import (
	"errors"
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
		"too many lines":    {"email\na@x.jp\nb@x.jp\nc@x.jp\n", ErrTooManyLines},
	} {
		if _, err := Read([]byte(tt.raw), columns, 2); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}
