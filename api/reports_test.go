package api

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// book stores a confirmed booking of a member.
func (s *server) book(t *testing.T, m *models.Member, space models.Space, from, to int) {
	t.Helper()
	p := modelstest.Hours(from, to)
	b := models.Booking{
		Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: m.ID, CreatedBy: m.ID, CompanyID: m.CompanyID,
		Spaces: []models.BookingSpace{{
			SpaceID: space.ID, Site: space.Site, Kind: space.Kind, StartsAt: p.StartsAt, EndsAt: p.EndsAt, Active: true, Status: models.BookingConfirmed,
		}},
	}
	if err := s.store.InTx(t.Context(), func(tx *models.Store) error { return tx.InsertBooking(t.Context(), &b) }); err != nil {
		t.Fatal(err)
	}
}

const monday = "site=shiojiri&from=2026-12-07T00:00:00%2B09:00&to=2026-12-08T00:00:00%2B09:00"

func TestUtilizationAsJSONAndAsFiles(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.book(t, s.Worker, s.OfficeSeat, 10, 12)
	s.book(t, s.Ann, s.FarRoom, 10, 11)
	admin := s.as(t, s.Admin)

	got := admin.get(t, "/reports/utilization?by=company&"+monday, "Accept-Language: ja").want(t, http.StatusOK)
	items, _ := got.doc["items"].([]any)
	if len(items) != 2 {
		t.Fatalf("items = %v, want no company and Acme", items)
	}
	acme, _ := items[1].(fields)
	if acme["name"] != "アクメ株式会社" || acme["booked_minutes"] != 120.0 || acme["bookings"] != 1.0 {
		t.Errorf("Acme = %v", acme)
	}

	file := admin.get(t, "/reports/utilization?by=company&format=csv&charset=utf-8-bom&"+monday, "Accept-Language: ja").want(t, http.StatusOK)
	if !bytes.HasPrefix(file.raw, []byte("\ufeff")) || !strings.HasPrefix(file.header.Get("Content-Type"), "text/csv") {
		t.Errorf("CSV = %q as %s, want a byte order mark", file.raw[:20], file.header.Get("Content-Type"))
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file.raw, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != 3 || !slices.Equal(rows[0], utilizationColumns) || rows[2][1] != "アクメ株式会社" || rows[2][3] != "120" {
		t.Errorf("CSV rows = %v (%v)", rows, err)
	}

	old := admin.get(t, "/reports/utilization?by=company&format=csv&charset=shift_jis&"+monday, "Accept-Language: ja").want(t, http.StatusOK)
	if text, err := japanese.ShiftJIS.NewDecoder().Bytes(old.raw); err != nil || !strings.Contains(string(text), "アクメ株式会社") {
		t.Errorf("Shift_JIS = %q (%v)", text, err)
	}

	book := admin.get(t, "/reports/utilization?by=company&format=xlsx&"+monday).want(t, http.StatusOK)
	f, err := excelize.OpenReader(bytes.NewReader(book.raw))
	if err != nil {
		t.Fatal(err)
	}
	name, _ := f.GetCellValue("Sheet1", "B3")
	kind, _ := f.GetCellType("Sheet1", "D3")
	value, _ := f.GetCellValue("Sheet1", "D3")
	if name != "Acme" || value != "120" || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("B3 = %q, D3 = %q of type %v, want Acme and the number 120", name, value, kind)
	}
}

func TestReportsAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, tt := range map[string]struct {
		who    *models.Member
		path   string
		status int
		code   string
	}{
		"a member":              {s.Ann, "/reports/utilization?" + monday, http.StatusForbidden, "forbidden"},
		"another site's desk":   {s.Desk, "/reports/utilization?" + monday, http.StatusForbidden, "forbidden"},
		"a manager, cross-site": {s.Manager, "/reports/cross-site?month=2026-12", http.StatusForbidden, "forbidden"},
		"too long":              {s.Admin, "/reports/utilization?from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", http.StatusUnprocessableEntity, "out_of_range"},
		"backwards":             {s.Admin, "/reports/utilization?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", http.StatusUnprocessableEntity, "ends_before_start"},
		"by nothing known":      {s.Admin, "/reports/utilization?by=moon", http.StatusUnprocessableEntity, "invalid_input"},
		"a month that is none":  {s.Admin, "/reports/cross-site?month=2026-13", http.StatusUnprocessableEntity, "invalid_input"},
		"the audit log":         {s.Desk, "/audit", http.StatusForbidden, "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.as(t, tt.who).get(t, tt.path).want(t, tt.status)
			if got.doc["code"] != tt.code {
				t.Errorf("code = %v, want %s", got.doc["code"], tt.code)
			}
		})
	}
}

