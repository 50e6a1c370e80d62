package entry

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"
)

// busySite is a site at its fullest: 60 zones, 5,000 revocations, 500 guests.
func busySite(b *testing.B) *Site {
	b.Helper()
	s := vectorSite(b).State()
	for i := range 60 {
		s.Zones = append(s.Zones, Zone{ID: ZoneID(1000 + i), Parent: 201, Capacity: 10})
	}
	for range 5000 {
		s.Revocations = append(s.Revocations, Revocation{Pass: NewPassID()})
	}
	for range 500 {
		s.Guests = append(s.Guests, GuestOf{Subject: NewSubject(), Host: NewSubject()})
	}
	return NewSite(s)
}

// busyMemory has 300 people inside and 2,000 used steps.
func busyMemory() *Memory {
	m := NewMemory()
	inside := map[Subject]Stay{}
	for i := range 300 {
		inside[NewSubject()] = Stay{Zone: ZoneID(1000 + i%60), Since: vectorNow, LastEntry: vectorNow}
	}
	m.SetPresence(inside)
	for i := range 2000 {
		m.Uses[Use{NewPassID(), uint32(i + 1), 201}] = vectorNow
	}
	return m
}

// BenchmarkDecide is a decision without any I/O, for a code that is shown for the
// first time and for one whose issuer's signature is remembered.
func BenchmarkDecide(b *testing.B) {
	for name, text := range map[string]string{"K1": vectorK1, "K2": vectorK2} {
		in := atEntrance(b, text)
		in.Site, in.Memory, in.Offline = busySite(b), busyMemory(), true
		for _, seen := range []struct {
			name     string
			verified *Verified
		}{{name, nil}, {name + " seen before", &Verified{}}} {
			in.Verified = seen.verified
			b.Run(seen.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if d := Decide(in); d.Reason != Granted {
						b.Fatal(d.Reason)
					}
				}
			})
		}
	}
}

// BenchmarkDecideFloor is the cryptography of BenchmarkDecide and nothing else:
// no decision can be faster.
func BenchmarkDecideFloor(b *testing.B) {
	_, public := vectorIssuer(b).Key()
	for name, text := range map[string]string{"K1": vectorK1, "K2": vectorK2} {
		c, _ := Parse(text)
		message := append([]byte(passDomain), c.signed...)
		key, digest := &ecdsa.PublicKey{}, []byte(nil)
		if c.Live() {
			key, _ = ParseDeviceKey(c.Device)
			digest = liveDigest(c.signed, c.Step)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ok := ed25519.Verify(public, message, c.issuerSig)
				if c.Live() {
					ok = ok && verifyP1363(key, digest, c.deviceSig)
				}
				if !ok {
					b.Fatal("the vector does not verify")
				}
			}
		})
	}
}

// BenchmarkGarbage is what a foreign code costs, and what a repeated scan does.
func BenchmarkGarbage(b *testing.B) {
	in := atEntrance(b, "https://example.com/some/menu")
	for b.Loop() {
		Decide(in)
	}
}

// BenchmarkApply records a decision in the memory of a busy gate.
func BenchmarkApply(b *testing.B) {
	site, memory := busySite(b), busyMemory()
	for i := 0; b.Loop(); i++ {
		in := Input{Text: fmt.Sprint(i), Gate: Gate{ToZone: 201}, Now: vectorNow.Add(time.Duration(i) * time.Second), Site: site}
		memory.Apply(in, Decision{
			Reason: Granted, Direction: Entry, Zone: 201, Pass: PassID(i + 1), Subject: Subject(i%300 + 1), Step: uint32(i + 1),
		})
	}
}

// BenchmarkNewSite is what a new state costs a gate, once.
func BenchmarkNewSite(b *testing.B) {
	s := busySite(b).State()
	for b.Loop() {
		NewSite(s)
	}
}
