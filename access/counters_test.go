package access

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kyoten/access/entry"
)

// figures returns what a server tells /metrics under a name, by its labels.
func (h *house) figures(server *Service, name string) map[string]float64 {
	h.t.Helper()
	all := prometheus.NewRegistry()
	all.MustRegister(server.Collectors()...)
	families, err := all.Gather()
	h.must(err)
	found := map[string]float64{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			var labels []string
			for _, label := range m.GetLabel() {
				labels = append(labels, label.GetValue())
			}
			found[strings.Join(labels, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return found
}

// TestAlarmsStandAtZeroBeforeTheFirst: what only appears with its first alarm has not
// risen for whoever watches it.
func TestAlarmsStandAtZeroBeforeTheFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.svc.State(t.Context(), h.colabo)
	h.must(err)
	found := h.figures(h.svc, "kyoten_gate_alarms_total")
	for _, kind := range []string{"silent", "conflict", "bad_payload"} {
		if n, stands := found[kind+" colabo"]; !stands || n != 0 {
			t.Errorf("alarms: %v, want %s at colabo to stand at zero", found, kind)
		}
	}
}

// TestEveryServerCountsTheSilentGates, and one of them tells.
func TestEveryServerCountsTheSilentGates(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	servers := []*Service{h.svc, New(h.store, h.fake.Now, h.svc.keys)}
	watch := func(silent float64, telling int) {
		t.Helper()
		told := 0
		for _, server := range servers {
			gates, err := server.WatchGates(t.Context())
			h.must(err)
			told += len(gates)
			if got := h.figures(server, "kyoten_gates_silent")[""]; got != silent {
				t.Errorf("a server counts %v silent gates, want %v", got, silent)
			}
		}
		if told != telling {
			t.Errorf("they tell of %d, want %d", told, telling)
		}
	}
	h.must(h.svc.Heartbeat(t.Context(), h.colabo, entry.Heartbeat{ClockState: entry.Trusted}))
	watch(0, 0)
	h.fake.Advance(3 * time.Minute)
	watch(1, 1)
	watch(1, 0)
	h.must(h.svc.Heartbeat(t.Context(), h.colabo, entry.Heartbeat{ClockState: entry.Trusted}))
	watch(0, 0)
}
