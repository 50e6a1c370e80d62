//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"kyoten/access/entry"
	"kyoten/e2e/harness"
	"kyoten/web/kiosk"
)

// These tests are about the page alone: a door that plays the back end shows
// what the page asks and how it takes answers that a real one rarely gives.
// kiosk_test.go has the same page before the real server.

// Real codes of the format's vectors; the door here knows them by name only.
const (
	codeK1 = "K12400E0820C20A1G7108H44RM2MB1E6000002M03B0KF0R013500000690000005H8KKRVE7GDE8NR5P3R1J0VNE2DW3ZZ114C5BTBW50TGQJ321BMRAFR42YNVQTFZ3QMJXW1TPQBNQJJQY1AAZY01MWQFPCFEZV1YR0M"
	codeK2 = "K22800E8924CJ2A9H7508H44RM2MB1E6000002M43B0K9R029TG000006900001MG3P2H8W5AG839243TNQSX8VD67R3VPCNKVP3MTJ4VSQPBYYQ530S2VQK9KKP5HAX41PNRQ2QEW2TD9QG793H9KBS4VS49JAXG69JAW539P40ZSQEZGRF9G99KQP1VWDFJVB72WWNQ55PRGTZQ5JV28YRA0043J4XBGYATX7PER7X8T0ZVX1VZJDR371ZPMYTT891HVVT43KYXWXV0V9813EVTD9TBA71KNTESHMSEP7FGV2R7EQBMDNJKJ9MCC5A0YN01V1F0"
)

const doorToken = "door-token"

// asked is one question the page put to the door.
type asked struct {
	Code      string `json:"code"`
	Direction string `json:"direction"`
	key       string
	at        time.Time
}

// door plays the server. What it answers to a code stands in answers.
type door struct {
	*httptest.Server
	failing atomic.Int32 // so many checks get a 503 first
	seats   atomic.Int64 // that were asked for
	away    atomic.Bool  // nothing is answered at all
	revoked atomic.Bool  // the token is nobody's any more

	mu      sync.Mutex
	answers map[string]string
	asked   []asked
}

func openDoor(t *testing.T) *door {
	t.Helper()
	page := kiosk.New(kiosk.Config{Backend: kiosk.Server})
	d := &door{answers: map[string]string{codeK1: allowed}}
	mux := http.NewServeMux()
	mux.Handle("/kiosk", page)
	mux.Handle("/kiosk/", page)
	mux.HandleFunc("GET /api/v1/time", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" && !d.authorized(w, r) {
			return
		}
		fmt.Fprintf(w, `{"now": %q}`, time.Now().UTC().Format(time.RFC3339))
	})
	mux.HandleFunc("GET /api/v1/gate", d.who)
	mux.HandleFunc("POST /api/v1/gates/enrol", d.enrol)
	mux.HandleFunc("GET /api/v1/sites/colabo", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"slug": "colabo", "name_ja": "Colabo(コラボ)", "name_en": "Colabo", "time_zone": "Asia/Tokyo"}`)
	})
	mux.HandleFunc("POST /api/v1/access/checks", d.check)
	mux.HandleFunc("POST /api/v1/access/walk-ins", func(w http.ResponseWriter, _ *http.Request) {
		d.seats.Add(1)
		fmt.Fprint(w, `{"decision": "allow", "reason": "granted", "message": {"ja": "どうぞお入りください。", "en": "Please come in."}}`)
	})
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.away.Load() {
			hijacked, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = hijacked.Close()
			}
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *door) authorized(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Authorization") == "Bearer "+doorToken && !d.revoked.Load() {
		return true
	}
	w.WriteHeader(http.StatusUnauthorized)
	fmt.Fprint(w, `{"code": "unauthenticated"}`)
	return false
}

func (d *door) who(w http.ResponseWriter, r *http.Request) {
	if d.authorized(w, r) {
		fmt.Fprint(w, `{"id": "g1", "site": "colabo", "name": "正面入口", "direction": "both"}`)
	}
}

func (d *door) enrol(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code string `json:"enrolment_code"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	if in.Code != "ENROL-1" {
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"code": "enrolment_code_used"}`)
		return
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"gate_id": "g1", "token": %q, "state_key": ""}`, doorToken)
}

