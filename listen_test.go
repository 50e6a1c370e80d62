package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestARenewedCertificateIsTakenOnceItIsWhole: until then the one before serves, and
// the log says so, once.
func TestARenewedCertificateIsTakenOnceItIsWhole(t *testing.T) {
	t.Parallel()
	folder, log := t.TempDir(), &transcript{}
	k := &keyPair{cert: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem"), log: slog.New(slog.NewTextHandler(log, nil))}
	put := func(name string, content []byte, written int64) {
		t.Helper()
		at := time.Unix(written, 0)
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	want := func(serial int64, warnings int) {
		t.Helper()
		for range 2 {
			pair, err := k.get(nil)
			if err != nil || pair.Leaf.SerialNumber.Int64() != serial {
				t.Fatalf("certificate %v (%v), want number %d", pair, err, serial)
			}
		}
		if got := strings.Count(log.String(), "stays in use"); got != warnings {
			t.Errorf("%d warnings, want %d: %s", got, warnings, log)
		}
	}
	cert, key := newPair(t, 1)
	put(k.key, key, 1)
	put(k.cert, cert, 1)
	want(1, 0)
	cert, key = newPair(t, 2)
	put(k.cert, cert, 2)
	want(1, 1)
	put(k.key, key, 2)
	want(2, 1)
	if err := os.Remove(k.cert); err != nil {
		t.Fatal(err)
	}
	want(2, 2)
}

// newPair returns a certificate and its key as files hold them.
func newPair(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := &x509.Certificate{SerialNumber: big.NewInt(serial)}
	signed, err := x509.CreateCertificate(rand.Reader, text, text, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}
