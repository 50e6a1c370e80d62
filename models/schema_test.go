package models_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm/schema"

	"kyoten/migrations"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// bare are tables that a statement or two use without a type.
var bare = []string{"catalogue", "leases", "holds_gone", "packed_days", "goose_db_version"}

// own are columns that only the database writes and that no type has.
var own = map[string]string{"booking_spaces": "changed"}

func TestEveryColumnHasItsField(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	columns := columnsOf(t, store)
	want := map[string][]string{}
	for _, m := range models.Tables {
		parsed, err := schema.Parse(m, &sync.Map{}, schema.NamingStrategy{})
		if err != nil {
			t.Fatal(err)
		}
		want[parsed.Table] = slices.Sorted(slices.Values(parsed.DBNames))
	}
	for _, name := range bare {
		delete(columns, name)
	}
	for table, column := range own {
		columns[table] = slices.DeleteFunc(columns[table], func(c string) bool { return c == column })
	}
	if diff := cmp.Diff(want, columns); diff != "" {
		t.Errorf("fields (-) and columns (+) differ:\n%s", diff)
	}
}

// columnsOf returns the columns of each table, sorted.
func columnsOf(t *testing.T, store *models.Store) map[string][]string {
	t.Helper()
	query := `SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`
	if modelstest.OnPostgres() {
		query = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'`
	}
	out := map[string][]string{}
	for _, pair := range pairs(t, store, query) {
		out[pair[0]] = append(out[pair[0]], pair[1])
	}
	for _, names := range out {
		slices.Sort(names)
	}
	return out
}

func pairs(t *testing.T, store *models.Store, query string) [][2]string {
	t.Helper()
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var out [][2]string
	for rows.Next() {
		var pair [2]string
		if err := rows.Scan(&pair[0], &pair[1]); err != nil {
			t.Fatal(err)
		}
		out = append(out, pair)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBothDatabasesHaveTheSameNulls compares with a list that both runs of the
// suite share, since one run sees one database.
func TestBothDatabasesHaveTheSameNulls(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	query := `SELECT m.name || '.' || p.name, CASE WHEN p."notnull" = 1 OR p.pk > 0 THEN 'required' ELSE 'optional' END
		FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version'`
	if modelstest.OnPostgres() {
		query = `SELECT table_name || '.' || column_name, CASE is_nullable WHEN 'NO' THEN 'required' ELSE 'optional' END
			FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'goose_db_version'`
	}
	var lines []string
	for _, pair := range pairs(t, store, query) {
		lines = append(lines, fmt.Sprintf("%s %s", pair[0], pair[1]))
	}
	slices.Sort(lines)
	modelstest.Golden(t, "testdata/schema.txt", strings.Join(lines, "\n")+"\n")
}

// TestAPlanOfNoRulesGoesOnAllowingEverything after it was brought to this version: it
// is from when that was so.
func TestAPlanOfNoRulesGoesOnAllowingEverything(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	none := &models.Plan{NameJA: "名前だけ", AllSites: true}
	seats := &models.Plan{NameJA: "席だけ", AllSites: true, Rules: map[models.Kind]models.PlanRule{models.KindSeat: {MaxOpen: 1}}}
	if err := errors.Join(store.InsertPlan(t.Context(), none), store.InsertPlan(t.Context(), seats)); err != nil {
		t.Fatal(err)
	}
	series, err := migrations.Render(migrations.Dialect(store.Dialect()))
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(series, "00012_plans_of_no_rules.sql")
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), string(text)); err != nil {
		t.Fatal(err)
	}
	c, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[models.ID]int{none.ID: 2, seats.ID: 1, w.Plan.ID: len(w.Plan.Rules)} {
		if p, err := c.Plan(id); err != nil || len(p.Rules) != want {
			t.Errorf("%s has rules %+v, %v; want %d", p.NameJA, p.Rules, err, want)
		}
	}
}
