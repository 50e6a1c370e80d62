package web

import (
	"net/http"
	"net/url"
	"testing"

	"kyoten/models"
)

func TestPasskeysAreOfferedWhereTheyWork(t *testing.T) {
	t.Parallel()
	h := newHouse(t) // reached by a number
	h.visitor(t).get("/sign-in").has(t, http.StatusOK, `autocomplete="username"`).lacks(t, "passkeys.js", "/sign-in/passkey")
	h.as(t, h.Ann).get("/account").has(t, http.StatusOK, "パスキー", "HTTPS").lacks(t, "passkeys.js")
	h.auth.At("https://kyoten.example")
	h.visitor(t).get("/sign-in?next=/book").has(t, http.StatusOK, `autocomplete="username webauthn"`, "passkeys.js",
		`action="/sign-in/passkey" data-passkey="get"`, "パスキーでサインイン")
	h.as(t, h.Ann).get("/account").has(t, http.StatusOK, "passkeys.js", `data-passkey="create"`, "まだ登録されていません")
}

func TestAPasskeyIsRenamedAndRemovedOnTheAccountsPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	key := models.Passkey{MemberID: h.Ann.ID, CredentialID: "AAAA", RPID: "kyoten.example", Name: "古い携帯"}
	if err := h.store.InsertPasskey(t.Context(), &key); err != nil {
		t.Fatal(err)
	}
	b, path := h.as(t, h.Ann), "/account/passkeys/"+key.ID.String()
	b.get("/account").has(t, http.StatusOK, "古い携帯", path+"/remove", "まだ使われていません", "パスキーを削除する")
	b.post(path, url.Values{"name": {" "}}).has(t, http.StatusUnprocessableEntity, "古い携帯")
	b.post(path, url.Values{"name": {"新しい携帯"}}).has(t, http.StatusOK, "名前を変更しました", "新しい携帯").lacks(t, "古い携帯")
	h.as(t, h.Bob).post(path, url.Values{"name": {"x"}}).has(t, http.StatusNotFound)
	h.as(t, h.Bob).post(path+"/remove", nil).has(t, http.StatusNotFound)
	b.post(path+"/remove", nil).has(t, http.StatusOK, "削除しました").lacks(t, "新しい携帯")
	b.post(path+"/remove", nil).has(t, http.StatusNotFound)
}

func TestAnAnswerOfNoDeviceSignsNobodyIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.auth.At("https://kyoten.example")
	b := h.visitor(t)
	b.post("/sign-in/passkey", url.Values{"credential": {"{}"}, "next": {"/book"}}).
		has(t, http.StatusUnauthorized, "パスキーでサインインできませんでした", `name="next" value="/book"`)
	h.as(t, h.Ann).post("/account/passkeys", url.Values{"name": {"携帯"}, "credential": {"nonsense"}}).
		has(t, http.StatusUnprocessableEntity, "登録できませんでした", `value="携帯"`)
}
