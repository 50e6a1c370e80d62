package web

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"kyoten/models"
)

func TestTheDeskLooksAfterMembers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.as(t, h.Desk)
	desk.get("/admin/members?q=").has(t, http.StatusOK, h.Ann.Name, h.Bob.Email)
	desk.get("/admin/members?q="+url.QueryEscape(h.Bob.Email)).has(t, http.StatusOK, h.Bob.Name).lacks(t, h.Ann.Email)
	form := url.Values{"name": {"新田 新"}, "kana": {"にった あらた"}, "email": {"nope"}, "locale": {"ja"}}
	desk.post("/admin/members", form).has(t, http.StatusUnprocessableEntity, `id="email-error"`, "新田 新")
	form.Set("email", "nitta@example.jp")
	page := desk.post("/admin/members", form).has(t, http.StatusOK, "会員を追加しました", "新田 新")
	path, _, _ := strings.Cut(page.path, "?")
	desk.post(path+"/link", nil).has(t, http.StatusOK, "今だけ表示", "/links/")
	form.Set("version", "1")
	form.Set("kana", "にった しん")
	desk.post(path, form).has(t, http.StatusOK, "保存しました", "にった しん")
	desk.post(path, form).has(t, http.StatusPreconditionFailed)
	desk.get(path).lacks(t, `name="role"`)
	form.Set("role", "admin")
	form.Del("version")
	desk.post(path, form).has(t, http.StatusOK)
	if m, err := h.store.MemberByEmail(t.Context(), "nitta@example.jp"); err != nil || m.Role != models.RoleMember {
		t.Errorf("the desk made %s an administrator: %v", m.Role, err)
	}
	h.as(t, h.Ann).get("/admin/members").has(t, http.StatusNotFound)
}

// TestALinkIsOfThePublicAddress: a proxy asks by a name that nobody else can use.
func TestALinkIsOfThePublicAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	link := "/admin/members/" + h.Ann.ID.String() + "/link"
	h.as(t, h.Desk).post(link, nil).has(t, http.StatusOK, h.url+"/links/")
	h.auth.At("https://kyoten.example")
	h.as(t, h.Desk).post(link, nil).has(t, http.StatusOK, "https://kyoten.example/links/").lacks(t, h.url)
}

// TestTheDeskLooksUpWhomAnotherLooksAfter: Acme has its office elsewhere. What the
// page does not offer is refused.
func TestTheDeskLooksUpWhomAnotherLooksAfter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk, path := h.as(t, h.Desk), "/admin/members/"+h.Worker.ID.String()
	desk.get(path).has(t, http.StatusOK, h.Worker.Email, "アクメ株式会社").lacks(t, path+"/link", path+"/suspend", `name="email"`)
	desk.post(path+"/link", nil).has(t, http.StatusForbidden).lacks(t, "/links/")
	desk.get("/admin/members/"+h.Ann.ID.String()).has(t, http.StatusOK, `name="company"`, "/link").lacks(t, "アクメ株式会社")
	desk.get("/admin/members/"+h.Admin.ID.String()).has(t, http.StatusOK, h.Admin.Email).lacks(t, "/suspend")
}

func TestASuspendedMembersBookingsGoWhenToldSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	booked := h.as(t, h.Ann).reserve(monday(h.Seats[0].ID.String()))
	desk, path := h.as(t, h.Desk), "/admin/members/"+h.Ann.ID.String()
	desk.post(path+"/suspend", url.Values{"cancel": {"yes"}}).has(t, http.StatusOK, "停止を解除")
	desk.get("/admin"+booked).has(t, http.StatusOK, "取り消し済み")
	h.visitor(t).post("/sign-in", url.Values{"email": {h.Ann.Email}, "password": {password}}).has(t, http.StatusUnauthorized)
	desk.post(path+"/restore", nil).has(t, http.StatusOK, "利用を停止")
	h.as(t, h.Ann)
	desk.post(path+"/erase", nil).has(t, http.StatusNotFound)
	h.as(t, h.Admin).post(path+"/erase", nil).has(t, http.StatusOK, "消去しました").lacks(t, h.Ann.Email)
}

func TestAManagerLooksAfterTheCompanyAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	manager := h.as(t, h.Manager)
	manager.get("/admin/members").has(t, http.StatusOK, h.Worker.Name).lacks(t, h.Ann.Email, "/admin/companies")
	manager.get("/admin/members/"+h.Ann.ID.String()).has(t, http.StatusNotFound)
	manager.get("/admin/members/"+h.Worker.ID.String()).has(t, http.StatusOK, h.Worker.Email, "/suspend").lacks(t, `name="plan"`, `name="role"`, "/link")
	form := url.Values{"name": {"部下 一"}, "email": {"buka@example.jp"}, "locale": {"ja"}}
	manager.post("/admin/members", form).has(t, http.StatusOK, "会員を追加しました", "拠点のスタッフにご依頼ください") // who can make the link
	if m, err := h.store.MemberByEmail(t.Context(), "buka@example.jp"); err != nil || m.Company() != h.Manager.Company() {
		t.Errorf("the new member is of company %d, %v", m.Company(), err)
	}
}

// sendFile posts a file as a browser does.
func (b *browser) sendFile(path, content string) page {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "members.csv")
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content)) // a buffer takes everything
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.sendBody(path, w.FormDataContentType(), &body)
}

func TestAFileOfMembersIsLookedAtBeforeItIsTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	admin.get("/admin/members/import").has(t, http.StatusOK, `type="file"`, "multipart/form-data")
	const good = "email,name\none@example.jp,一 郎\ntwo@example.jp,二 郎\n"
	admin.sendFile("/admin/members/import", good+"three,三 郎\n").
		has(t, http.StatusUnprocessableEntity, "1行に誤りがあります", "メールアドレスの形式ではありません", "何も登録されていません")
	admin.sendFile("/admin/members/import", "email,電話\n1,2\n").has(t, http.StatusUnprocessableEntity, `id="file-error"`, "列名「電話」")
	seen := admin.sendFile("/admin/members/import", good).has(t, http.StatusOK, "2件を登録できます", "この内容で登録する", "読み取った内容", "one@example.jp</")
	if n, err := h.store.CountMembers(t.Context()); err != nil || n != 6 {
		t.Fatalf("%d members after looking, %v; want 6", n, err)
	}
	content := between(t, seen.body, "<textarea name=\"content\" hidden>\n", "</textarea>")
	admin.post("/admin/members/import", url.Values{"content": {content}}).has(t, http.StatusOK, "登録しました", "one@example.jp")
	h.as(t, h.Desk).get("/admin/members/import").has(t, http.StatusNotFound)
}

// TestAFileInShiftJISIsTakenAsItWasRead: the page that carries it along is UTF-8.
func TestAFileInShiftJISIsTakenAsItWasRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	file, err := japanese.ShiftJIS.NewEncoder().String("email,name,kana\r\none@example.jp,表 髙子①,オモテ タカコ\r\n")
	if err != nil {
		t.Fatal(err)
	}
	seen := admin.sendFile("/admin/members/import", file).has(t, http.StatusOK, "1件を登録できます", "表 髙子①</", "オモテ タカコ</")
	content := between(t, seen.body, "<textarea name=\"content\" hidden>\n", "</textarea>")
	admin.post("/admin/members/import", url.Values{"content": {content}}).has(t, http.StatusOK, "登録しました", "表 髙子①", "one@example.jp")
}

