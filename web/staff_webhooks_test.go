package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAWebhookIsKeptOnPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	const path = "/admin/webhooks"
	admin.get(path).has(t, http.StatusOK, "Webhookはまだありません", path+"/new")
	form := url.Values{"url": {"http://192.168.0.1/"}, "events": {"gate.silent"}, "enabled": {"yes"}}
	admin.post(path, form).has(t, http.StatusUnprocessableEntity, `id="url-error"`, "http://192.168.0.1/")
	form.Set("url", "https://hooks.example/in?token=t0ken")
	form.Set("site", "colabo")
	form.Del("events")
	admin.post(path, form).has(t, http.StatusUnprocessableEntity, `id="events-error"`)
	form["events"] = []string{"gate.silent", "booking.created"}
	made := admin.post(path, form).has(t, http.StatusOK, "whsec_", "今だけ表示", "hooks.example", h.Admin.Name)
	rows, err := h.store.Webhooks(t.Context())
	if err != nil || len(rows) != 1 || rows[0].Site == nil || *rows[0].Site != "colabo" || len(rows[0].Events) != 2 {
		t.Fatalf("stored %+v (%v)", rows, err)
	}
	one := path + "/" + rows[0].ID.String()
	admin.get(path).has(t, http.StatusOK, "hooks.example", "コラボ", "オン", one).lacks(t, "t0ken")
	admin.get(one).has(t, http.StatusOK, "まだ送信はありません").lacks(t, "whsec_")
	secret := between(t, made.body, "シークレット: ", "</strong>")
	admin.post(one+"/rotate", nil).has(t, http.StatusOK, "whsec_").lacks(t, secret)

	sent := admin.post(one+"/test", nil).has(t, http.StatusOK, "数秒以内", "webhook.test", "次回の送信", "再送する")
	again := between(t, sent.body, `action="`+one+"/deliveries/", `"`)
	admin.post(one+"/deliveries/"+again, nil).has(t, http.StatusOK, "数秒以内")
	admin.post(one+"/deliveries/nothing", nil).has(t, http.StatusNotFound)

	form.Del("enabled")
	form.Set("version", "1")
	admin.post(one, form).has(t, http.StatusPreconditionFailed) // the secret was made anew since
	form.Del("version")
	form.Set("site", "")
	admin.post(one, form).has(t, http.StatusOK, "保存しました", "オフ", "オフのため送信していません")

	admin.lang = "en"
	admin.post("/language", url.Values{"lang": {"en"}, "next": {one}}).has(t, http.StatusOK, "Deliveries of the last 30 days", "Not sent, since it was off")
	h.as(t, h.Desk).get(path).has(t, http.StatusNotFound)
	h.as(t, h.Desk).post(one+"/rotate", nil).has(t, http.StatusNotFound)
	admin.post(one+"/delete", nil).has(t, http.StatusOK, "Deleted", "No webhooks yet")
	if !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("secret %q", secret)
	}
}
