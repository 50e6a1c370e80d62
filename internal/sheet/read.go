// Package sheet reads the tables that people bring from their spreadsheets: CSV
// with the names of the columns in the first line, in UTF-8 or in the Shift_JIS
// that Japanese spreadsheets still write.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"

	"kyoten/internal/fault"
)

var (
	// ErrUnreadable means that a file is not CSV, or has a column nobody knows.
	ErrUnreadable = fault.New(fault.Invalid, "unreadable_file", "the file is not a table with known columns")
	// ErrTooManyLines means that a file holds more than can be taken at once.
	ErrTooManyLines = fault.New(fault.Invalid, "too_many_lines", "the file has too many lines")
)

// Row is one line of a table under its head.
type Row struct {
	Line  int // as an editor counts; the first under the head is 2
	cells map[string]string
}

// Cell returns what stands in a column, "" where the file has no such column.
func (r Row) Cell(column string) string { return r.cells[column] }

// Fault makes f point at the cell of this row that it is about.
func (r Row) Fault(f *fault.Fault) *fault.Fault {
	return f.On(fmt.Sprintf("%d/%s", r.Line, f.Pointer))
}

// Bad is what is wrong with a file, line by line. Nothing of such a file is taken.
type Bad struct {
	Kind  *fault.Fault   // what the whole is refused as
	Lines []*fault.Fault // each points at LINE/COLUMN
}

// Error is the first complaint.
func (b *Bad) Error() string { return b.Lines[0].Error() }

// Unwrap returns what the whole is refused as.
func (b *Bad) Unwrap() error { return b.Kind }

// Read reads a table of at most most rows whose columns are among those named, in
// any order. Lines that are empty are passed over. Lines that have not the columns of
// the first are named (Bad).
func Read(raw []byte, columns []string, most int) ([]Row, error) {
	text, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	reader := csv.NewReader(bytes.NewReader(text))
	head, err := readHead(reader, columns)
	if err != nil {
		return nil, err
	}
	var rows []Row
	var torn []*fault.Fault
	for {
		values, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF) && torn == nil:
			return rows, nil
		case errors.Is(err, io.EOF):
			return nil, &Bad{Kind: ErrUnreadable, Lines: torn}
		case err != nil:
			f, more := tornLine(err)
			if torn = append(torn, f); !more {
				return nil, &Bad{Kind: ErrUnreadable, Lines: torn}
			}
			continue
		case len(rows) == most:
			return nil, ErrTooManyLines.With("max", most)
		}
		line, _ := reader.FieldPos(0)
		if row := newRow(line, head, values); len(row.cells) > 0 {
			rows = append(rows, row)
		}
	}
}

// tornLine names the line that is not as the first one, and whether those after it
// can be read all the same: where a quotation mark is missing they cannot.
func tornLine(err error) (f *fault.Fault, more bool) {
	f = ErrUnreadable.Because(err)
	bad, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return f, false
	}
	f = f.On(strconv.Itoa(bad.StartLine))
	if errors.Is(err, csv.ErrFieldCount) {
		return f.Saying("line_columns"), true
	}
	return f.Saying("line_quotes"), false
}

// Decode makes UTF-8 of the file, whichever of the two it is written in. A file in
// which something was lost before, and marked as such, is refused.
func Decode(raw []byte) ([]byte, error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		text, err := japanese.ShiftJIS.NewDecoder().Bytes(raw)
		if err != nil {
			return nil, ErrUnreadable
		}
		raw = text
	}
	if bytes.ContainsFunc(raw, isNoText) {
		return nil, ErrUnreadable
	}
	return raw, nil
}

// isNoText finds control characters, and what stands for a lost one; those that
// part columns and lines are text.
func isNoText(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
}

func readHead(reader *csv.Reader, columns []string) ([]string, error) {
	head, err := reader.Read()
	if err != nil {
		return nil, ErrUnreadable.Because(err)
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
		if !slices.Contains(columns, head[i]) || slices.Contains(head[:i], head[i]) {
			return nil, ErrUnreadable.With("column", head[i]).On("1/" + head[i]).Saying("unknown_column")
		}
	}
	return head, nil
}

func newRow(line int, head, values []string) Row {
	row := Row{Line: line, cells: map[string]string{}}
	for i, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			row.cells[head[i]] = value
		}
	}
	return row
}
