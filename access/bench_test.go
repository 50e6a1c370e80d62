package access

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// crowd stores many members who may come as they like and returns their codes for
// Colabo.
func (h *house) crowd(n int) []string {
	h.t.Helper()
	h.exec("UPDATE plans SET standing_access = true")
	codes := make([]string, n)
	for i := range codes {
		m := &models.Member{Email: fmt.Sprintf("crowd%d@kyoten.example", i), Name: "Crowd Member", Role: models.RoleMember}
		h.must(h.store.InsertMember(h.t.Context(), m))
		passes, err := h.svc.MyPasses(h.t.Context(), models.Principal{Member: m})
		h.must(err)
		codes[i] = passes[slices.IndexFunc(passes, func(p Issued) bool { return p.Site == "colabo" })].Code
	}
	return codes
}

// BenchmarkCheck measures a check with its passage committed, people going in and
// out in turn, by one and by eight gates at once.
func BenchmarkCheck(b *testing.B) {
	h := newHouse(b)
	codes := h.crowd(400)
	h.at(10, 0)
	var turn atomic.Int64
	start := h.fake.Now()
	svc := New(h.store, func() time.Time { return start.Add(time.Duration(turn.Load()) * 20 * time.Millisecond) }, h.svc.keys)
	gates := []models.Principal{h.colabo}
	for range 7 {
		gates = append(gates, h.gate("colabo", nil, h.Entrance["colabo"]))
	}
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			b.SetParallelism(max(1, clients/2)) // times GOMAXPROCS
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := turn.Add(1)
					dir := []entry.Direction{entry.Entry, entry.Exit}[i/int64(len(codes))%2]
					res, err := svc.Check(b.Context(), gates[i%int64(len(gates))], codes[i%int64(len(codes))], dir)
					if err != nil || res.Cause != nil || !res.Open {
						b.Errorf("%s %v %v", res.Reason, err, res.Cause)
						return
					}
				}
			})
		})
		b.Run(fmt.Sprintf("plain-insert/clients=%d", clients), func(b *testing.B) {
			b.SetParallelism(max(1, clients/2))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					p := models.Passage{
						ID: newPassageID(), Site: "colabo", Direction: "entry", Decision: "deny", Reason: "test",
						AtMS: modelstest.Monday.UnixMilli(), ClockState: "trusted",
					}
					if err := h.store.InsertPassages(b.Context(), []models.Passage{p}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkDrain measures how fast the server takes in what a gate has kept while
// it was alone: batches of 500 events of 400 people going in and out. The bar is
// 100,000 events within 120 s: 833 a second.
func BenchmarkDrain(b *testing.B) {
	h := newHouse(b)
	a := h.agent(h.colabo)
	subjects := make([]entry.Subject, 400)
	for i := range subjects {
		text, err := h.store.InsertVisitor(b.Context(), fmt.Sprintf("Visitor %d", i))
		h.must(err)
		subjects[i], _ = entry.ParseSubject(text)
	}
	h.at(10, 0)
	turn := 0
	for b.Loop() {
		b.StopTimer()
		batch := make([]json.RawMessage, entry.MaxEvents)
		for i := range batch {
			move := []entry.Event{{Reason: entry.Granted, Direction: entry.Entry}, {Reason: entry.ExitOK, Direction: entry.Exit}}[turn/len(subjects)%2]
			move.Subject, move.GateTime = subjects[turn%len(subjects)], h.fake.Now()
			_, batch[i] = a.event(move)
			h.fake.Advance(2 * time.Second)
			turn++
		}
		b.StartTimer()
		a.upload(batch...)
	}
	b.ReportMetric(float64(turn)/b.Elapsed().Seconds(), "events/s")
}
