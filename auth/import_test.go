package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kyoten/auth"
	"kyoten/internal/sheet"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestTenThousandMembersWithThirtySevenBadLines is the promise of the import:
// exactly the bad lines are named, and nothing is stored until all is good.
func TestTenThousandMembersWithThirtySevenBadLines(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	svc, admin := auth.New(store, fake.Now), modelstest.As(t, store, w.Admin)
	before, err := store.CountMembers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{"email,name,kana,company,home_site"}
	for i := range 10_000 {
		lines = append(lines, fmt.Sprintf("n%05d@example.jp,会員 %d,かいいん %d,,colabo", i, i, i))
	}
	good := strings.Join(lines, "\n") + "\n"
	want := map[string]string{}
	for n := range 37 {
		at := 100 + n*263
		bad := []struct{ line, column string }{
			{"no-address,会員,,,", "email"},
			{fmt.Sprintf("x%d@example.jp,,,,", n), "name"},
			{fmt.Sprintf("x%d@example.jp,会員,,no company,", n), "company"},
			{fmt.Sprintf("x%d@example.jp,会員,,,atlantis", n), "home_site"},
			{w.Ann.Email + ",会員,,,", "email"},
			{"N00001@example.jp,会員,,,", "email"},
		}[n%6]
		lines[at] = bad.line
		want[fmt.Sprintf("%d/%s", at+1, bad.column)] = bad.line
	}
	for _, dry := range []bool{true, false} {
		_, err := svc.Import(t.Context(), admin, []byte(strings.Join(lines, "\n")), dry)
		bad, ok := errors.AsType[*sheet.Bad](err)
		if !ok || !errors.Is(err, models.ErrInvalidInput) || len(bad.Lines) != 37 {
			t.Fatalf("dry %t: got %v, want the 37 bad lines", dry, err)
		}
		for _, f := range bad.Lines {
			if want[f.Pointer] == "" {
				t.Errorf("dry %t: %s is named, which is good", dry, f.Pointer)
			}
		}
	}
	wantMembers(t, store, before)
	if n, err := svc.Import(t.Context(), admin, []byte(good), true); n != 10_000 || err != nil {
		t.Fatalf("a dry run of the good file: %d, %v", n, err)
	}
	wantMembers(t, store, before)
	if n, err := svc.Import(t.Context(), admin, []byte(good), false); n != 10_000 || err != nil {
		t.Fatalf("the good file: %d, %v", n, err)
	}
	wantMembers(t, store, before+10_000)
	if m, err := store.MemberByEmail(t.Context(), "n09999@example.jp"); err != nil || m.Name != "会員 9999" || *m.HomeSite != "colabo" {
		t.Errorf("the last one is %+v, %v", m, err)
	}
	_, err = svc.Import(t.Context(), admin, []byte(good), false)
	if bad, ok := errors.AsType[*sheet.Bad](err); !ok || len(bad.Lines) != 10_000 {
		t.Errorf("the same file again: %v, want every line refused", err)
	}
}

func wantMembers(t *testing.T, store *models.Store, want int64) {
	t.Helper()
	if got, err := store.CountMembers(t.Context()); err != nil || got != want {
		t.Fatalf("%d members, %v; want %d", got, err, want)
	}
}

func TestAFileNamesCompaniesAndPlansAndMakesNobodyStaff(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	svc := auth.New(store, fake.Now)
	cat, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	company := cat.Companies()[0]
	file := "email,name,company,role,locale\nc@example.jp,C," + company.NameJA + ",manager,en\n"
	if n, err := svc.Import(t.Context(), modelstest.As(t, store, w.Admin), []byte(file), false); n != 1 || err != nil {
		t.Fatalf("imported %d, %v", n, err)
	}
	m, err := store.MemberByEmail(t.Context(), "c@example.jp")
	if err != nil || m.Company() != company.ID || m.Role != models.RoleManager || m.Locale != "en" {
		t.Errorf("got %+v, %v", m, err)
	}
	_, err = svc.Import(t.Context(), modelstest.As(t, store, w.Admin), []byte("email,name,role\nd@example.jp,D,admin\n"), false)
	if !errors.Is(err, models.ErrInvalidInput) {
		t.Errorf("an administrator by file: %v, want ErrInvalidInput", err)
	}
	for _, m := range []*models.Member{w.Ann, w.Manager, w.Desk} {
		if _, err := svc.Import(t.Context(), modelstest.As(t, store, m), []byte(file), true); !errors.Is(err, models.ErrForbidden) {
			t.Errorf("by %s: %v, want ErrForbidden", m.Name, err)
		}
	}
}
