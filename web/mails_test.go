package web

import (
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kyoten/models"
)

// choiceOf returns the path of the page where m turns reminders off, as mails bring it.
func (h *house) choiceOf(m *models.Member) string {
	return h.auth.ChoicePath(models.Notice{Kind: string(models.NoticeReminder), MemberID: &m.ID})
}

// reminded reports whether m gets reminders.
func (h *house) reminded(t *testing.T, m *models.Member) bool {
	t.Helper()
	row, err := h.store.Member(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	return row.Wants(models.NoticeReminder)
}

func TestTheAccountSaysWhichMailsCome(t *testing.T) {
	t.Parallel()
	for lang, says := range map[string]struct{ label, others, saved string }{
		"ja": {"利用前のお知らせをメールで受け取る", "そのほかのメールは、いつも届きます", "保存しました"},
		"en": {"Remind me by mail", "All other mails always come", "Saved."},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			b := h.as(t, h.Ann)
			b.post("/language", url.Values{"lang": {lang}})
			form := b.get("/account").has(t, http.StatusOK, says.label, says.others).parse(t).formTo(t, "/account/mails")
			if form.filled.Get("reminders") == "" {
				t.Error("who never chose gets no reminders")
			}
			form = b.post("/account/mails", url.Values{}).has(t, http.StatusOK, says.saved).parse(t).formTo(t, "/account/mails")
			if h.reminded(t, h.Ann) || !h.reminded(t, h.Bob) || form.filled.Get("reminders") != "" {
				t.Errorf("turned off: %t, Bob's: %t, the page says %q", h.reminded(t, h.Ann), h.reminded(t, h.Bob), form.filled)
			}
			b.post("/account", url.Values{"name": {"安藤"}, "kana": {""}, "locale": {lang}}).has(t, http.StatusOK, says.saved)
			if h.reminded(t, h.Ann) {
				t.Error("another form turned them on")
			}
			b.post("/account/mails", url.Values{"reminders": {"yes"}}).has(t, http.StatusOK, says.saved)
			if !h.reminded(t, h.Ann) {
				t.Error("not turned on again")
			}
		})
	}
}

// TestAReminderIsTurnedOffFromItsMail without signing in, by the one button of the page
// that its link leads to, and on again by that of the next.
func TestAReminderIsTurnedOffFromItsMail(t *testing.T) {
	t.Parallel()
	for lang, says := range map[string]struct{ on, turnOff, off, turnOn, others, dead string }{
		"ja": {"利用前のお知らせが届く設定です", "お知らせを止める", "利用前のお知らせは停止しています", "お知らせを再開する", "そのほかのメールは、いつも届きます", "このリンクは使えません"},
		"en": {"Reminders are on", "Turn reminders off", "Reminders are off", "Turn reminders on again", "All other mails always come", "This link does not work"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			b, link := h.visitor(t), h.choiceOf(h.Ann)
			b.lang = lang
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} { // mail scanners look, too
				b.send(method, link, nil)
			}
			seen := b.get(link).has(t, http.StatusOK, says.on, says.turnOff, says.others).lacks(t, h.Ann.Name, h.Ann.Email)
			if got := seen.header.Get("Cache-Control") + " " + seen.header.Get("Referrer-Policy"); got != "no-store same-origin" || !h.reminded(t, h.Ann) {
				t.Errorf("sent with %q; looking turned them off: %t", got, !h.reminded(t, h.Ann))
			}
			seen = b.post(seen.parse(t).formTo(t, link+"/off").action, nil).has(t, http.StatusOK, says.off, says.turnOn, says.others).lacks(t, h.Ann.Name, h.Ann.Email)
			if seen.path != link || h.reminded(t, h.Ann) || !h.reminded(t, h.Bob) {
				t.Errorf("led to %s; Ann gets reminders: %t, Bob: %t", seen.path, h.reminded(t, h.Ann), h.reminded(t, h.Bob))
			}
			b.repeats = true
			b.post(link+"/off", nil).has(t, http.StatusOK, says.off)
			b.post(seen.parse(t).formTo(t, link+"/on").action, nil).has(t, http.StatusOK, says.on)
			if !h.reminded(t, h.Ann) {
				t.Error("not turned on again")
			}
			for _, end := range []string{"", "/off", "/on"} {
				dead := link[:len(link)-9] + end
				if end == "" {
					b.get(dead).has(t, http.StatusNotFound, says.dead, `href="/account"`).lacks(t, says.turnOff)
				} else {
					b.post(dead, nil).has(t, http.StatusNotFound, says.dead)
				}
			}
		})
	}
}

