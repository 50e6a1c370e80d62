package entry

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite testdata/codes.json")

// namedCode is one line of testdata/codes.json: a text for the cases of
// testdata/decide.json, so that those need no private key to run.
type namedCode struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Text  string `json:"text"`
}

// mint makes the codes of the vector file. It signs what no issuer would, too.
type mint struct {
	t      testing.TB
	issuer Issuer
	phone  *ecdsa.PrivateKey
	codes  []namedCode
}

// printed adds a static code: the K1 vector, changed.
func (m *mint) printed(name, about string, change func(*Body)) {
	b := staticVector()
	b.Pass = passNamed(name)
	change(&b)
	signed := b.append(nil)
	m.codes = append(m.codes, namedCode{name, about, staticPrefix + Base32(append(signed, m.issuer.sign(signed)...))})
}

// shown adds a live code made steps after the vectors' time: the K2 vector, changed.
func (m *mint) shown(name, about string, steps int, change func(*Body)) {
	m.t.Helper()
	b := liveVector()
	b.Pass, b.Flags = passNamed(name), 0
	change(&b)
	signed := append(b.append(nil), compressed(m.t, &m.phone.PublicKey)...)
	m.complete(name, about, append(signed, m.issuer.sign(signed)...), m.phone, steps)
}

func (m *mint) complete(name, about string, pass []byte, phone *ecdsa.PrivateKey, steps int) {
	m.t.Helper()
	text, err := CompleteLive(pass, phone, vectorNow.Add(time.Duration(steps)*StepLength))
	if err != nil {
		m.t.Fatal(err)
	}
	m.codes = append(m.codes, namedCode{name, about, text})
}

// passNamed gives each code of the file a pass id of its own that never changes,
// of a pass that needs no booking.
func passNamed(name string) PassID {
	sum := sha256.Sum256([]byte(name))
	return PassID(uint64(sum[0]&0x7f)<<56 | uint64(sum[1])<<48 | uint64(sum[2])<<40 | uint64(sum[3])<<32 | 1)
}

// otherKeys returns an issuer and a phone that the vectors' site does not know.
func otherKeys(t testing.TB) (Issuer, *ecdsa.PrivateKey) {
	t.Helper()
	seed := sha256.Sum256([]byte("another issuer"))
	scalar := sha256.Sum256([]byte("another phone"))
	phone, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	if err != nil {
		t.Fatal(err)
	}
	return NewIssuer(7, ed25519.NewKeyFromSeed(seed[:])), phone
}

// allCodes makes every code that testdata/decide.json speaks of.
func allCodes(t testing.TB) []namedCode {
	t.Helper()
	m := &mint{t: t, issuer: vectorIssuer(t), phone: vectorDevice(t), codes: []namedCode{
		{"K1", "the static vector of the specification: company 42, zone 201", vectorK1},
		{"K2", "the live vector of the specification: company 42, zones 201 and 210, live-required", vectorK2},
	}}
	m.keyCodes()
	m.brokenCodes()
	m.liveCodes()
	m.holderCodes()
	return m.codes
}

func (m *mint) keyCodes() {
	m.printed("type-live-in-K1", "prefix K1, type byte 0x12", func(b *Body) { b.Type = Live })
	m.printed("version-2", "prefix K1, type byte 0x21", func(b *Body) { b.Type = 0x21 })
	m.shown("type-static-in-K2", "prefix K2, type byte 0x11", 0, func(b *Body) { b.Type = Static })
	m.printed("kid-0", "issuer key 0", func(b *Body) { b.Key = 0 })
	m.printed("kid-99", "issuer key 99, which no state has", func(b *Body) { b.Key = 99 })
	m.printed("kid-8", "issuer key 8, revoked", func(b *Body) { b.Key = 8 })
	m.printed("kid-9", "issuer key 9, over since an hour", func(b *Body) { b.Key = 9 })
	m.printed("kid-10", "issuer key 10, in force in an hour", func(b *Body) { b.Key = 10 })
	m.printed("kid-11", "issuer key 11, in force from 20 s after now to 60 s after", func(b *Body) { b.Key = 11 })
	foreign, _ := otherKeys(m.t)
	ours := m.issuer
	m.issuer = foreign
	m.printed("foreign", "signed by a key that is not ours, which calls itself 7", func(*Body) {})
	m.issuer = ours
}

