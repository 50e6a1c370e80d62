package api

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/transform"

	"kyoten/internal/locale"
)

// table is a report for a spreadsheet: its columns by name, and rows of texts and
// whole numbers.
type table struct {
	name    string // of the file and the sheet
	columns []string
	rows    [][]any
}

// TableFormat is embedded in the input of what can be had as a file.
type TableFormat struct {
	Format  string `query:"format" enum:"json,csv,xlsx" default:"json"`
	Charset string `query:"charset" enum:"utf-8,utf-8-bom,shift_jis" default:"utf-8" doc:"Of a CSV file. Spreadsheets read utf-8-bom; old ones in Japan want shift_jis."`
}

// tableOutput is a report as JSON or as a file.
type tableOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        any
}

// write returns the table in the format asked for, and asJSON where that is JSON.
func (f TableFormat) write(lang locale.Lang, t table, asJSON any) (*tableOutput, error) {
	switch f.Format {
	case "csv":
		raw, err := t.csv(f.Charset)
		charset := strings.TrimSuffix(f.Charset, "-bom")
		return &tableOutput{"text/csv; charset=" + charset, attachment(t.name + ".csv"), raw}, err
	case "xlsx":
		raw, err := t.xlsx(lang)
		return &tableOutput{
			"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", attachment(t.name + ".xlsx"), raw,
		}, err
	}
	return &tableOutput{Body: asJSON}, nil
}

func attachment(file string) string { return fmt.Sprintf("attachment; filename=%q", file) }

// csv writes RFC 4180. The columns are called as in JSON, since programs read
// them too.
func (t table) csv(charset string) ([]byte, error) {
	var b bytes.Buffer
	if charset == "utf-8-bom" {
		b.WriteString("\ufeff")
	}
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.Write(t.columns) // a buffer takes everything
	for _, row := range t.rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = harmless(v)
		}
		_ = w.Write(cells)
	}
	w.Flush()
	if charset != "shift_jis" {
		return b.Bytes(), w.Error()
	}
	raw, _, err := transform.Bytes(japanese.ShiftJIS.NewEncoder(), withinShiftJIS(b.Bytes()))
	return raw, err
}

// harmless writes a cell so that no spreadsheet takes a person's text for a
// formula.
func harmless(v any) string {
	text := fmt.Sprint(v)
	if _, isText := v.(string); isText && text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// withinShiftJIS puts a question mark in place of letters that Shift_JIS lacks.
func withinShiftJIS(text []byte) []byte {
	encoder := japanese.ShiftJIS.NewEncoder()
	return bytes.Map(func(r rune) rune {
		if _, err := encoder.String(string(r)); err != nil {
			return '?'
		}
		return r
	}, text)
}

// xlsx writes a workbook of one sheet, numbers as numbers, its columns called in
// the reader's language.
func (t table) xlsx(lang locale.Lang) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	const sheet = "Sheet1"
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	head := make([]any, len(t.columns))
	for i, column := range t.columns {
		head[i] = locale.T(lang, "report.column."+column)
	}
	for i, row := range append([][]any{head}, t.rows...) {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			return nil, err
		}
	}
	last, err := excelize.ColumnNumberToName(len(t.columns))
	if err != nil {
		return nil, err
	}
	if err := f.SetColWidth(sheet, "A", last, 20); err != nil {
		return nil, err
	}
	if err := f.SetCellStyle(sheet, "A1", last+"1", bold); err != nil {
		return nil, err
	}
	if err := f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	buffer, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}
