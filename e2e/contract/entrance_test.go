//go:build e2e

package contract

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// debounce is how long the same text at the same gate gives the first answer
// again. A person who comes back takes longer.
const debounce = 3 * time.Second

var staticCode = regexp.MustCompile(`^K1[0-9A-HJKMNP-TV-Z]{165}$`)

// decision is the answer to a check.
var decision = map[string]string{
	"decision": text, "reason": text, "message": object, "message.ja": text, "message.en": text, "open": truth, "passage_id": maybe + text,
}

// check asks a gate's question.
func (c client) check(t *testing.T, code, direction string, headers ...string) answer {
	t.Helper()
	body := fields{"code": code}
	if direction != "" {
		body["direction"] = direction
	}
	return c.post(t, "/access/checks", body, headers...).want(t, 200).shape(t, decision)
}

// decided compares decision, reason and whether the door opens.
func (a answer) decided(t *testing.T, decision, reason string, open bool) answer {
	t.Helper()
	return a.equal(t, "decision", decision).equal(t, "reason", reason).equal(t, "open", open)
}

// arrive books a seat from the present grain on and returns its code.
func arrive(t *testing.T, me client, site string, hours int) (booking answer, code string) {
	t.Helper()
	from, to := at(0, 10, 0), at(0, 10+hours, 0)
	booking = me.book(t, from, to, me.free(t, 1, site, "seat", from, to)...)
	return booking, me.code(t, booking)
}

// code returns the text of the entry code of a booking.
func (c client) code(t *testing.T, booking answer) string {
	t.Helper()
	passes := c.get(t, "/bookings/"+booking.text(t, "id")+"/passes").items(t)
	if len(passes) == 0 {
		t.Fatalf("booking %s has no pass", booking.text(t, "id"))
	}
	return passes[0].text(t, "code")
}

// entrance: book, get the code, walk in, be seen inside, walk out.
func entrance(t *testing.T, d *demo) {
	me, staff, door := d.as(t, "m028"), d.as(t, "staff"), d.gate("colabo-entrance")
	door.get(t, "/gate").want(t, 200).shape(t, map[string]string{"id": text, "site": text, "name": text, "direction": text, "to_zone": integer}).equal(t, "site", "colabo")
	booking, code := arrive(t, me, "colabo", 2)
	id := booking.text(t, "id")
	pass := passOf(t, me, id, code)
	before := me.inside(t, "colabo")

	in := door.check(t, code, "entry").decided(t, "allow", "granted", true)
	in.shape(t, map[string]string{"passage_id": text, "holder": object, "holder.initials": text, "booking": object, "booking.space": text, "booking.ends_at": instant})
	if name := me.get(t, "/me").text(t, "name"); strings.Contains(string(in.raw), name) {
		t.Errorf("the gate was told the name %s: %s", name, in.excerpt())
	}
	if again := door.check(t, code, "entry"); again.text(t, "passage_id") != in.text(t, "passage_id") {
		t.Error("the same scan twice within 3 s is two passages")
	}
	me.get(t, "/bookings/"+id).equal(t, "status", "checked_in").equal(t, "spaces.0.status", "checked_in")
	if got := me.inside(t, "colabo"); got != before+1 {
		t.Errorf("%d inside after one entry, want %d", got, before+1)
	}
	present := d.holderAt(t, staff, me, "colabo")
	if present == nil {
		t.Fatal("staff do not see who entered")
	}
	present.shape(t, map[string]string{"holder.id": text, "holder.name": text, "holder.subject": text, "zone": integer, "since": instant, "unconfirmed": truth})

	out := door.check(t, code, "exit").decided(t, "allow", "exit_ok", true)
	if got := me.inside(t, "colabo"); got != before {
		t.Errorf("%d inside after the exit, want %d", got, before)
	}
	time.Sleep(debounce)
	door.check(t, code, "exit").decided(t, "warn", "exit_orphan", true)
	recorded(t, staff, in, out, pass)
	door.check(t, code, "entry").decided(t, "allow", "granted", true) // back from lunch
	time.Sleep(debounce)
	door.check(t, code, "").decided(t, "warn", "apb_soft", true) // entry when nothing is said
	retries(t, d)
}

