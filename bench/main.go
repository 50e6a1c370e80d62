// Bench measures the built program from outside, on both databases, beside the
// limits of the machine it runs on, and prints a Markdown table. scripts/bench
// builds what it needs; docs/performance.md says how to read it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings are how much is measured.
type settings struct {
	binary, folder string
	only           string
	steps          string // parts of the names of what is measured, with commas between them

	each     time.Duration // how long each load lasts
	starts   int           // how often the program is started for the start-up time
	members  int           // who reserves, mostEach times at the most
	codes    int           // entry codes that take turns at the gate, each of a member
	soak     int           // scans at the agent of a door
	kept     int           // events that an agent has kept while it was alone
	bookings []int         // how many are stored when availability is measured
	asks     int           // how often availability is asked
	past     float64       // which part of a long past reports are measured over
	reuse    bool          // the past that an earlier run stored in the same place
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s := settings{each: 10 * time.Second, starts: 7, members: 7000, codes: 12_000, soak: 10_000, kept: 100_000, bookings: []int{10_000, 100_000, 1_000_000}, asks: 300}
	quick := flag.Bool("quick", false, "measure less, in some four minutes")
	flag.IntVar(&s.kept, "kept", s.kept, "how many events a door has kept while it was alone")
	flag.StringVar(&s.binary, "binary", "", "the built program")
	flag.StringVar(&s.folder, "folder", os.TempDir(), "where databases and logs go")
	flag.StringVar(&s.only, "only", "", "measure one database: sqlite or postgres")
	flag.StringVar(&s.steps, "steps", "", "measure only what has one of these in its name (a,b), after what it needs")
	flag.Float64Var(&s.past, "history", 1, "part of the long past that reports are measured over: 1 is a year of 50 sites, or five years of 3 on SQLite; 0 leaves them out")
	flag.BoolVar(&s.reuse, "stored", false, "measure over the long past that an earlier run stored in the same folder and server")
	each := flag.Duration("each", 0, "how long each load lasts, 0 for 10s, or for 1s if quick")
	flag.Parse()
	if *quick {
		s.each, s.starts, s.members, s.codes, s.bookings, s.asks = time.Second, 3, 3000, 3000, []int{10_000, 100_000}, 50
		s.soak, s.kept, s.past = 2000, 5000, min(s.past, 0.01)
	}
	if *each > 0 {
		s.each = *each
	}
	if s.binary == "" {
		return errors.New("--binary is missing; use scripts/bench")
	}

	var columns []*column
	for _, kind := range []string{"sqlite", "postgres"} {
		if s.only != "" && s.only != kind {
			continue
		}
		c, err := measure(ctx, s, kind)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		columns = append(columns, c)
	}
	return report(os.Stdout, s, columns)
}

// sampleRows is what every measurement through the program needs.
const sampleRows = "sample rows"

// measure does everything there is to measure on one database.
func measure(ctx context.Context, s settings, kind string) (*column, error) {
	c := &column{name: kind, cells: map[string]string{}, values: map[string]float64{}}
	db, err := openDatabase(ctx, s, kind)
	if err != nil {
		return nil, err
	}
	b := &bench{settings: s, db: db, column: c, began: time.Now()}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"the limits of the machine", b.limits},
		{"start-up and idle memory", b.startUp},
		{sampleRows, b.prepare},
		{"reservations", b.reservations},
		{"gate checks", b.gateChecks},
		{"the entrance: checks at a steady rate", b.steadyChecks},
		{"the entrance: scans at a door", b.scansAtADoor},
		{"the entrance: what a door kept", b.drain},
		{"availability", b.availability},
		{"reports over a long past", b.history},
	} {
		named := func(part string) bool { return strings.Contains(step.what, part) }
		if !slices.ContainsFunc(strings.Split(s.steps, ","), named) && step.what != sampleRows {
			continue
		}
		began := time.Now()
		progress("%s: %s", kind, step.what)
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
		progress("%s: %s took %s", kind, step.what, time.Since(began).Round(time.Second))
	}
	return c, nil
}

// bench is one run on one database.
type bench struct {
	settings
	db     *database
	column *column
	stock  *stock
	began  time.Time
	scans  int // at the gate of the measurements, so far
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
