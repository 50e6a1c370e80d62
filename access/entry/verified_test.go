package entry

import (
	"slices"
	"testing"
)

func TestARightSignatureIsCalculatedOnce(t *testing.T) {
	t.Parallel()
	_, public := vectorIssuer(t).Key()
	c, _ := Parse(vectorK1)
	var v Verified
	if v.knows(signatureOf(c, public)) || !v.issuer(c, public) || !v.knows(signatureOf(c, public)) {
		t.Error("the signature was not found right and remembered")
	}
	if len(v.recent) != 1 || !v.issuer(c, public) || len(v.recent) != 1 {
		t.Errorf("%d signatures are remembered, want 1", len(v.recent))
	}
}

// TestNothingButTheVerySameIsTakenForVerified changes each byte that a signature
// depends on, of a code that is remembered.
func TestNothingButTheVerySameIsTakenForVerified(t *testing.T) {
	t.Parallel()
	_, public := vectorIssuer(t).Key()
	for _, text := range []string{vectorK1, vectorK2} {
		c, _ := Parse(text)
		var v Verified
		if !v.issuer(c, public) {
			t.Fatal("the vector does not verify")
		}
		for name, part := range map[string]*[]byte{"body": &c.signed, "signature": &c.issuerSig, "key": (*[]byte)(&public)} {
			right := *part
			for i := range right {
				*part = slices.Clone(right)
				(*part)[i] ^= 1
				if v.issuer(c, public) || v.knows(signatureOf(c, public)) {
					t.Errorf("byte %d of the %s was changed, and it counted as verified", i, name)
				}
			}
			*part = right
		}
		if len(v.recent) != 1 {
			t.Errorf("%d signatures are remembered, want the one that is right", len(v.recent))
		}
	}
}

func TestARememberedSignatureHelpsNoKeyThatWasRevoked(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, vectorK1)
	in.Verified = &Verified{}
	if got := Decide(in).Reason; got != Granted {
		t.Fatalf("the first time: %s, want granted", got)
	}
	s := in.Site.State()
	s.IssuerKeys = slices.Clone(s.IssuerKeys)
	s.IssuerKeys[0].Revoked = true
	in.Site = NewSite(s)
	if got := Decide(in).Reason; got != KeyRevoked {
		t.Errorf("after the key was revoked: %s, want key_revoked", got)
	}
}

func TestSignaturesAreRememberedUpToABoundAndThoseShownAgainTheLongest(t *testing.T) {
	t.Parallel()
	var v Verified
	number := func(i int) (s signature) {
		s[0], s[1], s[2] = byte(i), byte(i>>8), byte(i>>16)
		return s
	}
	for i := range 3 * verifiedMost {
		v.learn(number(i))
		if !v.knows(number(0)) {
			t.Fatalf("after %d others, one that is shown all the time is forgotten", i)
		}
	}
	if n := len(v.recent) + len(v.before); n > 2*verifiedMost {
		t.Errorf("%d signatures are kept, want %d at the most", n, 2*verifiedMost)
	}
	if v.knows(number(1)) {
		t.Error("one that was never shown again is still kept")
	}
}