func TestTwoAccountsOfOnePersonAreMerged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	booked := h.as(t, h.Bob).reserve(monday(h.Seats[0].ID.String()))
	admin, path := h.as(t, h.Admin), "/admin/members/"+h.Ann.ID.String()
	admin.post(path+"/merge", url.Values{"merge": {"nobody@x.jp"}}).has(t, http.StatusUnprocessableEntity, `id="merge-error"`, "nobody@x.jp")
	seen := admin.post(path+"/merge", url.Values{"merge": {h.Bob.Email}}).has(t, http.StatusOK, "まだ何も変わっていません", h.Ann.Email, h.Bob.Email, "1件（うち今後1件）").lacks(t, "キャンセル待ち</dt>")
	h.as(t, h.Bob).get(booked).has(t, http.StatusOK, "席1")
	confirm := seen.parse(t).formTo(t, path+"/merge")
	other := url.Values{"merge": {h.Worker.Email}, "confirmed": confirm.filled["confirmed"]}
	admin.post(confirm.action, other).has(t, http.StatusOK, "まだ何も変わっていません", h.Worker.Email) // seen was another
	admin.post(confirm.action, confirm.filled).has(t, http.StatusOK, "会員を統合しました", h.Ann.Email)
	h.as(t, h.Ann).get(booked).has(t, http.StatusOK, "席1")
	h.as(t, h.Desk).post(path+"/merge", url.Values{"merge": {h.Worker.Email}}).has(t, http.StatusNotFound)
}

// TestOnlyWhoIsNotThereIsNobody: a database that does not answer says nothing about
// the address.
func TestOnlyWhoIsNotThereIsNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	v := &visit{r: httptest.NewRequestWithContext(ctx, "POST", "/", nil)}
	if m, err := h.pages.memberAt(v, "merge", " "+h.Bob.Email); err != nil || m.ID != h.Bob.ID {
		t.Errorf("Bob is %v, %v", m.Name, err)
	}
	if _, err := h.pages.memberAt(v, "merge", "nobody@x.jp"); !errors.Is(err, errNobody) {
		t.Errorf("nobody is %v", err)
	}
	stop()
	if _, err := h.pages.memberAt(v, "merge", h.Bob.Email); err == nil || errors.Is(err, errNobody) {
		t.Errorf("a failed question is answered %v", err)
	}
}

func TestCompaniesAndPlansAreEdited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	company := admin.post("/admin/companies", url.Values{"name_ja": {"松本商事"}, "minutes_per_month": {"6000"}}).has(t, http.StatusOK, "保存しました", "松本商事")
	path, _, _ := strings.Cut(company.path, "?")
	admin.post(path, url.Values{"name_ja": {""}, "minutes_per_month": {"many"}}).has(t, http.StatusUnprocessableEntity, `id="minutes_per_month-error"`)
	admin.post(path+"/suspend", nil).has(t, http.StatusOK, "会社の停止を解除")
	admin.get("/admin/companies").has(t, http.StatusOK, "松本商事", "100時間", "停止中")
	admin.post(path+"/restore", nil).has(t, http.StatusOK, "会社を停止")
	admin.post(path, url.Values{"name_ja": {"松本物産"}, "minutes_per_month": {"3000"}}).has(t, http.StatusOK, "保存しました", "松本物産")
	admin.get("/admin/companies").has(t, http.StatusOK, "松本物産", "50時間").lacks(t, "停止中", "松本商事")
	admin.post(path+"/delete", nil).has(t, http.StatusOK, "削除しました").lacks(t, "松本物産")

	form := url.Values{
		"name_ja": {"夜のプラン"}, "sites": {"colabo"}, "rules/seat": {"yes"}, "rules/seat/horizon_days": {"14"}, "rules/seat/max_minutes": {"240"},
		"rules/seat/min_minutes": {"480"}, "max_guests": {"2"},
	}
	admin.post("/admin/plans", form).has(t, http.StatusUnprocessableEntity, `id="rules/seat/min_minutes-error"`)
	form.Set("rules/seat/min_minutes", "30")
	plan := admin.post("/admin/plans", form).has(t, http.StatusOK, "夜のプラン", `value="240"`)
	path, _, _ = strings.Cut(plan.path, "?")
	admin.get("/admin/plans").has(t, http.StatusOK, "14日先まで、最長4時間", "予約不可")
	form.Set("rules/room", "yes")
	admin.post(path, form).has(t, http.StatusOK, "保存しました")
	admin.post(path+"/delete", nil).has(t, http.StatusOK, "削除しました")
	h.as(t, h.Desk).get("/admin/plans").has(t, http.StatusNotFound)
	h.as(t, h.Desk).get("/admin/companies").has(t, http.StatusOK, "アクメ")
}
