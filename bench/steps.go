package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// startUp measures a server whose database is migrated: from the start of the
// process until it is ready, and what it then holds of the memory.
func (b *bench) startUp(ctx context.Context) error {
	if err := b.db.create(ctx, "startup"); err != nil {
		return err
	}
	var times sample
	for i := range b.starts + 1 {
		p, took, err := b.start("serve")
		if err != nil {
			return err
		}
		if i > 0 { // the first one migrates
			times = append(times, took)
		}
		if i == b.starts {
			time.Sleep(3 * time.Second)
			mb, err := p.memory()
			if err != nil {
				return err
			}
			b.column.set("memory", fmt.Sprintf("%.0f MB", mb), mb)
		}
		p.stop()
	}
	b.column.set("start", ms(times.quantile(0.5)), times.quantile(0.5).Seconds())
	return nil
}

// prepare makes a demo and adds what the measurements need to it.
func (b *bench) prepare(ctx context.Context) error {
	if err := b.db.create(ctx, "demo"); err != nil {
		return err
	}
	p, _, err := b.startDemo()
	if err != nil {
		return err
	}
	p.stop()
	if b.stock, err = b.prepareRows(ctx); err != nil {
		return err
	}
	return b.store(ctx, b.bookings[0])
}

// store brings the number of stored bookings up to n.
func (b *bench) store(ctx context.Context, n int) error {
	w, err := b.db.writer(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	w.addBookings(b.stock, n)
	return w.err
}

// startDemo starts the server with a clock that goes on through all steps: who
// came in an earlier one is not judged by what is yet to happen.
func (b *bench) startDemo() (*program, time.Duration, error) {
	return b.start("demo", "--seed", "1", "--now", b.now().Format(time.RFC3339))
}

func (b *bench) now() time.Time { return opening.Add(time.Since(b.began)) }

// mostEach is how often a member can reserve: the plan lets them have 20 bookings
// open, and some are stored.
const mostEach = 18

// reservations measures bookings of distinct seats and hours, so that nothing
// but the work itself stands between the clients.
func (b *bench) reservations(ctx context.Context) error {
	p, _, err := b.startDemo()
	if err != nil {
		return err
	}
	defer p.stop()
	seats := b.stock.seats["bench-1000"]
	people := b.stock.people[b.codes:] // whom no scan concerns
	people = people[:min(len(people), len(seats)*len(freeHours))]
	next := 0 // of all loads together
	reserve := func(call int) error {
		// Member after member, each with an hour of their own, day after day.
		who, round := call%len(people), call/len(people)
		if round >= mostEach {
			return fmt.Errorf("%d reservations are more than the members may have: let each load last less, with --each", call)
		}
		from := at(1+round, freeHours[who/len(seats)])
		_, err := p.call("POST", "/bookings", people[who].token, map[string]any{
			"starts_at": from.Format(time.RFC3339), "ends_at": from.Add(time.Hour).Format(time.RFC3339),
			"spaces": []string{seats[who%len(seats)]},
		}, 201)
		return err
	}
	err = each(8, len(people), func(i int) error { // as they have looked for what is free
		_, err := p.call("GET", "/me", people[i].token, nil, 200)
		return err
	})
	if err != nil {
		return err
	}
	warm := drive(64, b.each/5, func(_, call int) error { return reserve(next + call) })
	next += len(warm.calls)
	if err := warm.complain(); err != nil {
		return err
	}
	before, err := b.connections(ctx)
	if err != nil {
		return err
	}
	for _, clients := range []int{1, 8, 64} {
		l := drive(clients, b.each, func(_, call int) error { return reserve(next + call) })
		next += len(l.calls)
		if err := l.complain(); err != nil {
			return fmt.Errorf("%d clients: %w", clients, err)
		}
		b.column.load(fmt.Sprint("reserve", clients), l)
	}
	after, err := b.connections(ctx)
	if b.db.kind == "postgres" {
		b.column.set("connections", fmt.Sprint(after-before), float64(after-before))
	}
	return err
}

// connections counts those made so far; SQLite has none to speak of.
func (b *bench) connections(ctx context.Context) (int, error) {
	if b.db.kind == "sqlite" {
		return 0, nil
	}
	return b.db.sessions(ctx)
}

// gateChecks measures scans at one door: everybody enters, then everybody
// leaves, so that no scan is a repetition of the one before.
func (b *bench) gateChecks(ctx context.Context) error {
	p, codes, err := b.readyForScans(ctx)
	if err != nil {
		return err
	}
	scan := func(call int) error {
		call += b.scans // goes on where the load before stopped
		return b.check(p, codes[call%len(codes)], []string{"entry", "exit"}[call/len(codes)%2])
	}
	asking := drive(8, b.each, func(int, int) error { _, err := p.call("GET", "/time", "", nil, 200); return err })
	if err := asking.complain(); err != nil {
		p.stop()
		return err
	}
	b.column.load("asking8", asking)
	for _, clients := range []int{1, 8, 64} {
		l := drive(clients, b.each, func(_, call int) error { return scan(call) })
		if err := l.complain(); err != nil {
			p.stop()
			return err
		}
		b.scans += len(l.calls)
		b.column.load(fmt.Sprint("check", clients), l)
		first := max(len(codes)-b.scans, 0) // who has not come yet and is to be checked in
		if err := each(8, first, scan); err != nil {
			p.stop()
			return err
		}
		b.scans += first
	}
	p.stop()
	return b.allRecorded(ctx, b.scans)
}

// check asks whether the door opens for a good code.
func (b *bench) check(p *program, code, direction string) error {
	raw, err := p.call("POST", "/access/checks", b.stock.gate, map[string]any{"code": code, "direction": direction}, 200)
	if err != nil {
		return err
	}
	var answer struct{ Decision, Reason string }
	if err := json.Unmarshal(raw, &answer); err != nil {
		return err
	}
	if answer.Decision != "allow" {
		return fmt.Errorf("a good code was answered %s, %s", answer.Decision, answer.Reason)
	}
	return nil
}

// allRecorded makes sure that the checks were scans of their own. A code shown
// again within three seconds gets its first answer, which costs next to nothing.
func (b *bench) allRecorded(ctx context.Context, checks int) error {
	w, err := b.db.writer(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	recorded := w.number("SELECT count(*) FROM passages WHERE site = 'bench-gate'")
	if w.err == nil && recorded < checks*95/100 {
		return fmt.Errorf("%d checks left %d passages: there are too few codes for this machine", checks, recorded)
	}
	return w.err
}

// entryCodes books a seat at the gate's site for many members, now, and returns
// their codes.
func (b *bench) entryCodes(p *program) ([]string, error) {
	seats := b.stock.seats["bench-gate"]
	codes := make([]string, b.codes)
	now := b.now().Truncate(15 * time.Minute)
	from, to := now.Format(time.RFC3339), now.Add(8*time.Hour).Format(time.RFC3339)
	err := each(8, len(codes), func(i int) error {
		token := b.stock.people[i].token
		raw, err := p.call("POST", "/bookings", token, map[string]any{"starts_at": from, "ends_at": to, "spaces": []string{seats[i]}}, 201)
		if err != nil {
			return err
		}
		var booking struct{ ID string }
		if err := json.Unmarshal(raw, &booking); err != nil {
			return err
		}
		raw, err = p.call("GET", "/bookings/"+booking.ID+"/passes", token, nil, 200)
		if err != nil {
			return err
		}
		var passes struct{ Items []struct{ Code string } }
		if err := json.Unmarshal(raw, &passes); err != nil || len(passes.Items) == 0 {
			return fmt.Errorf("no pass: %w", err)
		}
		codes[i] = passes.Items[0].Code
		return nil
	})
	return codes, err
}

// availability measures how long it takes to say which seats of a site are free
// in two hours, with more and more bookings stored.
func (b *bench) availability(ctx context.Context) error {
	for _, n := range b.bookings {
		if err := b.store(ctx, n); err != nil {
			return err
		}
		p, _, err := b.startDemo()
		if err != nil {
			return err
		}
		for _, site := range sites[:2] {
			if err := b.ask(p, site.slug, site.seats, n); err != nil {
				p.stop()
				return err
			}
		}
		p.stop()
	}
	return nil
}

// ask measures one client that asks again and again.
func (b *bench) ask(p *program, site string, seats, stored int) error {
	query := url.Values{
		"site": {site}, "kind": {"seat"},
		"starts_at": {at(3, 13).Format(time.RFC3339)}, "ends_at": {at(3, 15).Format(time.RFC3339)},
	}
	var times sample
	size := 0
	for i := range b.asks + b.asks/10 {
		began := time.Now()
		raw, err := p.call("GET", "/availability?"+query.Encode(), b.stock.people[0].token, nil, 200)
		if err != nil {
			return err
		}
		if i >= b.asks/10 { // the first ones warm up
			times = append(times, time.Since(began))
		}
		size = len(raw)
	}
	key := fmt.Sprintf("free-%s-%d", site, stored)
	b.column.set(key, fmt.Sprintf("p50 %s, p99 %s", ms(times.quantile(0.5)), ms(times.quantile(0.99))), times.quantile(0.5).Seconds())
	perSeat := float64(size) / float64(seats)
	b.column.set("bytes", fmt.Sprintf("%.0f", perSeat), perSeat)
	return nil
}