// passOf checks the pass of a booking and its pictures, and returns its id.
func passOf(t *testing.T, me client, booking, code string) string {
	t.Helper()
	if !staticCode.MatchString(code) {
		t.Errorf("code %q is no K1 code of 167 characters", code)
	}
	pass := me.get(t, "/bookings/"+booking+"/passes").items(t)[0].shape(t, map[string]string{
		"id": text, "holder": maybe + object, "site": text, "zones": array, "not_before": instant, "not_after": instant,
		"code": text, "qr_png": text, "qr_svg": text,
	})
	id := pass.text(t, "id")
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(id) {
		t.Errorf("pass id %q, want 16 lower-case hex digits", id)
	}
	picture := me.get(t, "/passes/"+id+"/qr.png?size=400").want(t, 200)
	if kind := picture.header.Get("Content-Type"); kind != "image/png" {
		t.Errorf("the picture is %s", kind)
	}
	if read := readQR(t, picture.raw); read != code {
		t.Errorf("the picture says %q, the pass %q", read, code)
	}
	drawing := me.get(t, "/passes/"+id+"/qr.svg").want(t, 200)
	if err := xml.Unmarshal(drawing.raw, new(struct {
		XMLName xml.Name `xml:"svg"`
	})); err != nil || !strings.HasPrefix(drawing.header.Get("Content-Type"), "image/svg+xml") {
		t.Errorf("qr.svg is no SVG: %v", err)
	}
	for _, link := range []string{"qr_png", "qr_svg"} {
		me.get(t, below(pass.text(t, link))).want(t, 200)
	}
	me.get(t, "/passes/"+id+"/qr.png?size=100000").problem(t, 422, "out_of_range")
	me.get(t, "/passes/0000000000000000/qr.png").problem(t, 404, "not_found")
	if store := picture.header.Get("Cache-Control"); !strings.Contains(store, "no-store") && !strings.Contains(store, "private") {
		t.Errorf("Cache-Control of a personal code: %q", store)
	}
	return id
}

// below turns a link of an answer, absolute or not, into a path for the client.
func below(link string) string {
	if _, rest, absolute := strings.Cut(link, "://"); absolute {
		_, link, _ = strings.Cut(rest, "/")
		link = "/" + link
	}
	return "/" + link
}

func readQR(t *testing.T, raw []byte) string {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	// The picture is drawn, not photographed: there is nothing to search for in it.
	drawn := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, drawn)
	if err != nil {
		t.Errorf("the picture of %d bytes cannot be read: %v", len(raw), err)
		return ""
	}
	return result.GetText()
}

// inside is the head count of a site.
func (c client) inside(t *testing.T, site string) int {
	t.Helper()
	for _, item := range c.get(t, "/occupancy").items(t) {
		if item.text(t, "site") == site {
			return item.number(t, "inside")
		}
	}
	t.Fatalf("no occupancy of %s", site)
	return 0
}

// holderAt finds a member on the presence list of a site.
func (d *demo) holderAt(t *testing.T, staff, member client, site string) *answer {
	t.Helper()
	id := member.get(t, "/me").text(t, "id")
	for _, item := range staff.get(t, "/sites/"+site+"/presence").items(t) {
		if item.at("holder.id") == id {
			return &item
		}
	}
	return nil
}

// recorded finds both passages in what staff can review.
func recorded(t *testing.T, staff client, in, out answer, pass string) {
	t.Helper()
	found := map[string]answer{}
	for _, item := range staff.get(t, "/passages?site=colabo&limit=200&from="+z(opening)+"&to="+z(opening.Add(time.Hour))).items(t) {
		found[item.text(t, "id")] = item
	}
	for want, passage := range map[string]answer{"entry": in, "exit": out} {
		item, ok := found[passage.text(t, "passage_id")]
		if !ok {
			t.Errorf("the %s is not among the passages", want)
			continue
		}
		item.shape(t, map[string]string{
			"id": text, "site": text, "gate": text, "at": instant, "direction": text, "decision": text, "reason": text,
			"pass_id": text, "holder": object, "holder.id": text, "holder.name": text, "zone": integer, "offline": truth, "flags": array,
		}).equal(t, "direction", want).equal(t, "pass_id", pass).equal(t, "decision", "allow").equal(t, "site", "colabo")
	}
}

// retries: a lost answer asked for again is not a second scan.
func retries(t *testing.T, d *demo) {
	t.Helper()
	me, door := d.as(t, "m027"), d.gate("colabo-entrance")
	_, code := arrive(t, me, "colabo", 1)
	first := door.check(t, code, "entry", "Idempotency-Key: scan-1").decided(t, "allow", "granted", true)
	time.Sleep(debounce)
	again := door.check(t, code, "entry", "Idempotency-Key: scan-1")
	if string(again.raw) != string(first.raw) {
		t.Errorf("the retry got %s, the scan %s", again.excerpt(), first.excerpt())
	}
}