// TestAMailProgramUnsubscribes as RFC 8058 says: by one POST, from wherever, which says
// so in its body and is answered at once. Nothing else that comes from elsewhere is
// taken.
func TestAMailProgramUnsubscribes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	link := h.choiceOf(h.Ann)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func(path, contentType, body string, headers ...string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	const form, oneClick = "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"
	var parts strings.Builder
	mixed := multipart.NewWriter(&parts)
	if err := mixed.WriteField("List-Unsubscribe", "One-Click"); err != nil {
		t.Fatal(err)
	}
	_ = mixed.Close()
	for name, tt := range map[string]struct {
		path, contentType, body string
		headers                 []string
		status                  int
		off                     bool
	}{
		"a mail server":             {link, form, oneClick, nil, 200, true},
		"in parts":                  {link, mixed.FormDataContentType(), parts.String(), nil, 200, true},
		"a webmail's page":          {link, form, oneClick, []string{"Origin", "https://mail.example", "Sec-Fetch-Site", "cross-site"}, 200, true},
		"without a body":            {link, form, "", nil, 400, false},
		"without a type":            {link, "", oneClick, nil, 400, false},
		"another body":              {link, form, "List-Unsubscribe=Two-Clicks", nil, 400, false},
		"in the address":            {link + "?" + oneClick, form, "", nil, 400, false},
		"a book in parts":           {link, mixed.FormDataContentType(), strings.Repeat(" ", 8<<10) + parts.String(), nil, 400, false},
		"a token of nobody's":       {link[:len(link)-9], form, oneClick, nil, 404, false},
		"the form, from elsewhere":  {link + "/off", form, oneClick, []string{"Sec-Fetch-Site", "cross-site"}, 403, false},
		"back on, from elsewhere":   {link + "/on", form, oneClick, []string{"Origin", "https://mail.example"}, 403, false},
		"the account, elsewhere":    {"/account/mails", form, "", []string{"Sec-Fetch-Site", "cross-site"}, 403, false},
		"signing in, from there":    {"/sign-in", form, "", []string{"Sec-Fetch-Site", "cross-site"}, 403, false},
		"a path that leads astray":  {"/mails/../account/mails", form, oneClick, []string{"Sec-Fetch-Site", "cross-site"}, 403, false},
		"a slash in disguise":       {link + "%2Fon", form, oneClick, []string{"Sec-Fetch-Site", "cross-site"}, 404, false},
		"slashes that lead nowhere": {"//mails/x", form, oneClick, []string{"Sec-Fetch-Site", "cross-site"}, 403, false},
	} {
		if _, err := h.auth.ChooseMail(t.Context(), strings.TrimPrefix(link, "/mails/"), true); err != nil {
			t.Fatal(err)
		}
		if got := send(tt.path, tt.contentType, tt.body, tt.headers...); got != tt.status || h.reminded(t, h.Ann) == tt.off || !h.reminded(t, h.Bob) {
			t.Errorf("%s: %d, want %d; Ann gets reminders: %t, want %t; Bob: %t", name, got, tt.status, h.reminded(t, h.Ann), !tt.off, h.reminded(t, h.Bob))
		}
	}
	if _, err := h.auth.ChooseMail(t.Context(), strings.TrimPrefix(link, "/mails/"), true); err != nil {
		t.Fatal(err) // whichever came last may have turned them off
	}
	b := h.visitor(t)
	b.post(link, url.Values{"List-Unsubscribe": {"One-Click"}}).has(t, http.StatusOK, "利用前のお知らせは停止しています", "お知らせを再開する")
}
