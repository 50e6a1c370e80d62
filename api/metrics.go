package api

import (
	"context"
	"database/sql"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kyoten/internal/httpkit"
)

// Metrics is what /metrics shows: requests by route, the database's pool, and
// the decisions of the doors. Labels are patterns and words of ours, never what
// a client sent: their number must stay small.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	handler  http.Handler
}

// NewMetrics watches the pool of db, and whatever more it is given.
func NewMetrics(db *sql.DB, more ...prometheus.Collector) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kyoten_http_request_duration_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
	}
	m.registry.MustRegister(more...)
	m.registry.MustRegister(m.requests, collectors.NewDBStatsCollector(db, "kyoten"),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

// Observe counts a request. It is an observer of httpkit.Watch.
func (m *Metrics) Observe(_ context.Context, s httpkit.Seen) {
	route := s.Route
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(knownMethod(s.Method), route, strconv.Itoa(s.Status)).Observe(s.Duration.Seconds())
}

// ServeHTTP serves GET /metrics.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// knownMethod keeps made-up methods from making series.
func knownMethod(method string) string {
	if strings.Contains(" GET HEAD POST PUT PATCH DELETE OPTIONS ", " "+method+" ") {
		return method
	}
	return "other"
}
