package entry

import (
	"strings"
	"testing"
)

// TestEverySingleBitFlipIsRefused turns each bit of both vectors. Whatever part
// it hits, the reason says so and nothing opens.
func TestEverySingleBitFlipIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{vectorK1, vectorK2} {
		raw, ok := ParseBase32(text[prefixSize:])
		if !ok {
			t.Fatal("the vector is not Base32")
		}
		for bit := range len(raw) * 8 {
			flipped := append([]byte(nil), raw...)
			flipped[bit/8] ^= 0x80 >> (bit % 8)
			d := Decide(atEntrance(t, text[:prefixSize]+Base32(flipped)))
			if want := reasonOfFlip(bit/8, len(raw)); d.Open || d.Reason != want {
				t.Errorf("%s bit %d: %s, open %t, want %s", text[:prefixSize], bit, d.Reason, d.Open, want)
			}
		}
	}
}

// reasonOfFlip names what a changed byte breaks first.
func reasonOfFlip(at, size int) Reason {
	switch {
	case at == 0:
		return UnsupportedVersion
	case at <= 2:
		return UnknownKey
	case size == liveSize && at >= passSize:
		return LiveBadSignature // the step, and the phone's own signature
	}
	return BadSignature
}

// TestEverySingleCharacterChangeIsRefused does the same to the text, which has
// characters outside the alphabet and bits that carry nothing.
func TestEverySingleCharacterChangeIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{vectorK1, vectorK2} {
		in := atEntrance(t, text)
		for i := range len(text) {
			for _, c := range []byte("0Z1IOULu-\x00\xff") {
				changed := text[:i] + string(c) + text[i+1:]
				if strings.ToUpper(changed) == text {
					continue
				}
				in.Text = changed
				if d := Decide(in); d.Open {
					t.Errorf("%s with %q at %d opened: %s", text[:prefixSize], c, i, d.Reason)
				}
			}
		}
	}
}

// TestACutOrLongerCodeIsRefused covers every length.
func TestACutOrLongerCodeIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{vectorK1, vectorK2} {
		in := atEntrance(t, "")
		for n := range len(text) {
			in.Text = text[:n]
			if d := Decide(in); d.Reason != BadFormat {
				t.Errorf("%s cut to %d characters: %s", text[:prefixSize], n, d.Reason)
			}
		}
		for _, more := range []string{"0", "00000", text} {
			in.Text = text + more
			if d := Decide(in); d.Reason != BadFormat {
				t.Errorf("%s longer by %d: %s", text[:prefixSize], len(more), d.Reason)
			}
		}
	}
}
