package entry

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Every signature names its purpose first, so that none can stand in for
// another. The zero byte ends the name.
const (
	passDomain = "kyoten-pass-v1\x00"
	liveDomain = "kyoten-live-v1\x00"
)

// ErrDeviceKey says that a phone's key is not a compressed point of P-256.
var ErrDeviceKey = errors.New("entry: the device key is not a compressed P-256 point")

// Issuer mints entry codes. Only the server holds one.
type Issuer struct {
	kid KeyID
	key ed25519.PrivateKey
}

// NewIssuer returns the issuer that signs as kid with key.
func NewIssuer(kid KeyID, key ed25519.PrivateKey) Issuer { return Issuer{kid, key} }

// Key returns the id and the public half, which gates verify with.
func (i Issuer) Key() (KeyID, ed25519.PublicKey) {
	return i.kid, i.key.Public().(ed25519.PublicKey)
}

// String names the key without showing it: an Issuer in a log line must leak nothing.
func (i Issuer) String() string { return fmt.Sprintf("issuer key %d", i.kid) }

// GoString is String, for %#v.
func (i Issuer) GoString() string { return i.String() }

// Static returns the text of the static code for b, whose Type and Key it sets.
func (i Issuer) Static(b Body) (string, error) {
	b.Type, b.Key = Static, i.kid
	if err := b.Check(); err != nil {
		return "", err
	}
	signed := b.append(make([]byte, 0, staticSize))
	return staticPrefix + Base32(append(signed, i.sign(signed)...)), nil
}

// LivePass returns B || D || S for b, whose Type and Key it sets, and the
// phone's key: what the phone keeps and completes every 15 seconds.
func (i Issuer) LivePass(b Body, device []byte) ([]byte, error) {
	b.Type, b.Key = Live, i.kid
	if err := b.Check(); err != nil {
		return nil, err
	}
	if _, err := ParseDeviceKey(device); err != nil {
		return nil, err
	}
	signed := append(b.append(make([]byte, 0, passSize)), device...)
	return append(signed, i.sign(signed)...), nil
}

func (i Issuer) sign(signed []byte) []byte {
	return ed25519.Sign(i.key, append([]byte(passDomain), signed...))
}

// VerifyIssuer reports whether key signed the code's body (and device key).
func (c Code) VerifyIssuer(key ed25519.PublicKey) bool {
	return verifyEd25519(key, append([]byte(passDomain), c.signed...), c.issuerSig)
}

// verifyEd25519 is ed25519.Verify without its panic on a key of another length.
// The standard library follows RFC 8032 strictly where it matters here: S must be
// below the group order, so a signature cannot be altered into a second valid one.
func verifyEd25519(key ed25519.PublicKey, message, sig []byte) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, sig)
}

// ParseDeviceKey reads a compressed P-256 point, as PUT /me/device sends it.
func ParseDeviceKey(compressed []byte) (*ecdsa.PublicKey, error) {
	if len(compressed) != deviceSize {
		return nil, ErrDeviceKey
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), compressed)
	if x == nil {
		return nil, ErrDeviceKey
	}
	point := make([]byte, 65)
	point[0] = 4 // uncompressed, the form that ecdsa reads
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, ErrDeviceKey
	}
	return key, nil
}

// VerifyDevice reports whether the phone named in the code made it for its step.
// The pass must be authentic already.
func (c Code) VerifyDevice() bool {
	key, err := ParseDeviceKey(c.Device)
	return err == nil && verifyP1363(key, liveDigest(c.signed, c.Step), c.deviceSig)
}

// verifyP1363 checks an ECDSA signature written as r || s, 32 bytes each, which
// is WebCrypto's form. ecdsa.Verify refuses r and s outside 1..n-1. Either of s
// and n-s verifies, as the standard has it; that gains nobody anything, because
// re-use is judged by the pass and its step, not by the text.
func verifyP1363(key *ecdsa.PublicKey, digest, sig []byte) bool {
	if len(sig) != signatureSize {
		return false
	}
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	return ecdsa.Verify(key, digest, r, s)
}

// liveDigest is the SHA-256 of what the phone signs: the pass by its hash, and the step.
func liveDigest(pass []byte, step uint32) []byte {
	hash := sha256.Sum256(pass)
	message := append([]byte(liveDomain), hash[:]...)
	digest := sha256.Sum256(binary.BigEndian.AppendUint32(message, step))
	return digest[:]
}

// CompleteLive does the phone's part in Go, for the demo, tests and the canary:
// it appends the step and the device's signature to B || D || S. The signature
// is deterministic (RFC 6979), so that vectors can be compared byte for byte.
func CompleteLive(pass []byte, device *ecdsa.PrivateKey, at time.Time) (string, error) {
	if len(pass) != passSize {
		return "", errors.New("entry: a live pass is B, D and S: 136 bytes")
	}
	step := StepAt(at)
	der, err := device.Sign(nil, liveDigest(pass[:bodySize+deviceSize], step), crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("sign the live code: %w", err)
	}
	sig, err := derToP1363(der)
	if err != nil {
		return "", err
	}
	raw := binary.BigEndian.AppendUint32(append([]byte(nil), pass...), step)
	return livePrefix + Base32(append(raw, sig...)), nil
}
