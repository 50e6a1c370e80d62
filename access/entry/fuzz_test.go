package entry

import (
	"strings"
	"testing"
	"time"
)

// seed gives the fuzzers something to bend: the vectors, pieces of them, and
// what a camera in a coworking space sees otherwise.
func seed(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		vectorK1, vectorK2, "K1", "K2", "", "K1" + strings.Repeat("0", 165), "K2" + strings.Repeat("Z", 327),
		"]Q1" + vectorK1 + "\r\n", `\000026` + vectorK2, "https://example.com/?q=K1", "\xff\xfe", "会議室A", strings.Repeat("K1", 300),
	} {
		f.Add(s)
	}
}

// FuzzParse: what parses has one spelling, and parsing and writing are inverse.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		c, reason := Parse(text)
		if reason != "" {
			if reason != BadFormat && reason != UnsupportedVersion {
				t.Errorf("parsing gave %s", reason)
			}
			return
		}
		if got, want := c.Text(), Normalize(text); got != want {
			t.Errorf("written again: %q, want %q", got, want)
		}
		if Normalize(c.Text()) != c.Text() {
			t.Error("the canonical text is not normal")
		}
	})
}

// FuzzBase32: no two texts mean the same bytes.
func FuzzBase32(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		if raw, ok := ParseBase32(text); ok && Base32(raw) != text {
			t.Errorf("%q means %x, which is written %q", text, raw, Base32(raw))
		}
		if raw, ok := ParseBase32(Base32([]byte(text))); !ok || string(raw) != text {
			t.Errorf("%q was written %q and read back as %q", text, Base32([]byte(text)), raw)
		}
	})
}

// FuzzDecide: nothing a scanner sends makes Decide panic, contradict itself, or
// open an entry that the vectors' issuer did not sign.
func FuzzDecide(f *testing.F) {
	for _, s := range []string{vectorK1, vectorK2, "", "K1"} {
		f.Add(s, int64(0), uint8(0), uint8(0), "")
	}
	site := vectorSite(f)
	_, public := vectorIssuer(f).Key()
	f.Fuzz(func(t *testing.T, text string, offset int64, gate, clock uint8, asked string) {
		in := Input{
			Text: text, Now: vectorNow.Add(time.Duration(offset)), Asked: Direction(asked), Site: site, Memory: NewMemory(),
			Gate:    Gate{ID: "g", ToZone: ZoneID(gate), Direction: []Direction{Entry, Exit, Both, "?"}[gate%4]},
			Clock:   []ClockState{"", Trusted, Holdover, Untrusted, "?"}[clock%5],
			Widen:   int(clock) - 100,
			Offline: clock%2 == 0,
		}
		d := Decide(in)
		if !d.Reason.Known() || d.Verdict != d.Reason.Verdict() || d.Open != d.Reason.Opens() {
			t.Fatalf("contradiction: %+v", d)
		}
		if d.Open && d.Direction == Entry {
			if c, reason := Parse(text); reason != "" || !c.VerifyIssuer(public) {
				t.Fatalf("an entry opened for %q", text)
			}
		}
		in.Memory.Apply(in, d)
		if again := Decide(in); again.Reason != d.Reason || !again.Repeat {
			t.Fatalf("the same scan again: %+v after %+v", again, d)
		}
	})
}

// FuzzOpenState: a state nobody signed is never taken, and none makes it panic.
func FuzzOpenState(f *testing.F) {
	_, public := vectorIssuer(f).Key()
	f.Add([]byte(`{"version":1,"signature":"AAAA"}`))
	f.Add([]byte(`{"handovers":[{"key":"","signature":""}],"signature":""}`))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if s, _, err := OpenState(sealed, public); err == nil {
			t.Fatalf("taken: %+v", s)
		}
	})
}

// FuzzParseEvent: what is taken can be stored and keeps its hash.
func FuzzParseEvent(f *testing.F) {
	e, err := sampleEvent(1).Chained("")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(marshal(f, e))
	f.Add([]byte(`{"event_id":"00"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, intact, err := ParseEvent(raw)
		if err != nil {
			return
		}
		if hash, err := EventHash(raw); err != nil || intact != (hash == e.Hash) {
			t.Fatalf("intact %t, hash %s, %v", intact, hash, err)
		}
	})
}
