package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// signInOver signs somebody else in in the same browser, as from a second tab.
func (b *browser) signInOver(m *models.Member) {
	b.t.Helper()
	b.post("/sign-in", url.Values{"email": {m.Email}, "password": {password}}).has(b.t, http.StatusOK, m.Name)
}

func TestEveryPostedFormSaysForWhomItWasDrawn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.furnish(t)
	b, seen := h.as(t, h.Admin), 0
	for _, from := range b.pagesOf("/", "/account", "/bookings", "/rooms", "/book", "/admin") {
		for _, form := range from.parse(t).forms {
			seen++
			if got := form.filled[whoseField]; len(got) != 1 || got[0] != h.Admin.ID.String() {
				t.Errorf("%s: the form to %s says it was drawn for %v", from.path, form.action, got)
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d forms were looked at, want more", seen)
	}
	h.visitor(t).get("/sign-in").has(t, http.StatusOK).lacks(t, whoseField)
}

func TestAFormIsNotSentInTheNameOfWhoSignedInSince(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	profile := b.get("/account").parse(t).formTo(t, "/account").filled
	profile.Set("name", "安藤 <新>")
	b.signInOver(h.Bob)
	b.repeats = true
	refused := b.post("/account", profile)
	refused.has(t, http.StatusConflict, "別の方が開いた画面です", h.Bob.Name).lacks(t, "自分の名前で送信する")
	if bob, err := h.store.Member(t.Context(), h.Bob.ID); err != nil || bob.Name != h.Bob.Name {
		t.Errorf("Bob is called %q (%v), want %q", bob.Name, err, h.Bob.Name)
	}

	// The one whose it was signs in again, and goes on with what was typed.
	asked := b.post("/sign-out", refused.parse(t).formTo(t, "/sign-out").filled)
	in := asked.has(t, http.StatusOK, "画面を開いた方でサインイン").parse(t).formTo(t, "/sign-in").filled
	in.Set("email", h.Bob.Email)
	in.Set("password", password)
	b.post("/sign-in", in).has(t, http.StatusOK, "別の方が開いた画面です").lacks(t, "data-resume")
	in.Set("email", h.Ann.Email)
	again := b.post("/sign-in", in).has(t, http.StatusOK, "data-resume").parse(t).formTo(t, "/account").filled
	b.post("/account", again).has(t, http.StatusOK, "保存しました", "安藤 &lt;新&gt;")
}

func TestAFormIsSentByWhoSignedInSinceWhenTheySaySo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	path := "/book?site=colabo&day=" + modelstest.At(1, 11, 0).Format(time.DateOnly) + "&from=11:00&to=12:00&space=" + h.Seats[0].ID.String()
	var form url.Values
	for _, f := range b.get(path).parse(t).forms {
		if f.action == "/bookings" && f.filled.Get("space") != "" {
			form = f.filled
		}
	}
	b.signInOver(h.Bob)
	b.repeats = true
	mine := b.post("/bookings", form).has(t, http.StatusConflict, "自分の名前で送信する").parse(t).formTo(t, "/bookings").filled
	if got := mine.Get(whoseField); got != h.Bob.ID.String() {
		t.Errorf("the form is sent on for %s, want Bob", got)
	}
	b.post("/bookings", mine).has(t, http.StatusOK, "予約しました")
}

func TestAFileIsNotTakenFromWhoSignedInSince(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Desk)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField(whoseField, h.Desk.ID.String())
	part, err := w.CreateFormFile("file", "members.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("name,email\n"))
	_ = w.Close()
	b.signInOver(h.Admin)
	b.repeats = true
	b.sendBody("/admin/members/import", w.FormDataContentType(), &body).has(t, http.StatusConflict, "ファイルをもう一度選んでください")
}

func TestSigningOutOnAnOldPageIsNeverRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	out := b.get("/account").parse(t).formTo(t, "/sign-out").filled
	b.signInOver(h.Bob)
	b.post("/sign-out", out).has(t, http.StatusOK, "サインアウトしました")
	b.repeats = true
	twice := b.post("/sign-out", out).has(t, http.StatusOK, "サインアウトしました")
	if !strings.HasPrefix(twice.path, "/?done") {
		t.Errorf("signing out twice leads to %s", twice.path)
	}
}
