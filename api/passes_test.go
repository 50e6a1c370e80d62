package api

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"kyoten/access/entry"
	"kyoten/models/modelstest"
)

// bookSeat books Colabo's first seat from ten to twelve and returns the booking's id.
func (c caller) bookSeat(t testing.TB) string {
	t.Helper()
	hours := modelstest.Hours(10, 12)
	return c.post(t, "/bookings", fields{
		"starts_at": hours.StartsAt, "ends_at": hours.EndsAt, "spaces": []string{c.s.Seats[0].ID.String()},
	}).want(t, 201).text("id")
}

func TestACodeFromBookingToDoor(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann, bob, door := s.as(t, s.Ann), s.as(t, s.Bob), s.gate(t)
	booking := ann.bookSeat(t)
	passes := ann.get(t, "/bookings/"+booking+"/passes").want(t, 200)
	id, code := passes.text("items.0.id"), passes.text("items.0.code")
	if passes.text("items.0.holder.name") != s.Ann.Name || passes.text("items.0.booking") != booking || len(code) != 167 {
		t.Errorf("pass = %s", passes.raw)
	}
	if passes.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control of codes: %q", passes.header.Get("Cache-Control"))
	}
	picture := ann.get(t, strings.TrimPrefix(passes.text("items.0.qr_png"), prefix)+"?size=300").want(t, 200)
	if got := readQR(t, picture.raw); got != code {
		t.Errorf("the picture says %q", got)
	}
	drawing := ann.get(t, strings.TrimPrefix(passes.text("items.0.qr_svg"), prefix)).want(t, 200)
	if kind := drawing.header.Get("Content-Type"); kind != "image/svg+xml" || !bytes.HasPrefix(drawing.raw, []byte("<svg")) {
		t.Errorf("qr.svg is %s", kind)
	}
	ann.get(t, "/passes/"+id+"/qr.png?size=5000").problem(t, 422, "out_of_range")
	for _, path := range []string{"/passes/" + id + "/qr.png", "/passes/" + id + "/qr.svg", "/bookings/" + booking + "/passes"} {
		bob.get(t, path).problem(t, 404, "not_found")
		door.get(t, path).problem(t, 403, "forbidden")
	}
	ann.get(t, "/passes/0000000000000000/qr.png").problem(t, 404, "not_found")

	s.clock.Set(modelstest.At(0, 10, 0))
	in := door.post(t, "/access/checks", fields{"code": code}).want(t, 200)
	if in.text("reason") != "granted" || in.text("holder.initials") == "" || in.text("booking.space") != "席1" {
		t.Errorf("check = %s", in.raw)
	}
	ann.post(t, "/access/checks", fields{"code": code}).problem(t, 403, "forbidden")
	s.nobody().post(t, "/access/checks", fields{"code": code}).problem(t, 401, "unauthenticated")
	door.post(t, "/access/checks", fields{"code": "K1\x00\x00", "direction": "exit"}).want(t, 200).has(t, "reason", "exit_unidentified")
	ann.post(t, "/bookings/"+booking+"/cancel", nil).want(t, 200)
	if left := ann.get(t, "/bookings/"+booking+"/passes").want(t, 200); left.text("items.0.id") != "" {
		t.Errorf("a cancelled booking has passes: %s", left.raw)
	}
	ann.get(t, "/passes/"+id+"/qr.svg").problem(t, 404, "not_found")
}

func TestAPhoneOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann, door := s.as(t, s.Ann), s.gate(t)
	booking := ann.bookSeat(t)
	s.clock.Set(modelstest.At(0, 10, 0))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public := base64.RawURLEncoding.EncodeToString(elliptic.MarshalCompressed(elliptic.P256(), key.X, key.Y))
	got := ann.send(t, "PUT", "/me/device", fields{"public_key": public}).want(t, 200)
	if got.text("server_time") == "" {
		t.Errorf("no server time: %s", got.raw)
	}
	var pass string
	for _, i := range []string{"0", "1", "2"} {
		if got.text("passes."+i+".booking") == booking {
			pass = got.text("passes." + i + ".pass")
		}
	}
	signed, err := base64.RawURLEncoding.DecodeString(pass)
	if err != nil || len(signed) != 136 {
		t.Fatalf("the booking's live pass is %q (%v)", pass, err)
	}
	code, err := entry.CompleteLive(signed, key, s.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	door.post(t, "/access/checks", fields{"code": code}).want(t, 200).has(t, "reason", "granted")
	ann.send(t, "PUT", "/me/device", fields{"public_key": "AAAA"}).problem(t, 422, "invalid_device_key")
	ann.send(t, "PUT", "/me/device", fields{"public_key": "???"}).problem(t, 422, "invalid_device_key")
	mine := ann.get(t, "/me/passes").want(t, 200)
	if mine.text("items.0.code") == "" {
		t.Errorf("own passes: %s", mine.raw)
	}
}

// has ends the test when a member of the answer is another.
func (a answer) has(t testing.TB, path, want string) answer {
	t.Helper()
	if got := a.text(path); got != want {
		t.Fatalf("%s: %s = %q, want %q: %s", a.call, path, got, want, a.raw)
	}
	return a
}

func readQR(t testing.TB, raw []byte) string {
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
		t.Fatal(err)
	}
	return result.GetText()
}
