package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// pastSize is how many sites and days of the past are stored: on PostgreSQL a year
// of fifty sites (5 million bookings, 10 million passages), on SQLite five years of
// three; a part of them with --history below 1.
func (b *bench) pastSize() (sites, days int) {
	sites, days = 50, 365
	if b.db.kind == "sqlite" {
		sites, days = 3, 5*365
	}
	return sites, max(31, int(float64(days)*b.past))
}

func pastSlug(i int) string { return fmt.Sprintf("past-%02d", i+1) }

// history measures reports of a month and the occupancy of now over a long past.
func (b *bench) history(ctx context.Context) error {
	if b.past == 0 {
		return nil
	}
	if err := b.needPast(ctx); err != nil {
		return err
	}
	p, _, err := b.startDemo()
	if err != nil {
		return err
	}
	defer p.stop()
	if err := b.packed(ctx); err != nil {
		return err
	}
	token, err := signIn(p)
	if err != nil {
		return err
	}
	month := url.Values{"from": {opening.AddDate(0, -1, 0).Format(time.RFC3339)}, "to": {opening.Format(time.RFC3339)}}
	for _, scope := range []struct{ key, site string }{{"report-one", pastSlug(0)}, {"report-all", ""}} {
		var slowest time.Duration
		for _, by := range []string{"hour", "weekday", "weekday_hour", "day", "month", "space", "zone", "company", "plan", "kind", "site"} {
			query := url.Values{"by": {by}, "from": month["from"], "to": month["to"]}
			if scope.site != "" {
				query.Set("site", scope.site)
			}
			times, err := askOften(p, "/reports/utilization?"+query.Encode(), token, 3)
			if err != nil {
				return err
			}
			progress("  %s by %s: %s", scope.key, by, ms(times.quantile(0.5)))
			slowest = max(slowest, times.quantile(0.5))
		}
		b.column.set(scope.key, "p50 "+ms(slowest), slowest.Seconds())
	}
	times, err := askOften(p, "/occupancy", token, 30)
	b.column.set("occupancy", "p50 "+ms(times.quantile(0.5)), times.quantile(0.5).Seconds())
	return err
}

// signIn returns the token of the demo's administrator.
func signIn(p *program) (string, error) {
	raw, err := p.call("POST", "/sessions", "", map[string]any{"email": "admin@kyoten.example", "password": "kyoten-demo"}, 201)
	if err != nil {
		return "", err
	}
	var answer struct{ Token string }
	return answer.Token, json.Unmarshal(raw, &answer)
}

// askOften asks the same n times, after once that does not count.
func askOften(p *program, path, token string, n int) (sample, error) {
	var times sample
	for i := range n + 1 {
		began := time.Now()
		if _, err := p.call("GET", path, token, nil, 200); err != nil {
			return nil, err
		}
		if i > 0 {
			times = append(times, time.Since(began))
		}
	}
	return times, nil
}
