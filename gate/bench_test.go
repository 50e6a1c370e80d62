package gate

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"kyoten/access/entry"
)

// BenchmarkScan measures from a code's text to the order for the relay, the flush
// to the disk included, and names the 95th percentile.
func BenchmarkScan(b *testing.B) {
	issuer := entry.NewIssuer(7, key(1))
	kid, public := issuer.Key()
	state := entry.State{
		Version: 1, GeneratedAt: opening, Site: "colabo", Mode: entry.Normal,
		Gate:       entry.Gate{ID: "gate-1", ToZone: entrance, Direction: entry.Entry},
		IssuerKeys: []entry.IssuerKey{{KID: kid, PublicKey: entry.Bytes(public)}}, Zones: []entry.Zone{{ID: entrance}},
	}
	journal, err := OpenJournal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = journal.Close() }()
	box := newBox()
	c := openClock(b.TempDir(), box.machine())
	if err := c.Synchronise(opening, box.mono); err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	d := &Door{
		log: log, clock: c, journal: journal, knows: &knowledge{site: entry.NewSite(state)}, relay: &countingRelay{},
		problems: newProblems(log), online: func() bool { return true }, recorded: func() {}, memory: entry.NewMemory(),
	}
	codes := make([]string, 2000)
	for i := range codes {
		text, err := issuer.Static(entry.Body{
			Pass: entry.PassID(i + 1), Subject: entry.Subject(i + 1), NotBefore: opening.Add(-time.Hour),
			Lifetime: 1000 * time.Hour, Zones: [2]entry.ZoneID{entrance},
		})
		if err != nil {
			b.Fatal(err)
		}
		codes[i] = text
	}
	took := make([]time.Duration, 0, b.N)
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		got := d.Scan(codes[i%len(codes)], entry.Entry)
		took = append(took, time.Since(began))
		if !got.Open {
			b.Fatalf("scan %d: %s", i, got.Reason)
		}
		box.run(4 * time.Second / time.Duration(len(codes))) // the same code comes back after the debounce
	}
	d.stillOpen.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100])/1e6, "ms-p95")
}

// BenchmarkDrain measures how fast a journal is read in batches as an upload
// reads it, the server left out.
func BenchmarkDrain(b *testing.B) {
	const events = 20_000
	journal, err := OpenJournal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = journal.Close() }()
	for n := range events {
		if _, err := journal.Append(sample(n)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		r, read := reader{journal: journal}, 0
		for from := (place{}); ; {
			part, err := r.batch(from, entry.MaxEvents)
			if err != nil {
				b.Fatal(err)
			}
			if len(part.events) == 0 {
				break
			}
			read += len(part.events)
			from = part.last()
		}
		if read != events {
			b.Fatalf("read %d events", read)
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkStart measures how fast a start reads the journal: memory, queue and
// the place of the next event.
func BenchmarkStart(b *testing.B) {
	const events = 20_000
	cfg := Config{Data: b.TempDir(), Log: slog.New(slog.DiscardHandler)}
	journal, err := OpenJournal(journalFolder(cfg.Data))
	if err != nil {
		b.Fatal(err)
	}
	for n := range events {
		if _, err := journal.Append(sample(n)); err != nil {
			b.Fatal(err)
		}
	}
	_ = journal.Close()
	for b.Loop() {
		c := openClock(b.TempDir(), newBox().machine())
		a := &Agent{cfg: cfg, clock: c, problems: newProblems(cfg.Log), knows: &knowledge{}, link: newLink(cfg.Data)}
		if _, err := a.recall(); err != nil {
			b.Fatal(err)
		}
		if n := a.link.queued.Load(); n != events {
			b.Fatalf("%d events wait, want %d", n, events)
		}
		a.close()
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
