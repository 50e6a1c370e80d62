//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"kyoten/e2e/harness"
)

// vectorK2 is the live code that docs/access.md publishes.
const vectorK2 = "K22800E8924CJ2A9H7508H44RM2MB1E6000002M43B0K9R029TG000006900001MG3P2H8W5AG839243TNQSX8VD67R3VPCNKVP3MTJ4VSQPBYYQ530S2VQK9KKP5HAX41PNRQ2QEW2TD9QG793H9KBS4VS49JAXG69JAW539P40ZSQEZGRF9G99KQP1VWDFJVB72WWNQ55PRGTZQ5JV28YRA0043J4XBGYATX7PER7X8T0ZVX1VZJDR371ZPMYTT891HVVT43KYXWXV0V9813EVTD9TBA71KNTESHMSEP7FGV2R7EQBMDNJKJ9MCC5A0YN01V1F0"

// stepLength is how long a live code is shown.
const stepLength = 15 * time.Second

// agree takes the vector apart, verifies the phone's signature in it over what the
// page's own module says is signed, and puts it together again with that module.
const agree = `(async (vector) => {
	const folder = document.querySelector('script[src$="/js/code.js"]').src.replace('code.js', '');
	const format = await import(folder + 'code-format.js');
	const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
	const bytes = [];
	let held = 0, bits = 0;
	for (const c of vector.slice(2)) {
		held = (held << 5) | alphabet.indexOf(c); bits += 5;
		if (bits >= 8) { bits -= 8; bytes.push((held >> bits) & 255); held &= (1 << bits) - 1; }
	}
	const all = Uint8Array.from(bytes), pass = all.slice(0, 136), signature = all.slice(140, 204);
	const step = new DataView(all.buffer).getUint32(136);
	const again = await format.text(pass, step, async () => signature);
	return {same: again === vector, step, foobar: format.base32(new TextEncoder().encode('foobar'))};
})`

func TestBrowserAndServerAgreeOnTheVectors(t *testing.T) {
	server, browser := harness.StartDemo(t, "sqlite"), harness.StartBrowser(t)
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Phone})
	page.SignIn("m002@kyoten.example").Open("/code").Settle()
	got := harness.Eval[struct {
		Same   bool
		Step   int
		Foobar string
	}](page, agree+`("`+vectorK2+`")`)
	if !got.Same || got.Step != 119698800 || got.Foobar != "CSQPYRK1E8" {
		t.Errorf("the browser's module gives %+v", got)
	}
}

// TestALiveCodeOpensTheDoor enrols a phone, shows its code to a gate, and looks at
// it again with the server gone.
func TestALiveCodeOpensTheDoor(t *testing.T) {
	server, browser := harness.StartDemo(t, "sqlite"), harness.StartBrowser(t)
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Phone})
	page.SignIn("m003@kyoten.example")
	page.Go(`main a[href="/book?site=colabo"]`).Settle()
	page.Click(`.seats a.seat.free`).Settle().Wait(`document.querySelector('#confirm')`)
	page.Go(`#confirm button`)
	page.Go(`a[href^="/code"]`).Settle()
	page.Click(`[data-enrol]`)
	page.Wait(`document.querySelector('[data-live] svg').dataset.text`)
	page.Inspect("live")
	first := shown(page)
	if len(first) != 329 || !strings.HasPrefix(first, "K2") {
		t.Fatalf("the page shows %q, want a live code of 329 characters", first)
	}
	if got := check(t, server.Base, first); got.Decision != "allow" || got.Reason != "granted" {
		t.Errorf("the gate says %+v, want allow", got)
	}
	page.WaitLong(`document.querySelector('[data-live] svg').dataset.text !== "`+first+`"`, 2*stepLength)
	if got := check(t, server.Base, shown(page)); got.Decision == "deny" {
		t.Errorf("the next code: %+v", got)
	}
}

// setClock lets a page see a clock that is so many milliseconds off the server's.
const setClock = `(async (off) => {
	const real = globalThis.realNow ??= Date.now.bind(Date);
	const {now} = await (await fetch('/api/v1/time')).json();
	globalThis.ahead ??= Date.parse(now) - real();
	Date.now = () => real() + globalThis.ahead + off;
	return true;
})`

// TestALiveCodeFollowsAClockThatIsSet: without the network nobody else tells the
// phone how far it is off.
func TestALiveCodeFollowsAClockThatIsSet(t *testing.T) {
	server, browser := harness.StartDemo(t, "sqlite"), harness.StartBrowser(t)
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Phone}).SignIn("m013@kyoten.example")
	if booked := harness.Eval[string](page, `(`+reserve+`)('colabo', 0)`); booked == "" {
		t.Fatal("nothing was booked")
	}
	page.Open("/code").Settle()
	awaitTrue(t, page, setClock+`(-300_000)`) // five minutes behind
	page.Click(`[data-enrol]`).Wait(`document.querySelector('[data-live] svg').dataset.text`)
	for what, off := range map[string]string{"set right": "0", "set back": "-7_200_000"} {
		before := shown(page)
		awaitTrue(t, page, setClock+`(`+off+`)`)
		page.WaitLong(`document.querySelector('[data-live] svg').dataset.text !== "`+before+`"`, 2*stepLength)
		if got := check(t, server.Base, shown(page)); got.Decision == "deny" {
			t.Errorf("with its clock %s the phone's code gets %+v", what, got)
		}
	}
}

// shown is the text of the live code on the page.
func shown(page *harness.Page) string {
	return harness.Eval[string](page, `document.querySelector('[data-live] svg').dataset.text`)
}

type answer struct{ Decision, Reason string }

// check asks the gate at Colabo's entrance.
func check(t *testing.T, base, code string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]string{"code": code})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/access/checks", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer demo-gate-colabo-entrance")
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got answer
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("check: %d, %v", res.StatusCode, err)
	}
	return got
}
