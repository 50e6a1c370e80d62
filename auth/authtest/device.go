// Package authtest is a device that holds passkeys, for tests: it answers as a
// browser would, with real keys and signatures.
package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// Flags of an authenticator's data.
const (
	present  = 0x01
	verified = 0x04
	attested = 0x40
)

// Device holds passkeys and makes those it is asked for. What stands in it can be
// changed to have it answer wrongly.
type Device struct {
	Origin     string // of the page that asks
	Count      uint32 // of its signatures so far
	Unverified bool   // it has not seen its owner
	keys       []held
}

type held struct {
	id, owner []byte
	rp        string
	key       *ecdsa.PrivateKey
}

// New returns an empty device whose browser shows a page of origin.
func New(origin string) *Device { return &Device{Origin: origin} }

// Twin returns a copy of the device with the same keys and the same count.
func (d *Device) Twin() *Device {
	twin := *d
	return &twin
}

// Create makes a passkey as options ask and returns the browser's answer.
func (d *Device) Create(t testing.TB, options map[string]any) map[string]any {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 20)
	_, _ = rand.Read(id)
	user, _ := options["user"].(map[string]any)
	rp, _ := options["rp"].(map[string]any)
	h := held{id, decode(t, user["id"]), rp["id"].(string), key}
	d.keys = append(d.keys, h)
	data := d.data(h.rp, attested)
	data = append(data, make([]byte, 16)...) // no model is told
	data = binary.BigEndian.AppendUint16(data, uint16(len(id)))
	data = append(append(data, id...), cosePublicKey(t, key)...)
	object := []byte{0xa3} // a map: fmt, attStmt, authData
	object = append(append(object, cborText("fmt")...), cborText("none")...)
	object = append(append(object, cborText("attStmt")...), 0xa0)
	object = append(append(object, cborText("authData")...), cborBytes(data)...)
	return answer(id, map[string]any{
		"clientDataJSON": encode(d.client(t, "webauthn.create", options)), "attestationObject": encode(object), "transports": []any{"internal"},
	})
}

// Get answers a question with the newest passkey for its host.
func (d *Device) Get(t testing.TB, options map[string]any) map[string]any {
	t.Helper()
	rp, _ := options["rpId"].(string)
	var h *held
	for i := range d.keys {
		if d.keys[i].rp == rp {
			h = &d.keys[i]
		}
	}
	if h == nil {
		t.Fatalf("no passkey for %q", rp)
	}
	d.Count++
	data, client := d.data(rp, 0), d.client(t, "webauthn.get", options)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, h.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return answer(h.id, map[string]any{
		"clientDataJSON": encode(client), "authenticatorData": encode(data), "signature": encode(signature), "userHandle": encode(h.owner),
	})
}

// JSON is an answer as it goes over the wire.
func JSON(t testing.TB, answer map[string]any) []byte {
	t.Helper()
	raw, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func answer(id []byte, response map[string]any) map[string]any {
	return map[string]any{
		"id": encode(id), "rawId": encode(id), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response,
	}
}

func (d *Device) data(rp string, more byte) []byte {
	hash := sha256.Sum256([]byte(rp))
	flags := present | more
	if !d.Unverified {
		flags |= verified
	}
	return binary.BigEndian.AppendUint32(append(hash[:], flags), d.Count)
}

func (d *Device) client(t testing.TB, what string, options map[string]any) []byte {
	t.Helper()
	return JSON(t, map[string]any{"type": what, "challenge": options["challenge"], "origin": d.Origin, "crossOrigin": false})
}

// cosePublicKey writes a P-256 key as devices do (RFC 9053, 7.1.1).
func cosePublicKey(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	point, err := key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	out := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}
	out = append(append(out, cborBytes(point[1:33])...), 0x22)
	return append(out, cborBytes(point[33:])...)
}

func cborText(s string) []byte { return append([]byte{0x60 | byte(len(s))}, s...) }

func cborBytes(b []byte) []byte {
	head := []byte{0x58, byte(len(b))}
	if len(b) > 255 {
		head = binary.BigEndian.AppendUint16([]byte{0x59}, uint16(len(b)))
	}
	return append(head, b...)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(t testing.TB, v any) []byte {
	t.Helper()
	s, _ := v.(string)
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