func (d *door) check(w http.ResponseWriter, r *http.Request) {
	if !d.authorized(w, r) {
		return
	}
	var in asked
	_ = json.NewDecoder(r.Body).Decode(&in)
	in.key, in.at = r.Header.Get("Idempotency-Key"), time.Now()
	d.mu.Lock()
	d.asked = append(d.asked, in)
	answer, known := d.answers[in.Code]
	d.mu.Unlock()
	if d.failing.Add(-1) >= 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if !known {
		answer = `{"decision": "deny", "reason": "bad_format", "message": {"ja": "入館コードをもう一度かざしてください。", "en": "Please show your entry code again."}}`
	}
	fmt.Fprint(w, answer)
}

// on makes the door give an answer to a code from now on.
func (d *door) on(code, answer string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers[code] = answer
}

// questions returns what the page has asked so far.
func (d *door) questions() []asked {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked)
}

const allowed = `{"decision": "allow", "reason": "granted", "open": true, "passage_id": "p1",
	"message": {"ja": "ようこそ。どうぞお入りください。", "en": "Welcome. Please come in."},
	"holder": {"initials": "S.M."}, "booking": {"title": "作業", "space": "席 A-12", "ends_at": "2026-12-01T09:00:00Z"}}`

const warned = `{"decision": "warn", "reason": "apb_soft", "open": true, "passage_id": "p2",
	"message": {"ja": "前回の退館が記録されていません。お帰りの際もコードをかざしてください。", "en": "Your last exit was not recorded. Please show your code when you leave, too."},
	"holder": {"initials": "S.M."}}`

const denied = `{"decision": "deny", "reason": "expired", "open": false, "passage_id": "p3",
	"message": {"ja": "予約の時間が終わっています。予約をご確認ください。", "en": "The time of your booking has ended. Please check your bookings."}}`

const offered = `{"decision": "deny", "reason": "no_booking", "open": false, "passage_id": "p4",
	"message": {"ja": "この時間の予約が見つかりません。", "en": "There is no booking for this time."},
	"holder": {"initials": "S.M."}, "offer": {"space": "s9", "name": "席 B-3", "ends_at": "2026-12-01T12:00:00Z"}}`

// picture draws a code as a phone shows it.
func picture(t *testing.T, text string) image.Image {
	t.Helper()
	raw, err := entry.QRPNG(text, 400)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// kioskAt opens the page as the demo's links do.
func kioskAt(t *testing.T, d *door, look harness.Look, film string) *harness.Page {
	t.Helper()
	p := harness.StartBrowser(t, harness.Camera(film)).Page(t, d.URL, look)
	return p.Open("/kiosk#gate=" + doorToken)
}

var tablet = harness.Look{Screen: harness.Tablet}

// empty is a doorway nobody stands in.
func empty(t *testing.T) string {
	t.Helper()
	return harness.Film(t, harness.Take{Seconds: 1})
}

func waitDecision(p *harness.Page, want string) {
	p.Wait(`document.querySelector('[data-decision="` + want + `"]')`)
}

func waitIdle(p *harness.Page) {
	p.Wait(`document.querySelector('#answer').dataset.look === '' && document.querySelector('#answer').dataset.decision === ''`)
}

// betweenScans waits until the same code is a new scan.
func betweenScans() { time.Sleep(3100 * time.Millisecond) }

// scan types a code as a keyboard-type scanner does.
func scan(p *harness.Page, code string) {
	p.Do(chromedp.KeyEvent(code + "\r"))
}

func TestKioskReadsACodeFromTheCamera(t *testing.T) {
	d := openDoor(t)
	film := harness.Film(t, harness.Take{Picture: picture(t, codeK1), Seconds: 1, Scale: 0.7, Rotate: 7, Noise: 4})
	p := kioskAt(t, d, tablet, film)
	waitDecision(p, "allow")
	if body := content(p, `[data-part="body-ja"]`); body != "どうぞお入りください。" {
		t.Errorf("the sentence below the headline is %q", body)
	}
	for _, text := range []string{"ようこそ", "Welcome", "どうぞお入りください。", "Please come in.", "S.M.", "席 A-12", "18:00"} {
		p.WaitText("#answer", text)
	}
	if token := harness.Eval[string](p, `localStorage.getItem('kyoten.gate.token')`); token != doorToken {
		t.Errorf("the page keeps %q", token)
	}
	if path := harness.Eval[string](p, `location.href`); strings.Contains(path, doorToken) {
		t.Errorf("the token still stands in the address: %s", path)
	}
	waitIdle(p)
	if got := d.questions(); len(got) != 1 || got[0].Code != codeK1 || got[0].Direction != "entry" || got[0].key == "" {
		t.Errorf("asked %+v, want the code once, with a key", got)
	}
}

// TestKioskReadsAFilmAtFullRate measures and logs: how long an answer takes on a
// shared machine says nothing that a test could fail by.
func TestKioskReadsAFilmAtFullRate(t *testing.T) {
	d := openDoor(t)
	d.on(codeK2, allowed)
	film := harness.FilmAt(t, 30, harness.Take{Picture: picture(t, codeK2), Seconds: 1, Scale: 0.8, Rotate: 5, Noise: 4},
		harness.Take{Seconds: 4})
	p := kioskAt(t, d, tablet, film)
	waitDecision(p, "allow")
	speed := number(t, content(p, "#speed"))
	p.Wait(`parseInt(document.querySelector('#rate').textContent) > 0`)
	t.Logf("%v frames a second, answer %v ms after the frame", number(t, content(p, "#rate")), speed)
}

// content is the text of an element, shown or not.
func content(p *harness.Page, css string) string {
	return harness.Eval[string](p, `document.querySelector('`+css+`').textContent`)
}

func number(t *testing.T, text string) (n float64) {
	t.Helper()
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatalf("no number in %q: %v", text, err)
	}
	return n
}

