package gate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.bug.st/serial"

	"kyoten/access/entry"
)

// scanner is a reader of codes at the door beside the kiosk page.
type scanner struct {
	name string
	open func() (io.ReadCloser, error)
	// script is set for standard input, which cannot be opened again, and whose lines
	// may name their direction: a program writes them. What a reader on a line sends is
	// a visitor's own text, and may not say that they are leaving.
	script bool
}

// newScanner makes the scanner that a setting names: none, stdin or
// serial:DEVICE[@BAUD].
func newScanner(setting string, stdin io.Reader) (*scanner, error) {
	kind, rest, _ := strings.Cut(setting, ":")
	switch {
	case setting == "" || setting == "none":
		return nil, nil
	case setting == "stdin":
		return &scanner{"stdin", func() (io.ReadCloser, error) { return io.NopCloser(stdin), nil }, true}, nil
	case kind == "serial" && rest != "":
		device, mode := rest, &serial.Mode{BaudRate: 9600}
		if at := strings.LastIndex(rest, "@"); at > 0 {
			device = rest[:at]
			if _, err := fmt.Sscanf(rest[at+1:], "%d", &mode.BaudRate); err != nil {
				return nil, fmt.Errorf("scanner %q: %q is no speed", setting, rest[at+1:])
			}
		}
		return &scanner{name: device, open: func() (io.ReadCloser, error) { return openLine(device, mode) }}, nil
	}
	return nil, fmt.Errorf("scanner %q: want none, stdin or serial:DEVICE", setting)
}

// CheckScanner says what is wrong with a setting, without opening anything.
func CheckScanner(setting string) error {
	_, err := newScanner(setting, nil)
	return err
}

const (
	longestLine = 4096                   // a code is at most 400 characters; the rest is noise on the line
	reopenAfter = 2 * time.Second        // a reader that was pulled out is looked for again
	codePause   = 500 * time.Millisecond // no reader pauses so long within a code
)

// line is a serial line on which a pause ends a code, too: some readers are set to
// send nothing behind it, and half a code, of a cable that was touched, must not
// spoil the next.
type line struct {
	serial.Port
	begun bool // a code's beginning was read
}

func openLine(device string, mode *serial.Mode) (io.ReadCloser, error) {
	port, err := serial.Open(device, mode)
	if err != nil {
		return nil, err
	}
	if err := port.SetReadTimeout(codePause); err != nil {
		_ = port.Close()
		return nil, err
	}
	return &line{Port: port}, nil
}

// Read reads as the port does, and a line's end after a pause.
func (l *line) Read(p []byte) (int, error) {
	for {
		n, err := l.Port.Read(p)
		switch {
		case n > 0 || err != nil:
			l.begun = true
			return n, err
		case l.begun:
			l.begun = false
			return copy(p, "\n"), nil
		}
	}
}

// run reads codes, one a line, and hands each to scan until ctx ends. A reader
// that is gone is opened again for as long as it takes.
func (s *scanner) run(ctx context.Context, log *slog.Logger, report func(error), scan func(text string)) {
	if s.script {
		s.runOnce(ctx, scan)
		log.Info("the scanner's input has ended", "scanner", s.name)
		return
	}
	for ctx.Err() == nil {
		there := time.AfterFunc(2*reopenAfter, func() { report(nil) }) // nobody may scan for hours
		err := s.session(ctx, scan)
		there.Stop()
		if ctx.Err() != nil {
			return
		}
		report(err)
		select {
		case <-ctx.Done():
		case <-time.After(reopenAfter):
		}
	}
}

// runOnce reads standard input until it ends. Nothing ends a read that waits for
// somebody to type, so it is left behind when ctx ends, and what comes then is not
// scanned.
func (s *scanner) runOnce(ctx context.Context, scan func(text string)) {
	var scanning sync.Mutex
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.session(ctx, func(text string) {
			scanning.Lock()
			defer scanning.Unlock()
			if ctx.Err() == nil {
				scan(text)
			}
		})
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		scanning.Lock() // until the scan under way is done
		defer scanning.Unlock()
	}
}

// session reads until the input ends or fails.
func (s *scanner) session(ctx context.Context, scan func(text string)) error {
	input, err := s.open()
	if err != nil {
		return fmt.Errorf("open %s: %w", s.name, err)
	}
	defer context.AfterFunc(ctx, func() { _ = input.Close() })()
	defer func() { _ = input.Close() }()
	lines := bufio.NewReaderSize(input, longestLine)
	for {
		text, err := readCode(lines)
		if text != "" {
			scan(text)
		}
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%s ended", s.name)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", s.name, err)
		}
	}
}

// readCode returns the next line without its end, which is CR, LF or both, or a
// TAB. Of a line that is too long the beginning is kept: it is no code, and is
// refused as such.
func readCode(lines *bufio.Reader) (string, error) {
	var text []byte
	for {
		b, err := lines.ReadByte()
		if err != nil {
			return string(text), err
		}
		if b == '\r' || b == '\n' || b == '\t' {
			if len(text) > 0 {
				return string(text), nil
			}
			continue
		}
		if len(text) < longestLine {
			text = append(text, b)
		}
	}
}

// direct returns the code of a line, and the direction it is scanned in where the
// line may say so.
func (s *scanner) direct(line string) (text string, way entry.Direction) {
	if !s.script {
		return line, ""
	}
	return splitDirection(line)
}

// splitDirection lets a line say its direction: "exit K1..." is a scan on the
// way out, for scripts that feed standard input from two readers.
func splitDirection(line string) (text string, way entry.Direction) {
	word, rest, found := strings.Cut(strings.TrimSpace(line), " ")
	if found && (word == string(entry.Entry) || word == string(entry.Exit)) {
		return strings.TrimSpace(rest), entry.Direction(word)
	}
	return line, ""
}
