package access

import (
	"github.com/prometheus/client_golang/prometheus"

	"kyoten/access/entry"
)

// counters are what the entrance tells /metrics. What failed the first steps of
// the table is counted here and stored nowhere.
type counters struct {
	checks      *prometheus.CounterVec
	quarantined *prometheus.CounterVec
	alarms      *prometheus.CounterVec
	silent      prometheus.Gauge
}

func newCounters() *counters {
	return &counters{
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kyoten_gate_checks_total", Help: "Codes checked online, by answer.",
		}, []string{"site", "decision", "reason"}),
		quarantined: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kyoten_gate_events_total", Help: "Events uploaded by gates, by result.",
		}, []string{"site", "result"}),
		alarms: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kyoten_gate_alarms_total", Help: "What somebody should look into: codes no issuer should have signed, conflicting events, silent gates.",
		}, []string{"site", "kind"}),
		silent: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kyoten_gates_silent", Help: "Enrolled gates that have not been heard of lately.",
		}),
	}
}

// Collectors returns the metrics of the entrance, to be registered once.
func (s *Service) Collectors() []prometheus.Collector {
	c := s.counters
	return []prometheus.Collector{c.checks, c.quarantined, c.alarms, c.silent}
}

// begin has the alarms of a site stand at zero: whoever watches a figure sees it
// rise, and not one that appears with its first alarm.
func (c *counters) begin(site string) {
	for _, kind := range []string{string(entry.BadPayload), string(entry.Conflict), alarmSilent} {
		c.alarms.WithLabelValues(site, kind)
	}
}

// alarmSilent is the alarm of a gate that is not heard of.
const alarmSilent = "silent"

func (c *counters) checked(site string, d entry.Decision) {
	c.checks.WithLabelValues(site, string(d.Verdict), string(d.Reason)).Inc()
	if d.Alarm() {
		c.alarms.WithLabelValues(site, string(entry.BadPayload)).Inc()
	}
}
