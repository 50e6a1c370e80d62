package entry

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAnIssuerSignsNothingTheFormatForbids(t *testing.T) {
	t.Parallel()
	issuer, device := vectorIssuer(t), compressed(t, &vectorDevice(t).PublicKey)
	for name, change := range map[string]func(*Body){
		"no pass":                  func(b *Body) { b.Pass = 0 },
		"no subject":               func(b *Body) { b.Subject = 0 },
		"unknown flag":             func(b *Body) { b.Flags = 64 },
		"no lifetime":              func(b *Body) { b.Lifetime = 0 },
		"lifetime below a second":  func(b *Body) { b.Lifetime = time.Millisecond },
		"lifetime of a half":       func(b *Body) { b.Lifetime += time.Second / 2 },
		"lifetime too long":        func(b *Body) { b.Lifetime = 1 << 24 * time.Second },
		"begins within a second":   func(b *Body) { b.NotBefore = b.NotBefore.Add(time.Millisecond) },
		"begins before 1970":       func(b *Body) { b.NotBefore = time.Unix(-1, 0) },
		"begins after 2106":        func(b *Body) { b.NotBefore = time.Unix(1<<32, 0) },
		"no zone":                  func(b *Body) { b.Zones = [2]ZoneID{} },
		"second zone is not above": func(b *Body) { b.Zones = [2]ZoneID{210, 201} },
	} {
		b := staticVector()
		change(&b)
		if text, err := issuer.Static(b); err == nil {
			t.Errorf("%s: signed as %s", name, text)
		}
		if pass, err := issuer.LivePass(b, device); err == nil {
			t.Errorf("%s: signed as a live pass %x", name, pass)
		}
	}
	if _, err := NewIssuer(0, issuer.key).Static(staticVector()); err == nil {
		t.Error("an issuer without a key id signed")
	}
}

func TestTheLongestPassesAreSigned(t *testing.T) {
	t.Parallel()
	b := staticVector()
	b.NotBefore, b.Lifetime = time.Unix(1<<32-1, 0).UTC(), maxLifetime*time.Second
	text, err := vectorIssuer(t).Static(b)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := Parse(text); c.Body != b {
		t.Errorf("body = %+v, want %+v", c.Body, b)
	}
}

func TestOnlyCompressedPointsOfTheCurveAreDeviceKeys(t *testing.T) {
	t.Parallel()
	good := compressed(t, &vectorDevice(t).PublicKey)
	if _, err := ParseDeviceKey(good); err != nil {
		t.Fatal(err)
	}
	off := append([]byte{2}, []byte(strings.Repeat("\xff", 32))...)
	for name, key := range map[string][]byte{
		"nothing": nil, "short": good[:32], "long": append(good, 0), "off the curve": off,
		"uncompressed prefix": append([]byte{4}, good[1:]...), "infinity": make([]byte, 33),
	} {
		if _, err := ParseDeviceKey(key); !errors.Is(err, ErrDeviceKey) {
			t.Errorf("%s: %v, want ErrDeviceKey", name, err)
		}
		if _, err := vectorIssuer(t).LivePass(liveVector(), key); !errors.Is(err, ErrDeviceKey) {
			t.Errorf("%s: signed a live pass: %v", name, err)
		}
	}
}

func TestAnIssuerInALogLeaksNothing(t *testing.T) {
	t.Parallel()
	issuer := vectorIssuer(t)
	secret := fmt.Sprintf("%x", issuer.key.Seed())
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		got := fmt.Sprintf(format, issuer)
		if got != "issuer key 7" || strings.Contains(got, secret) {
			t.Errorf("%s prints %q", format, got)
		}
	}
}

func TestIdsAreRandomAndNeverZero(t *testing.T) {
	t.Parallel()
	seen := map[uint64]bool{}
	for range 1000 {
		for _, id := range []uint64{uint64(NewPassID()), uint64(NewSubject())} {
			if id == 0 || seen[id] {
				t.Fatalf("id %d is zero or came twice", id)
			}
			seen[id] = true
		}
	}
}

func TestIdsHaveOneSpelling(t *testing.T) {
	t.Parallel()
	if id, err := ParsePassID("00000000000000ff"); err != nil || id != 255 || id.String() != "00000000000000ff" {
		t.Errorf("id = %v, %v", id, err)
	}
	for _, text := range []string{"ff", "00000000000000FF", "0x000000000000ff", "+0000000000000ff", "00000000000000fg", "000000000000000ff"} {
		if id, err := ParseSubject(text); err == nil {
			t.Errorf("%q was read as %v", text, id)
		}
	}
}