func TestCrossSiteNamesHomeAndVisitedSite(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.book(t, s.Ann, s.FarRoom, 10, 11)
	got := s.as(t, s.Desk).get(t, "/reports/cross-site?month=2026-12").want(t, http.StatusOK)
	items, _ := got.doc["items"].([]any)
	if len(items) != 1 {
		t.Fatalf("items = %v, want one", items)
	}
	if row, _ := items[0].(fields); row["home_site"] != "colabo" || row["site"] != "shiojiri" || row["booked_minutes"] != 60.0 {
		t.Errorf("row = %v", row)
	}
}

// TestThePresentMonthIsThatOfTheReadersClocks: in Tokyo a year begins nine hours
// before it does in UTC.
func TestThePresentMonthIsThatOfTheReadersClocks(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for at, want := range map[string]string{"2026-12-31T23:59:59+09:00": "2026-12", "2027-01-01T00:00:00+09:00": "2027-01"} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		s.clock.Set(now)
		if got := s.as(t, s.Ann).get(t, "/reports/statement").want(t, http.StatusOK).text("month"); got != want {
			t.Errorf("at %s the statement is of %s, want %s", at, got, want)
		}
		file := s.as(t, s.Admin).get(t, "/reports/cross-site?format=csv").want(t, http.StatusOK).header.Get("Content-Disposition")
		if !strings.Contains(file, "cross-site-"+want+".csv") {
			t.Errorf("at %s the file is %s, want one of %s", at, file, want)
		}
	}
}

func TestAFormulaIsNoTextForASpreadsheet(t *testing.T) {
	t.Parallel()
	raw, err := table{columns: []string{"name", "bookings"}, rows: [][]any{{"=HYPERLINK(1)", -3}}}.csv("utf-8")
	if err != nil || string(raw) != "name,bookings\r\n'=HYPERLINK(1),-3\r\n" {
		t.Errorf("csv = %q (%v)", raw, err)
	}
}

func TestAuditLogIsReadNewestFirstAndByItsKind(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	for _, action := range []string{"booking.create", "gate.create", "booking.cancel"} {
		if err := s.store.Audit(t.Context(), modelstest.As(t, s.store, s.Ann), action, "x", "1", "colabo", map[string]int{"n": 1}); err != nil {
			t.Fatal(err)
		}
	}
	var actions []any
	path := "/audit?action=booking.&limit=1"
	for page := admin.get(t, path).want(t, http.StatusOK); ; {
		items, _ := page.doc["items"].([]any)
		for _, item := range items {
			row, _ := item.(fields)
			actions = append(actions, row["action"])
		}
		cursor, more := page.doc["next_cursor"].(string)
		if !more {
			break
		}
		page = admin.get(t, path+"&cursor="+cursor).want(t, http.StatusOK)
	}
	if !slices.Equal(actions, []any{"booking.cancel", "booking.create"}) {
		t.Errorf("actions = %v, want the newest first", actions)
	}
	if head := admin.get(t, "/audit/head").want(t, http.StatusOK); head.doc["seq"] != 0.0 {
		t.Errorf("head = %v, want 0: nothing is sealed yet", head.doc)
	}
	if _, err := s.store.SealAudit(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if head := admin.get(t, "/audit/head").want(t, http.StatusOK); head.doc["seq"] == 0.0 || head.doc["hash"] == "" {
		t.Errorf("head = %v, want the end of the chain", head.doc)
	}
}