func TestKioskShowsEachAnswerInItsOwnWay(t *testing.T) {
	d := openDoor(t)
	d.on("K1WARN", warned)
	d.on("K1DENY", denied)
	p := kioskAt(t, d, tablet, empty(t))
	p.WaitText("#site", "コラボ").Wait(`document.querySelector('#camera').dataset.state === 'live'`)
	p.Inspect("idle")
	for code, want := range map[string]string{codeK1: "allow", "K1WARN": "warn", "K1DENY": "deny"} {
		scan(p, code)
		waitDecision(p, want)
		p.Inspect(want)
		waitIdle(p)
	}
}

func TestKioskTakesTheNextScanWhileAnAnswerShows(t *testing.T) {
	d := openDoor(t)
	d.on("K1DENY", denied)
	p := kioskAt(t, d, tablet, empty(t))
	p.WaitText("#site", "コラボ")
	scan(p, codeK1)
	waitDecision(p, "allow")
	scan(p, codeK1) // the same at once: the same scan
	scan(p, "K1DENY")
	waitDecision(p, "deny")
	waitIdle(p)
	if got := d.questions(); len(got) != 2 {
		t.Errorf("asked %d times, want 2: %+v", len(got), got)
	}
}

func TestKioskAsksForTheDirectionChosen(t *testing.T) {
	d := openDoor(t)
	p := kioskAt(t, d, tablet, empty(t))
	p.WaitText("#site", "コラボ")
	p.Click(`input[value="exit"]`)
	scan(p, codeK1)
	waitDecision(p, "allow")
	if got := d.questions(); got[0].Direction != "exit" {
		t.Errorf("asked for %q, want exit", got[0].Direction)
	}
}

func TestKioskRepeatsAScanUnderItsKeyWhenTheAnswerIsLost(t *testing.T) {
	d := openDoor(t)
	p := kioskAt(t, d, tablet, empty(t)).Allow("503")
	p.WaitText("#site", "コラボ")
	d.failing.Store(2)
	scan(p, codeK1)
	p.WaitText("#answer", "ただいま確認できません")
	waitDecision(p, "allow")
	got := d.questions()
	if len(got) != 3 || got[0].key == "" || got[1].key != got[0].key || got[2].key != got[0].key {
		t.Errorf("asked %+v, want three times under one key", got)
	}
}

func TestKioskSaysThatNobodyAnswersAndGoesOn(t *testing.T) {
	d := openDoor(t)
	p := kioskAt(t, d, tablet, empty(t)).Allow("net::|Failed to load")
	p.WaitText("#site", "コラボ")
	p.Wait(`navigator.serviceWorker.controller`)
	d.away.Store(true)
	scan(p, codeK1)
	p.WaitText("#answer", "スタッフをお呼びください")
	p.Inspect("trouble")
	p.WaitText("#net", "接続できません")
	p.Open("/kiosk") // from what the service worker kept
	p.WaitText("#net", "接続できません").Wait(`document.querySelector('#camera').dataset.state === 'live'`)
	p.WaitText("#site", "コラボ") // as it was last known
	waitIdle(p)
	p.Inspect("offline")
	d.away.Store(false)
	p.WaitText("#net", "接続中").WaitText("#site", "コラボ")
	scan(p, codeK1)
	waitDecision(p, "allow")
}

