package gate

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/clock"
)

// box is a machine whose clocks a test moves.
type box struct {
	wall *clock.Fake
	mono time.Duration
	boot string
	chip bool
}

func newBox() *box { return &box{wall: clock.At(opening), mono: time.Hour, boot: "boot-1"} }

func (b *box) machine() machine {
	return machine{wall: b.wall.Now, monotonic: func() time.Duration { return b.mono }, bootID: b.boot, hasChip: b.chip}
}

// run lets time pass on both clocks.
func (b *box) run(d time.Duration) {
	b.wall.Advance(d)
	b.mono += d
}

func (b *box) clock(t *testing.T, folder string) *Clock {
	t.Helper()
	return openClock(folder, b.machine())
}

func synchronise(t *testing.T, c *Clock, at time.Time, sent time.Duration) {
	t.Helper()
	if err := c.Synchronise(at, sent); err != nil {
		t.Fatal(err)
	}
}

func TestTheClockFollowsTheServerAndCarriesOn(t *testing.T) {
	t.Parallel()
	b := newBox()
	b.wall.Set(time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)) // a box without a battery
	c := b.clock(t, t.TempDir())
	if got := c.Read().State; got != entry.Untrusted {
		t.Errorf("before any synchronisation: %s", got)
	}
	sent := b.mono
	b.run(time.Second) // the answer took a second, half of it on the way back
	synchronise(t, c, opening, sent)
	if got := c.Read(); got.State != entry.Trusted || !got.Now.Equal(opening.Add(500*time.Millisecond)) {
		t.Errorf("after synchronisation: %+v", got)
	}
	b.run(23 * time.Hour)
	b.wall.Set(opening.AddDate(10, 0, 0)) // somebody sets the machine's clock: no matter
	if got := c.Read(); got.State != entry.Trusted || !got.Now.Equal(opening.Add(23*time.Hour+500*time.Millisecond)) {
		t.Errorf("a day later: %+v", got)
	}
	b.run(50 * time.Hour)
	if got := c.Read(); got.State != entry.Holdover || got.Widen != 3 {
		t.Errorf("three days later: %+v, want holdover, widened by 3", got)
	}
}

func TestARestartOfTheAgentKeepsTheTime(t *testing.T) {
	t.Parallel()
	b, folder := newBox(), t.TempDir()
	synchronise(t, b.clock(t, folder), opening.Add(time.Hour), b.mono)
	b.run(time.Minute)
	got := b.clock(t, folder).Read()
	if got.State != entry.Holdover || !got.Now.Equal(opening.Add(time.Hour+time.Minute)) {
		t.Errorf("after a restart of the agent: %+v", got)
	}
}

// TestNotesOfTheClockThatCannotBeReadKeepNoDoorShut: a disk may lose a file.
func TestNotesOfTheClockThatCannotBeReadKeepNoDoorShut(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "\x00\x00", "{", `{"True": 3}`} {
		b, folder := newBox(), t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "clock.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		c := b.clock(t, folder)
		if got := c.Read().State; got != entry.Untrusted {
			t.Errorf("with %q on the disk: %s", content, got)
		}
		synchronise(t, c, opening, b.mono)
		if got := b.clock(t, folder).Read().State; got != entry.Holdover {
			t.Errorf("with %q on the disk, after a synchronisation and a restart: %s", content, got)
		}
	}
}

func TestARestartOfTheMachineLosesTheTimeWithoutAChip(t *testing.T) {
	t.Parallel()
	b, folder := newBox(), t.TempDir()
	synchronise(t, b.clock(t, folder), opening, b.mono)
	b.boot, b.mono = "boot-2", time.Second
	c := b.clock(t, folder)
	if got := c.Read().State; got != entry.Untrusted {
		t.Errorf("without a chip: %s", got)
	}
	b.chip = true
	c = b.clock(t, folder)
	if got := c.Read().State; got != entry.Holdover {
		t.Errorf("with a chip: %s", got)
	}
	c.Raise(opening.Add(time.Hour)) // the journal knows a later time than the chip
	if got := c.Read().State; got != entry.Untrusted {
		t.Errorf("with a chip that runs behind the journal: %s", got)
	}
}

func TestASlowAnswerTellsNoTime(t *testing.T) {
	t.Parallel()
	b := newBox()
	c := b.clock(t, t.TempDir())
	sent := b.mono
	b.run(3 * time.Second)
	synchronise(t, c, opening, sent)
	if got := c.Read().State; got != entry.Untrusted {
		t.Errorf("an answer after three seconds was believed: %s", got)
	}
}

func TestThisMachineHasATimeThatOnlyRunsForward(t *testing.T) {
	t.Parallel()
	m := thisMachine()
	before := m.monotonic()
	time.Sleep(5 * time.Millisecond)
	if after := m.monotonic(); after-before < 5*time.Millisecond || m.bootID == "" {
		t.Errorf("the monotonic clock went from %s to %s; boot %q", before, after, m.bootID)
	}
}

// TestACertificateIsJudgedByTheDoorsClock: a machine without a battery begins in
// 1970, when no certificate was in force. What the journal or the state says about
// time is enough to reach the server, which then tells it.
func TestACertificateIsJudgedByTheDoorsClock(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificateOf(t, opening)}}
	server.StartTLS()
	t.Cleanup(server.Close)
	b := newBox()
	b.wall.Set(time.Unix(0, 0))
	c := b.clock(t, t.TempDir())
	ask := func() error {
		client := clientOn(c)
		trusted := x509.NewCertPool()
		trusted.AddCert(server.Certificate())
		client.Transport.(doubting).TLSClientConfig.RootCAs = trusted
		answer, err := client.Get(server.URL)
		if err == nil {
			_ = answer.Body.Close()
		}
		return err
	}
	if err := ask(); err == nil {
		t.Error("a certificate was in force in 1970")
	}
	c.Raise(opening) // the newest passage
	if err := ask(); err != nil {
		t.Errorf("with a passage: %v", err)
	}
	synchronise(t, c, opening.Add(time.Hour), b.mono)
	b.run(time.Minute)
	b.wall.Set(time.Unix(0, 0))
	if err := ask(); err != nil {
		t.Errorf("with the server's time: %v", err)
	}
	b.run(90 * 24 * time.Hour)
	for range 2 {
		if err := ask(); err == nil {
			t.Error("a certificate that has run out was taken")
		}
	}

	// The machine starts anew, with a chip that is years ahead: the server has been
	// heard of while the certificate was in force.
	folder := filepath.Dir(c.path)
	b.boot, b.mono, b.chip = "boot-2", time.Minute, true
	b.wall.Set(opening.AddDate(10, 0, 0))
	c = b.clock(t, folder)
	if first, second := ask(), ask(); first == nil || second != nil {
		t.Errorf("with a chip that is years ahead: %v, then %v", first, second)
	}
	c.Vouch(opening.AddDate(0, 1, 0)) // the server has a later certificate by now
	c.perhaps = time.Time{}
	if first, second := ask(), ask(); first == nil || second == nil {
		t.Errorf("a certificate that had run out when the server was last heard of: %v, then %v", first, second)
	}
}

// certificateOf makes a certificate that is in force for a month around an instant.
func certificateOf(t *testing.T, at time.Time) tls.Certificate {
	t.Helper()
	own := key(9)
	form := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: at.AddDate(0, 0, -15), NotAfter: at.AddDate(0, 0, 15),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, &form, &form, own.Public(), own)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: own}
}
