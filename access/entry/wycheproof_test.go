package entry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// hexBytes are bytes that a JSON file writes in hex.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// suite is a file of Project Wycheproof.
type suite struct {
	NumberOfTests int `json:"numberOfTests"`
	TestGroups    []struct {
		PublicKey struct {
			PK           hexBytes `json:"pk"`           // Ed25519
			Uncompressed hexBytes `json:"uncompressed"` // P-256
		} `json:"publicKey"`
		Tests []struct {
			ID      int      `json:"tcId"`
			Comment string   `json:"comment"`
			Msg     hexBytes `json:"msg"`
			Sig     hexBytes `json:"sig"`
			Result  string   `json:"result"`
		} `json:"tests"`
	} `json:"testGroups"`
}

// run asks verify about every case of the file. A case is valid or invalid;
// these two files leave nothing to taste ("acceptable").
func (s suite) run(t *testing.T, verify func(group int, msg, sig []byte) bool) {
	t.Helper()
	ran := 0
	for i, g := range s.TestGroups {
		for _, tt := range g.Tests {
			ran++
			if tt.Result != "valid" && tt.Result != "invalid" {
				t.Fatalf("case %d: result %q", tt.ID, tt.Result)
			}
			if got, want := verify(i, tt.Msg, tt.Sig), tt.Result == "valid"; got != want {
				t.Errorf("case %d (%s): verified = %t, want %t", tt.ID, tt.Comment, got, want)
			}
		}
	}
	if ran == 0 || ran != s.NumberOfTests {
		t.Errorf("%d cases ran, the file promises %d", ran, s.NumberOfTests)
	}
}

func readSuite(t *testing.T, name string) suite {
	t.Helper()
	raw, err := os.ReadFile("testdata/wycheproof/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var s suite
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", name, err))
	}
	return s
}

// Ed25519 of the standard library passes all of them: it refuses an S that is
// not below the group order (no second signature can be made from a valid one),
// encodings of R that are not canonical (it compares bytes), and every other
// length. It verifies without the cofactor and accepts public keys of small
// order, which is why keys come from signed state only and never from a code.
func TestWycheproofEd25519(t *testing.T) {
	t.Parallel()
	s := readSuite(t, "ed25519_test.json")
	s.run(t, func(group int, msg, sig []byte) bool {
		return verifyEd25519([]byte(s.TestGroups[group].PublicKey.PK), msg, sig)
	})
}

// ECDSA as WebCrypto writes it: r and s of 32 bytes each, 1 <= r, s < n, and
// nothing else. Both s and n-s verify, which the suite calls valid as the
// standard does; see verifyP1363 for why that gains nobody anything.
func TestWycheproofECDSAP256InTheFormOfWebCrypto(t *testing.T) {
	t.Parallel()
	s := readSuite(t, "ecdsa_secp256r1_sha256_p1363_test.json")
	s.run(t, func(group int, msg, sig []byte) bool {
		point := s.TestGroups[group].PublicKey.Uncompressed
		key, err := ParseDeviceKey(append([]byte{2 + point[64]&1}, point[1:33]...))
		if err != nil {
			t.Fatalf("group %d: %v", group, err)
		}
		digest := sha256.Sum256(msg)
		return verifyP1363(key, digest[:], sig)
	})
}