func TestKioskReadsAgainAfterTheCameraWasBlack(t *testing.T) {
	d := openDoor(t)
	film := harness.Film(t, harness.Take{Picture: picture(t, codeK1), Seconds: 1}, harness.Take{Dark: 1, Seconds: 6})
	p := kioskAt(t, d, tablet, film)
	waitDecision(p, "allow")
	p.Wait(`document.querySelector('#camera').dataset.state === 'dark'`)
	waitIdle(p)
	p.Inspect("dark")
	waitDecision(p, "allow")
	p.Wait(`document.querySelector('#camera').dataset.state === 'live'`)
}

func TestKioskOpensItsCameraAgainWhenTheTrackEnds(t *testing.T) {
	d := openDoor(t)
	p := kioskAt(t, d, tablet, empty(t))
	p.Wait(`document.querySelector('#camera').dataset.state === 'live'`)
	harness.Eval[bool](p, `(() => { const track = document.querySelector('#picture').srcObject.getVideoTracks()[0];
		track.stop(); track.dispatchEvent(new Event('ended')); return true; })()`)
	p.Wait(`document.querySelector('#camera').dataset.state === 'busy'`)
	p.Wait(`document.querySelector('#camera').dataset.state === 'live'`)
}

// TestKioskGivesACameraUpThatShowsNothing: one that another program is just taking
// may open and never give a picture.
func TestKioskGivesACameraUpThatShowsNothing(t *testing.T) {
	d := openDoor(t)
	p := kioskAt(t, d, tablet, empty(t))
	p.Wait(`document.querySelector('#camera').dataset.state === 'live'`)
	harness.Eval[bool](p, `(() => { const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
		navigator.mediaDevices.getUserMedia = async () => { navigator.mediaDevices.getUserMedia = real; return new MediaStream([new MediaStreamTrackGenerator({ kind: 'video' })]); };
		document.querySelector('#camera-again').click(); return true; })()`)
	p.Wait(`document.querySelector('#camera').dataset.state === 'starting'`)
	p.WaitLong(`document.querySelector('#camera').dataset.state === 'busy'`, 20*time.Second)
	p.Wait(`document.querySelector('#camera').dataset.state === 'live'`)
}

// TestKioskAdjustmentsLeftOpenStopNobody: visitors touch everything.
func TestKioskAdjustmentsLeftOpenStopNobody(t *testing.T) {
	d := openDoor(t)
	film := harness.Film(t, harness.Take{Seconds: 8}, harness.Take{Picture: picture(t, codeK1), Seconds: 2, Scale: 0.7})
	p := kioskAt(t, d, tablet, film)
	p.WaitText("#site", "コラボ").Click("#open-setup").Wait(`document.querySelector('#setup').open`)
	scan(p, codeK2)
	waitDecision(p, "deny")
	if got := d.questions(); got[0].Code != codeK2 {
		t.Errorf("the scanner typed %q over the adjustments, and the door was asked about %q", codeK2, got[0].Code)
	}
	waitIdle(p)
	p.Click("#open-setup").Wait(`document.querySelector('#setup').open`)
	waitDecision(p, "allow") // what the camera read
	p.Wait(`!document.querySelector('#setup').open`)
}

