package access

import (
	"bufio"
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// MasterKey wraps the private keys that stand in the database, so that a copy of
// the database alone can sign nothing. It is one or several secrets: the first
// wraps, the others only unwrap what was wrapped before they were replaced.
type MasterKey struct {
	secrets [][]byte
}

// masterKeySize is the length of one secret.
const masterKeySize = 32

var errSecretFile = errors.New("the secret file must hold one key of 64 hex digits a line, the one in use first")

// ReadMasterKey reads the secret file at path. Where there is none it makes one,
// readable by nobody but its owner; of two servers that start together on one
// folder, one makes it and both read the same.
func ReadMasterKey(path string) (MasterKey, error) {
	raw, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, os.ErrNotExist) {
		if err := makeSecretFile(path); err != nil {
			return MasterKey{}, fmt.Errorf("make the secret file: %w", err)
		}
		raw, err = os.ReadFile(filepath.Clean(path))
	}
	if err != nil {
		return MasterKey{}, err
	}
	return parseMasterKey(raw)
}

// NewMasterKey returns a key that is kept nowhere, for tests and for a demo whose
// data is thrown away.
func NewMasterKey() MasterKey { return MasterKey{[][]byte{randomSecret()}} }

func randomSecret() []byte {
	secret := make([]byte, masterKeySize)
	_, _ = rand.Read(secret) // never fails (crypto/rand)
	return secret
}

func parseMasterKey(raw []byte) (MasterKey, error) {
	var m MasterKey
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		secret, err := hex.DecodeString(line)
		if err != nil || len(secret) != masterKeySize {
			return MasterKey{}, errSecretFile // without the cause: it would quote the file
		}
		m.secrets = append(m.secrets, secret)
	}
	if len(m.secrets) == 0 {
		return MasterKey{}, errSecretFile
	}
	return m, nil
}

// makeSecretFile writes the file whole or not at all, and never over another.
func makeSecretFile(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(hex.EncodeToString(randomSecret()) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// String says nothing of the secrets.
func (MasterKey) String() string { return "master key" }

// GoString is String, for %#v.
func (m MasterKey) GoString() string { return m.String() }

// A wrapped key is "x1.ID.DATA": the form, which secret wrapped it, and nonce and
// XChaCha20-Poly1305 ciphertext in base64url.
const wrapForm = "x1"

var errWrapped = errors.New("a signing key in the database was wrapped by another master key: give the secret file it was made with (docs/operations.md says what to do when it is lost)")

// Wrap returns private wrapped for the place called name, where alone it can be
// unwrapped: rows of the database cannot be exchanged.
func (m MasterKey) Wrap(name string, private []byte) string {
	secret := m.secrets[0]
	aead, _ := chacha20poly1305.NewX(derive(secret, "wrap")) // fails only for keys of another length
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce)
	sealed := aead.Seal(nonce, nonce, private, []byte(name))
	return strings.Join([]string{wrapForm, secretID(secret), base64.RawURLEncoding.EncodeToString(sealed)}, ".")
}

// Unwrap returns what Wrap was given, and whether it was wrapped by a secret that
// is no longer in use.
func (m MasterKey) Unwrap(name, wrapped string) (private []byte, old bool, err error) {
	parts := strings.Split(wrapped, ".")
	if len(parts) != 3 || parts[0] != wrapForm {
		return nil, false, errWrapped
	}
	sealed, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, false, errWrapped
	}
	for i, secret := range m.secrets {
		if secretID(secret) != parts[1] {
			continue
		}
		aead, _ := chacha20poly1305.NewX(derive(secret, "wrap"))
		nonce, box := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
		private, err = aead.Open(nil, nonce, box, []byte(name))
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", name, errWrapped)
		}
		return private, i > 0, nil
	}
	return nil, false, errWrapped
}

// secretID names a secret without telling anything of it.
func secretID(secret []byte) string { return hex.EncodeToString(derive(secret, "id")[:4]) }

// derive makes of a secret a key for one use.
func derive(secret []byte, use string) []byte {
	key, _ := hkdf.Key(sha256.New, secret, nil, "kyoten-master-v1 "+use, masterKeySize) // fails only for absurd lengths
	return key
}
