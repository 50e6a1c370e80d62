package models_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kyoten/internal/clock"
	"kyoten/migrations"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// emptySQLite is a migrated SQLite database, whatever the tests run on.
func emptySQLite(t *testing.T) *models.Store {
	t.Helper()
	store, err := models.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "other.db"), clock.At(modelstest.Monday).Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrations.Up(context.Background(), db, migrations.SQLite); err != nil {
		t.Fatal(err)
	}
	return store
}

// used returns a database with rows in most of its tables.
func used(t *testing.T) (*models.Store, *modelstest.World) {
	t.Helper()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	plan := models.FloorPlan{Site: "colabo", NameJA: "2階", NameEN: "2nd floor", Width: 100, Height: 100, Shapes: `[{"kind": "wall", "x": 1}]`}
	p := modelstest.Hours(10, 12)
	b := models.Booking{
		Title: "朝会 \"quoted\"", Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: w.Ann.ID, CreatedBy: w.Ann.ID,
		Guests: []models.Guest{{Name: "Eve", Email: "eve@example.com"}},
		Spaces: []models.BookingSpace{{SpaceID: w.Room.ID, Site: "colabo", Kind: models.KindRoom, StartsAt: p.StartsAt, EndsAt: p.EndsAt, Active: true, Status: models.BookingConfirmed}},
	}
	err := store.InTx(t.Context(), func(tx *models.Store) error {
		c, err := tx.Catalogue(t.Context())
		return errors.Join(err, tx.InsertFloorPlan(t.Context(), &plan), tx.InsertBooking(t.Context(), &b),
			tx.InsertBookingPasses(t.Context(), c, &b, w.Ann),
			tx.TellOrganizer(t.Context(), models.NoticeConfirmed, &b, w.Ann, models.NewBookingNotice(c, &b, w.Ann)),
			tx.Audit(t.Context(), modelstest.As(t, store, w.Ann), "booking.create", "booking", b.ID.String(), "colabo", nil),
			tx.SetSetting(t.Context(), "tenant", "consortium"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.SealAudit(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	return store, w
}

func dump(t *testing.T, store *models.Store) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := store.Dump(t.Context(), &b); err != nil {
		t.Fatalf("dump: %v", err)
	}
	return b.String()
}

// body is a backup without its first line, which names the database it is from,
// and in an order that the databases agree on.
func body(backup string) string {
	lines := strings.Split(backup, "\n")[1:]
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestABackupRestoresToTheSameRowsOnEitherDatabase(t *testing.T) {
	t.Parallel()
	store, w := used(t)
	backup := dump(t, store)
	for name, other := range map[string]*models.Store{"the same": emptyOne(t), "SQLite": emptySQLite(t)} {
		if _, err := other.Restore(t.Context(), strings.NewReader(backup)); err != nil {
			t.Fatalf("restore to %s: %v", name, err)
		}
		if again := body(dump(t, other)); again != body(backup) {
			t.Errorf("restored to %s, the rows differ:\n%s", name, firstDifference(body(backup), again))
		}
		if _, err := other.VerifyAudit(t.Context(), models.AuditHead{}); err != nil {
			t.Errorf("the audit log does not hold after the move to %s: %v", name, err)
		}
		zone := models.Zone{Site: "colabo", NameJA: "奥", NameEN: "Back", OfflineHours: 24}
		if err := other.InsertZone(t.Context(), &zone); err != nil || zone.ID <= w.Office {
			t.Errorf("a new zone on %s has the number %d (%v), want one not used before", name, zone.ID, err)
		}
	}
}

// emptyOne is a fresh database of the kind the tests run on.
func emptyOne(t *testing.T) *models.Store {
	t.Helper()
	store, _ := modelstest.Open(t)
	return store
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return as[i] + "\n" + bs[i]
		}
	}
	return "one is longer"
}

func TestABackupIsRefusedWhenItIsNotWhole(t *testing.T) {
	t.Parallel()
	store, _ := used(t)
	backup := dump(t, store)
	lines := strings.SplitAfter(backup, "\n")
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"cut off":         {backup[:len(backup)/2], models.ErrBackupBroken},
		"without its end": {strings.Join(lines[:len(lines)-2], ""), models.ErrBackupBroken},
		"a row taken out": {strings.Replace(backup, lines[3], "", 1), models.ErrBackupBroken},
		"with more":       {backup + "{\"table\":\"x\"}\n", models.ErrBackupBroken},
		"with rubbish":    {backup + "x", models.ErrBackupBroken},
		"something else":  {"hello\n", models.ErrBackupBroken},
		"another version": {strings.Replace(backup, `"schema":`, `"schema":9`, 1), models.ErrBackupVersion},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			into := emptyOne(t)
			if _, err := into.Restore(t.Context(), strings.NewReader(tt.text)); !errors.Is(err, tt.want) {
				t.Fatalf("restore = %v, want %v", err, tt.want)
			}
			if n, err := into.CountMembers(t.Context()); err != nil || n != 0 {
				t.Errorf("%d members are left behind (%v), want none", n, err)
			}
		})
	}
}

func TestABackupIsNotPouredOverAnything(t *testing.T) {
	t.Parallel()
	store, _ := used(t)
	if _, err := store.Restore(t.Context(), strings.NewReader(dump(t, store))); !errors.Is(err, models.ErrNotEmpty) {
		t.Errorf("restore over a consortium = %v, want ErrNotEmpty", err)
	}
}
