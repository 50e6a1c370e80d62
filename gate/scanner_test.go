package gate

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kyoten/access/entry"
)

func TestCodesEndAsScannersEndThem(t *testing.T) {
	t.Parallel()
	lines := bufio.NewReader(strings.NewReader("K1A\rK1B\nK1C\r\nK1D\t\n\n" + strings.Repeat("x", 2*longestLine) + "\nK1E"))
	var got []string
	for {
		text, err := readCode(lines)
		if text != "" {
			got = append(got, text)
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	want := []string{"K1A", "K1B", "K1C", "K1D", strings.Repeat("x", longestLine), "K1E"}
	if !slices.Equal(got, want) {
		t.Errorf("read %.100q", got)
	}
}

func TestALineMayNameItsDirection(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		text string
		way  entry.Direction
	}{
		"K1A": {"K1A", ""}, "exit K1A": {"K1A", entry.Exit}, "entry K1A": {"K1A", entry.Entry}, "exit": {"exit", ""}, "no way": {"no way", ""},
	} {
		if text, way := splitDirection(line); text != want.text || way != want.way {
			t.Errorf("%q: %q %q", line, text, way)
		}
	}
}

func TestScannerSettings(t *testing.T) {
	t.Parallel()
	for setting, ok := range map[string]bool{
		"": true, "none": true, "stdin": true, "serial:/dev/ttyACM0": true, "serial:/dev/ttyUSB0@115200": true,
		"serial:": false, "serial:/dev/x@fast": false, "usb": false,
	} {
		if _, err := newScanner(setting, nil); (err == nil) != ok {
			t.Errorf("%q: %v, want ok %t", setting, err, ok)
		}
	}
}

// TestStandardInputIsScanned: and nobody has to close it for the agent to end.
func TestStandardInputIsScanned(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	in, out := io.Pipe()
	cfg.Scanner, cfg.Stdin = "stdin", in
	r := h.run(t, cfg)
	settled(t, r)
	if _, err := io.WriteString(out, h.code(1, 0x11)+"\r\nexit "+h.code(1, 0x11)+"\n"); err != nil {
		t.Fatal(err)
	}
	soon(t, "both scans", func() bool { return len(h.events()) == 2 })
	if got := h.events(); got[0].Reason != entry.Granted || got[1].Reason != entry.ExitOK {
		t.Errorf("%s, %s", got[0].Reason, got[1].Reason)
	}
}

// TestASerialScannerIsOpenedAgainWhenItComesBack uses a pseudo terminal for the
// line, and pulls the plug once.
func TestASerialScannerIsOpenedAgainWhenItComesBack(t *testing.T) {
	t.Parallel()
	link := t.TempDir() + "/reader"
	plug := func() *os.File {
		master, name := openPTY(t)
		_ = os.Remove(link)
		if err := os.Symlink(name, link); err != nil {
			t.Fatal(err)
		}
		return master
	}
	master := plug()
	s, err := newScanner("serial:"+link, nil)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got []string
	heard := func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(got) }
	failed := make(chan error, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go s.run(ctx, quiet(t), func(err error) { failed <- err }, func(text string) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, text)
	})
	// A line that nobody listens to yet is lost, as on a real wire: say it again.
	soon(t, "the first code", func() bool { _, _ = master.WriteString("K1A\r\n"); return slices.Contains(heard(), "K1A") })
	_ = master.Close()
	if err := <-failed; err == nil {
		t.Error("a scanner that is gone is not reported")
	}
	master = plug()
	defer func() { _ = master.Close() }()
	soon(t, "the code after it came back", func() bool { _, _ = master.WriteString("K1B\r\n"); return slices.Contains(heard(), "K1B") })
	soon(t, "the word that it is there", func() bool {
		select {
		case err := <-failed:
			return err == nil
		default:
			return false
		}
	})
}

// TestASerialScannersTextSaysNoDirection: a visitor may show any code, such as one
// that begins with the word for leaving.
func TestASerialScannersTextSaysNoDirection(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	master, name := openPTY(t)
	defer func() { _ = master.Close() }()
	cfg.Scanner = "serial:" + name
	r := h.run(t, cfg)
	settled(t, r)
	soon(t, "a code on the line", func() bool {
		_, _ = master.WriteString("exit anything\r" + h.code(1, 0x11) + "\r")
		return len(h.events()) > 0
	})
	if got := h.events()[0]; got.Reason != entry.Granted {
		t.Errorf("the first passage is %s: a text that says exit opened the door", got.Reason)
	}
}

// TestAPauseEndsACode: of a reader that sends nothing behind it, and half a code
// spoils none.
func TestAPauseEndsACode(t *testing.T) {
	t.Parallel()
	master, name := openPTY(t)
	defer func() { _ = master.Close() }()
	s, err := newScanner("serial:"+name, nil)
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go s.run(ctx, quiet(t), func(error) {}, func(text string) { heard <- text })
	soon(t, "the line to be listened to", func() bool { _, _ = master.WriteString("?\r"); return len(heard) > 0 })
	for _, sent := range []string{"K1HALF", "K1WHOLE"} {
		time.Sleep(2 * codePause)
		for len(heard) > 0 {
			<-heard
		}
		_, _ = master.WriteString(sent)
		soon(t, "what was sent without an end", func() bool { return len(heard) > 0 })
		if got := <-heard; got != sent {
			t.Errorf("read %q, want %q", got, sent)
		}
	}
}

// openPTY returns a pseudo terminal's master and the name of its other end.
func openPTY(t *testing.T) (*os.File, string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("needs pseudo terminals")
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skip("needs pseudo terminals: ", err)
	}
	return master, "/dev/pts/" + strconv.Itoa(n)
}