func (m *mint) brokenCodes() {
	m.printed("no-pass", "signed: pass id 0", func(b *Body) { b.Pass = 0 })
	m.printed("no-subject", "signed: subject 0", func(b *Body) { b.Subject = 0 })
	m.printed("flag-32", "signed: a flag that the format does not have", func(b *Body) { b.Flags = 32 })
	m.printed("no-lifetime", "signed: lifetime 0", func(b *Body) { b.Lifetime = 0 })
	m.printed("no-zone", "signed: zone A 0", func(b *Body) { b.Zones = [2]ZoneID{0, 201} })
	m.printed("zones-equal", "signed: zone B = zone A", func(b *Body) { b.Zones = [2]ZoneID{201, 201} })
	m.printed("zones-descending", "signed: zone B < zone A", func(b *Body) { b.Zones = [2]ZoneID{210, 201} })
	body := liveVector()
	body.Pass = passNamed("no-point")
	signed := append(body.append(nil), append([]byte{2}, bytes.Repeat([]byte{0xFF}, 32)...)...)
	m.complete("no-point", "signed: the device key is not a point of the curve", append(signed, m.issuer.sign(signed)...), m.phone, 0)
}

func (m *mint) liveCodes() {
	for steps, name := range map[int]string{-8: "live-8", -7: "live-7", -6: "live-6", -5: "live-5", -4: "live-4", -3: "live-3", -2: "live-2", -1: "live-1", 0: "live"} {
		m.live(name, steps)
	}
	for steps, name := range map[int]string{1: "live+1", 2: "live+2", 5: "live+5", 6: "live+6"} {
		m.live(name, steps)
	}
	m.shown("live-lounge", "live, zone 202", 0, func(b *Body) { b.Zones = [2]ZoneID{202} })
	_, thief := otherKeys(m.t)
	body := liveVector()
	body.Pass = passNamed("other-phone")
	signed := append(body.append(nil), compressed(m.t, &m.phone.PublicKey)...)
	m.complete("other-phone", "live, signed by a phone that is not the pass's", append(signed, m.issuer.sign(signed)...), thief, 0)
}

// live adds the live code of one pass in another step.
func (m *mint) live(name string, steps int) {
	m.shown(name, "live, zones 201 and 210, step relative to now as the name says", steps, func(b *Body) { b.Pass = passNamed("live") })
}

func (m *mint) holderCodes() {
	zones := func(a, b ZoneID) func(*Body) { return func(body *Body) { body.Zones = [2]ZoneID{a, b} } }
	m.printed("print-live-required", "static, flag live-required", func(b *Body) { b.Flags = LiveRequired })
	m.printed("other-site", "static, zone 301 of another site", zones(301, 0))
	m.printed("other-site-too", "static, zones 201 here and 301 of another site", zones(201, 301))
	m.printed("other-site-first", "static, zones 150 of another site and 201 here", zones(150, 201))
	m.printed("lounge", "static, zone 202 in 201", zones(202, 0))
	m.printed("office", "static, company 42, zone 210 in 201", zones(210, 0))
	m.printed("store", "static, company 42, zone 211 in 210", zones(211, 0))
	m.printed("print-room", "static, zone 230 in 201, which asks for live codes", zones(230, 0))
	m.printed("timed", "static, zone 240 in 201, timed anti-passback", zones(240, 0))
	m.printed("identity", "static, zone 201, an identity pass", func(b *Body) { b.Company = 0 })
	m.printed("identity-new", "static, zone 201, an identity pass by its id", func(b *Body) { b.Company, b.Pass = 0, b.Pass|1<<63 })
	m.printed("rival", "static, company 43, zone 210, which is company 42's", func(b *Body) { b.Company, b.Zones = 43, [2]ZoneID{210} })
	m.printed("nobody", "static, no company, zone 210", func(b *Body) { b.Company, b.Zones = 0, [2]ZoneID{210} })
	m.printed("staff", "static, no company, staff, zone 210", func(b *Body) { b.Company, b.Flags, b.Zones = 0, Staff, [2]ZoneID{210} })
	guest := func(flags Flags, zone ZoneID) func(*Body) {
		return func(b *Body) {
			b.Subject, b.Company, b.Flags, b.Zones = 0x6161616161616161, 0, Guest|flags, [2]ZoneID{zone}
		}
	}
	m.printed("guest", "static, a guest, zone 201", guest(0, 201))
	m.printed("guest-office", "static, a guest, zone 210", guest(0, 210))
	m.printed("guest-once", "static, a guest, one entry, zone 210", guest(OneEntry, 210))
	m.printed("guest-hosted", "static, a guest, host required, zone 201", guest(HostRequired, 201))
	m.printed("hosted-no-guest", "static, host required though no guest, zone 201", func(b *Body) { b.Flags = HostRequired })
}

func TestCodesOfTheVectorFileAreReproducible(t *testing.T) {
	t.Parallel()
	const file = "testdata/codes.json"
	codes := allCodes(t)
	slices.SortFunc(codes[2:], func(a, b namedCode) int { return strings.Compare(a.Name, b.Name) })
	want, err := json.MarshalIndent(codes, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what the keys of the specification make; run with -update and look at the difference", file)
	}
}
