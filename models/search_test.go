package models_test

import (
	"strings"
	"testing"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestADeskFindsPeopleHoweverTheirNamesAreTyped: at a reception names are typed
// as they are heard, on a keyboard that makes full-width letters, half-width kana
// and no blank between the names.
func TestADeskFindsPeopleHoweverTheirNamesAreTyped(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	hana := &models.Member{Email: "hana@kyoten.example", Name: "佐藤 花子", Kana: "さとう はなこ", Role: models.RoleMember}
	ken := &models.Member{Email: "ken@kyoten.example", Name: "木村　健", Kana: "キムラ　ケン", Role: models.RoleMember}
	abe := &models.Member{Email: "abe@kyoten.example", Name: "ＡＢＥ", Kana: "ｱﾍﾞ", Role: models.RoleMember}
	for _, m := range []*models.Member{hana, ken, abe} {
		if err := store.InsertMember(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for typed, want := range map[string]*models.Member{
		"佐藤花子": hana, "佐藤 花子": hana, "佐藤　花子": hana, "藤 花": hana, "サトウハナコ": hana, "ｻﾄｳ": hana, "さとう はな": hana, "ＨＡＮＡ＠": hana,
		"木村健": ken, "きむら": ken, "キムラ ケン": ken, "ｷﾑﾗ": ken,
		"ＡＢＥ": abe, "ｱﾍﾞ": abe,
		"bob lee": w.Bob, "ＢＯＢ": w.Bob,
		"100%": nil, "_": nil,
	} {
		found, _, err := store.MembersPage(t.Context(), models.MemberFilter{Text: typed}, models.Page{Limit: 10})
		switch {
		case err != nil:
			t.Errorf("%s: %v", typed, err)
		case want == nil && len(found) != 0:
			t.Errorf("%s finds %d people, want none", typed, len(found))
		case want != nil && (len(found) != 1 || found[0].Member.ID != want.ID):
			t.Errorf("%s finds %d people, want %s alone", typed, len(found), want.Name)
		}
	}
}

// TestMembersAreSortedByReadingInEitherKana: some write their reading in hiragana,
// others in katakana, and a page of one must be followed by whoever comes next.
func TestMembersAreSortedByReadingInEitherKana(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	company := &models.Company{NameJA: "かな商会", NameEN: "Kana"}
	if err := store.InsertCompany(t.Context(), company); err != nil {
		t.Fatal(err)
	}
	for name, kana := range map[string]string{"青木": "アオキ", "井上": "いのうえ", "上田": "ウエダ", "がんこ": "", "木村": "キムラ", "ヴァン": ""} {
		m := &models.Member{Email: kana + name + "@kyoten.example", Name: name, Kana: kana, Role: models.RoleMember, CompanyID: &company.ID}
		if err := store.InsertMember(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	page := models.Page{Limit: 1}
	for {
		found, next, err := store.MembersPage(t.Context(), models.MemberFilter{Company: company.ID}, page)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found[0].Member.Name)
		if next == nil {
			break
		}
		page.After = *next
	}
	if got, want := strings.Join(names, " "), "青木 井上 上田 がんこ 木村 ヴァン"; got != want {
		t.Errorf("sorted as %s, want %s", got, want)
	}
}

// TestABookingIsFoundByItsReferenceHoweverItIsTyped, and a name of as many bytes is
// looked for as a name.
func TestABookingIsFoundByItsReferenceHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	bookSeat(t, store, w)
	query := models.BookingQuery{Reader: modelstest.As(t, store, w.Admin), Page: models.Page{Limit: 10}}
	all, _, err := store.Bookings(t.Context(), query)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d bookings (%v), want one", len(all), err)
	}
	reference := all[0].Reference
	for typed, want := range map[string]int{
		reference: 1, strings.ToLower(strings.ReplaceAll(reference, "-", "")): 1, strings.ReplaceAll(reference, "0", "o"): 1,
		"佐藤AB": 0, "2222-2222": 0,
	} {
		query.Text = typed
		if found, _, err := store.Bookings(t.Context(), query); err != nil || len(found) != want {
			t.Errorf("%s finds %d bookings (%v), want %d", typed, len(found), err, want)
		}
	}
}