func TestKioskHearsScannersUnderAnyKeyboard(t *testing.T) {
	d := openDoor(t)
	p := kioskAt(t, d, tablet, empty(t))
	p.WaitText("#site", "コラボ")
	for name, end := range map[string]string{"return": "\r", "tab": "\t"} {
		t.Run("ends with "+name, func(t *testing.T) {
			p.Do(chromedp.KeyEvent(codeK1 + end))
			waitDecision(p, "allow")
			betweenScans()
		})
	}
	t.Run("with the focus on a button", func(t *testing.T) {
		harness.Eval[bool](p, `(document.querySelector('#open-setup').focus(), true)`)
		scan(p, strings.ToLower(codeK1))
		waitDecision(p, "allow")
		betweenScans()
	})
	t.Run("with an input method on", func(t *testing.T) {
		typeThroughInputMethod(p, codeK1)
		waitDecision(p, "allow")
		betweenScans()
	})
	t.Run("full-width letters", func(t *testing.T) {
		wide := strings.Map(func(r rune) rune { return r - '!' + '！' }, codeK1)
		p.Do(send(input.InsertText, input.InsertTextParams{Text: wide}), chromedp.KeyEvent("\r"))
		waitDecision(p, "allow")
		betweenScans()
	})
	for name, typed := range map[string]string{
		"nothing behind it": codeK1, "a maker's own mark": "b" + codeK1 + "\r",
		"two marks": `]Q1\000026` + codeK1 + "\r", "half a code before it": codeK1[:100] + codeK1 + "\r",
	} {
		t.Run("with "+name, func(t *testing.T) {
			p.Do(chromedp.KeyEvent(typed))
			waitDecision(p, "allow")
			betweenScans()
		})
	}
	if n := len(d.questions()); n != 9 {
		t.Errorf("%d scans were asked about, want 9", n)
	}
	for i, q := range d.questions() {
		if q.Code != codeK1 {
			t.Errorf("scan %d was %q", i, q.Code)
		}
	}
}

func TestKioskBecomesAGateByTypingAndForgetsIt(t *testing.T) {
	d := openDoor(t)
	p := harness.StartBrowser(t, harness.Camera(empty(t))).Page(t, d.URL, tablet).Allow("401|409")
	p.Open("/kiosk").WaitText("#setup", "登録する")
	p.Inspect("setup")
	p.Fill("#token", "WRONG").Click("#join button[type=submit]")
	p.WaitText("#join-error", "使用済み")
	p.Set("#token", "").Fill("#token", "えんろーる").Click("#join button[type=submit]")
	p.WaitText("#join-error", "使えません")
	p.Set("#token", "").Fill("#token", "ＥＮＲＯＬー１").Click("#join button[type=submit]")
	p.WaitText("#site", "コラボ").WaitText("#net", "接続中")
	scan(p, codeK1)
	waitDecision(p, "allow")
	waitIdle(p)
	p.Click("#open-setup").WaitText("#setup-gate", "正面入口")
	p.Inspect("settings")
	p.Click("#forget").Click("#forget").WaitText("#setup", "登録する")
	if harness.Eval[int](p, `localStorage.length`) != 0 {
		t.Error("something of the gate is still kept")
	}
}

// TestKioskSeesThatItWasRevokedBeforeAnybodyScans: it asks for the time as the gate
// it is.
func TestKioskSeesThatItWasRevokedBeforeAnybodyScans(t *testing.T) {
	d := openDoor(t)
	p := kioskAt(t, d, tablet, empty(t)).Allow("401")
	p.WaitText("#site", "コラボ").WaitText("#net", "接続中")
	d.revoked.Store(true)
	p.WaitLong(`document.querySelector('#setup').open`, 10*time.Second)
	p.WaitText("#join-error", "取り消されました")
	p.Fill("#token", "half a co")
	d.revoked.Store(false)
	p.WaitLong(`!document.querySelector('#setup').open`, 10*time.Second)
	p.WaitText("#net", "接続中")
}

func TestKioskOffersAFreeSeat(t *testing.T) {
	d := openDoor(t)
	d.on(codeK2, offered)
	p := kioskAt(t, d, tablet, empty(t))
	p.WaitText("#site", "コラボ")
	scan(p, codeK2)
	waitDecision(p, "deny")
	p.WaitText("#answer", "席 B-3").Inspect("offer")
	harness.Eval[bool](p, `(() => { const seat = document.querySelector('#answer .offer'); seat.click(); seat.click(); return true; })()`)
	waitDecision(p, "allow")
	waitIdle(p)
	if got := d.seats.Load(); got != 1 {
		t.Errorf("two taps asked for %d seats, want 1", got)
	}
}

