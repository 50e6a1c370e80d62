package access

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestAlarmsStandAtZeroBeforeTheFirst: what only appears with its first alarm has not
// risen for whoever watches it.
func TestAlarmsStandAtZeroBeforeTheFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.svc.State(t.Context(), h.colabo)
	h.must(err)
	all := prometheus.NewRegistry()
	all.MustRegister(h.svc.Collectors()...)
	families, err := all.Gather()
	h.must(err)
	kinds := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "kyoten_gate_alarms_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			if labels := m.GetLabel(); labels[1].GetValue() == "colabo" {
				kinds[labels[0].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	if len(kinds) != 3 || kinds["silent"]+kinds["conflict"]+kinds["bad_payload"] != 0 {
		t.Errorf("alarms at colabo: %v, want three kinds at zero", kinds)
	}
}
