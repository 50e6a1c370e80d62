package access

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// exec changes rows past the queries, to make a state that other packages make.
func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	db, err := h.store.SQL()
	h.must(err)
	_, err = db.ExecContext(h.t.Context(), numbered(query), texts(args)...)
	h.must(err)
}

// scanInt reads one number.
func (h *house) scanInt(to *int, query string, args ...any) {
	h.t.Helper()
	db, err := h.store.SQL()
	h.must(err)
	h.must(db.QueryRowContext(h.t.Context(), numbered(query), texts(args)...).Scan(to))
}

// numbered writes placeholders as the database wants them.
func numbered(query string) string {
	if !modelstest.OnPostgres() {
		return query
	}
	parts := strings.Split(query, "?")
	out := parts[0]
	for i, part := range parts[1:] {
		out += "$" + strconv.Itoa(i+1) + part
	}
	return out
}

func texts(args []any) []any {
	out := slices.Clone(args)
	for i, a := range out {
		if id, ok := a.(models.ID); ok {
			out[i] = id.String()
		}
	}
	return out
}

// revoke stores a revocation.
func (h *house) revoke(r models.Revocation) {
	h.t.Helper()
	r.Reason, r.CreatedBy = "test", &h.Admin.ID
	h.must(h.store.InsertRevocation(h.t.Context(), &r))
}

// wantsFolded compares the stored visits and presences with what entry.Fold makes
// of all stored passages.
func (h *house) wantsFolded() {
	h.t.Helper()
	v, err := h.svc.renewView(h.t.Context())
	h.must(err)
	subjects := h.subjects()
	passages, err := h.store.PassagesToFold(h.t.Context(), subjects, 0)
	h.must(err)
	var want changes
	for subject, history := range entry.FoldAll(v.tree, foldable(passages)) {
		want.add(change(v.tree, subject.String(), nil, history))
	}
	visits, err := h.store.VisitsOfSubjects(h.t.Context(), subjects, 0)
	h.must(err)
	if diff := cmp.Diff(sortedVisits(want.put), sortedVisits(visits)); diff != "" {
		h.t.Errorf("visits: fold (-) and stored (+) differ:\n%s", diff)
	}
	present, err := h.store.PresencesOf(h.t.Context(), subjects)
	h.must(err)
	if diff := cmp.Diff(h.lasting(want.present), h.lasting(present)); diff != "" {
		h.t.Errorf("presence: fold (-) and stored (+) differ:\n%s", diff)
	}
}

func (h *house) subjects() []string {
	h.t.Helper()
	db, err := h.store.SQL()
	h.must(err)
	rows, err := db.QueryContext(h.t.Context(), "SELECT DISTINCT subject FROM passages WHERE subject <> ''")
	h.must(err)
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var s string
		h.must(rows.Scan(&s))
		out = append(out, s)
	}
	h.must(rows.Err())
	return out
}

func sortedVisits(rows []models.Visit) []models.Visit {
	rows = slices.Clone(rows)
	for i := range rows {
		if len(rows[i].Flags) == 0 {
			rows[i].Flags = nil
		}
	}
	slices.SortFunc(rows, func(a, b models.Visit) int {
		return strings.Compare(a.EntryID+strconv.Itoa(a.ZoneID), b.EntryID+strconv.Itoa(b.ZoneID))
	})
	return rows
}

// lasting returns the presences that mean something: a doubt that is too old is
// the same as being outside.
func (h *house) lasting(rows []models.Presence) []models.Presence {
	out := []models.Presence{}
	for _, p := range rows {
		if p.Inside() || p.Unconfirmed(h.fake.Now()) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b models.Presence) int { return strings.Compare(a.Subject, b.Subject) })
	return out
}