func TestKioskOnEveryScreen(t *testing.T) {
	d := openDoor(t)
	d.on("K1DENY", denied)
	browser := harness.StartBrowser(t, harness.Camera(harness.Film(t, harness.Take{Seconds: 1})))
	lying := harness.Screen{Name: "tablet-lying", Width: 1180, Height: 820, Touch: true}
	phoneLying := harness.Screen{Name: "phone-lying", Width: 844, Height: 390, Touch: true}
	for _, screen := range []harness.Screen{harness.Phone, phoneLying, harness.Tablet, lying, harness.Desktop} {
		t.Run(screen.Name, func(t *testing.T) {
			p := browser.Page(t, d.URL, harness.Look{Screen: screen}).Open("/kiosk#gate=" + doorToken)
			p.WaitText("#site", "コラボ").Wait(`document.querySelector('#camera').dataset.state === 'live'`)
			p.Inspect("idle")
			for code, want := range map[string]string{codeK1: "allow", "K1DENY": "deny"} {
				scan(p, code)
				waitDecision(p, want)
				p.Inspect(want)
			}
		})
	}
}

func TestKioskSaysWhyThereIsNoCamera(t *testing.T) {
	d := openDoor(t)
	browser := harness.StartBrowser(t, chromedp.Flag("use-fake-device-for-media-stream", "device-count=0"))
	p := browser.Page(t, d.URL, tablet).Open("/kiosk#gate=" + doorToken)
	p.WaitText("#blind", "カメラが見つかりません").WaitText("#ask", "コードリーダーで").WaitText("#site", "コラボ").Inspect("no-camera")
	scan(p, codeK1)
	waitDecision(p, "allow")
}

// typeThroughInputMethod sends what a browser sees when a scanner types while a
// Japanese input method is on: keys it may not read, and a composition in the
// field.
func typeThroughInputMethod(p *harness.Page, code string) {
	for i, letter := range code {
		place := "Key" + string(letter)
		if letter <= '9' {
			place = "Digit" + string(letter)
		}
		kana := strings.Repeat("か", i%20+1)
		p.Do(hidden(place), send(input.ImeSetComposition, input.ImeSetCompositionParams{Text: kana, SelectionStart: 1, SelectionEnd: 1}))
	}
	p.Do(hidden("Enter"))
}

// hidden presses a key that an input method keeps to itself.
func hidden(place string) chromedp.Action[chromedp.Void] {
	return send(input.DispatchKeyEvent, input.DispatchKeyEventParams{
		Type: "rawKeyDown", Key: "Process", Code: place, WindowsVirtualKeyCode: 229,
	})
}

// send makes an action of a command that answers nothing.
func send[P any](command cdp.Command[P, cdp.Empty], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// TestKioskTakesANewVersionOnceItIsComplete: while the network falters a page would
// come without its scripts, and nobody would come in until somebody mended it.
func TestKioskTakesANewVersionOnceItIsComplete(t *testing.T) {
	d := openDoor(t)
	was := d.Config.Handler
	var upgraded, faltering atomic.Bool
	version := regexp.MustCompile(`(data-version="|static/|const version = ")[0-9a-f]{16}`)
	d.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next := strings.Contains(r.URL.Path, "/static/0000000000000000/")
		if next && faltering.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if !upgraded.Load() || r.URL.Path != "/kiosk" && r.URL.Path != "/kiosk/sw.js" {
			was.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		r.Header.Del("If-None-Match")
		kept := httptest.NewRecorder()
		was.ServeHTTP(kept, r)
		maps.Copy(w.Header(), kept.Header())
		w.Header().Del("Content-Length")
		_, _ = w.Write(version.ReplaceAll(kept.Body.Bytes(), []byte("${1}0000000000000000")))
	})
	p := harness.StartBrowser(t, harness.Camera(empty(t))).Page(t, d.URL, tablet).Allow("502|bad-response-code|sw.js|ServiceWorker")
	sooner := `const wait = window.setTimeout; window.setTimeout = (f, ms, ...all) => wait(f, ms === 600000 || ms === 30000 ? 1000 : ms, ...all)`
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: sooner})
		return err
	}))
	p.Open("/kiosk#gate=" + doorToken).Wait(`navigator.serviceWorker.controller !== null`)
	faltering.Store(true)
	upgraded.Store(true)
	time.Sleep(5 * time.Second)
	scan(p, codeK1)
	waitDecision(p, "allow")
	faltering.Store(false)
	p.Wait(`document.documentElement.dataset.version === '0000000000000000'`)
	betweenScans()
	scan(p, codeK1)
	waitDecision(p, "allow")
}
