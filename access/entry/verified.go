package entry

import (
	"crypto/ed25519"
	"crypto/sha256"
	"sync"
)

// Verified remembers which issuers' signatures were found right, so that a code
// that is shown again, going out or the next morning, is not calculated anew.
// A signature that is right stays right: it changes no answer, since whether the
// key is in force, and everything else, is asked each time. The zero value is ready
// and safe for use by several goroutines; a nil one remembers nothing.
type Verified struct {
	mu     sync.Mutex
	recent map[signature]struct{}
	before map[signature]struct{} // those of the time before that were not shown again
}

// signature is the hash of a signature with the key and the text that it is of.
type signature [sha256.Size]byte

// verifiedMost bounds each half of the memory: together a megabyte and a half at the most, and
// more codes than one door sees in a day.
const verifiedMost = 16_384

// issuer reports whether key signed the code.
func (v *Verified) issuer(c Code, key ed25519.PublicKey) bool {
	if v == nil {
		return c.VerifyIssuer(key)
	}
	sig := signatureOf(c, key)
	if v.knows(sig) {
		return true
	}
	right := c.VerifyIssuer(key)
	if right {
		v.learn(sig)
	}
	return right
}

// signatureOf is unambiguous: what is right has a key and a signature of one length each.
func signatureOf(c Code, key ed25519.PublicKey) signature {
	all := make([]byte, 0, ed25519.PublicKeySize+passSize)
	return sha256.Sum256(append(append(append(all, key...), c.issuerSig...), c.signed...))
}

func (v *Verified) knows(sig signature) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, known := v.recent[sig]; known {
		return true
	}
	_, known := v.before[sig]
	if known {
		v.put(sig)
	}
	return known
}

func (v *Verified) learn(sig signature) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.put(sig)
}

// put is called with mu held.
func (v *Verified) put(sig signature) {
	if v.recent == nil || len(v.recent) >= verifiedMost {
		v.before, v.recent = v.recent, map[signature]struct{}{}
	}
	v.recent[sig] = struct{}{}
}
