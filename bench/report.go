package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// column is what was measured on one database: what to print, and the number
// behind it for comparisons (a rate, or seconds).
type column struct {
	name   string
	cells  map[string]string
	values map[string]float64
}

func (c *column) set(key, cell string, value float64) { c.cells[key], c.values[key] = cell, value }

// load keeps a rate under the key, and its median under the key with "-p50".
func (c *column) load(key string, l load) {
	c.set(key, l.String(), l.rate)
	c.values[key+"-p50"] = l.calls.quantile(0.5).Seconds()
	progress("  %s: %s", key, l)
}

// row is a line of the table.
type row struct{ title, key, aim string }

// ratio is a line that compares two measured numbers.
type ratio struct{ title, over, under, aim string }

// report prints the tables.
func report(out io.Writer, s settings, columns []*column) error {
	rows := []row{
		{"Limit: insert one booking under the guard, 8 clients (L)", "limit8", ""},
		{"Limit: the same, 1 client", "limit1", ""},
		{"Limit: insert a plain row, 8 clients", "rows8", ""},
		{"Limit: insert a plain row, 64 clients", "rows64", ""},
		{"Limit: ask the server for the time, no database, 8 clients", "asking8", ""},
		{"Reservations over HTTP, 1 client", "reserve1", ""},
		{"Reservations over HTTP, 8 clients", "reserve8", ""},
		{"Reservations over HTTP, 64 clients", "reserve64", ""},
		{"New database connections after warm-up", "connections", "0"},
		{"Gate checks with their passage, 1 client", "check1", ""},
		{"Gate checks with their passage, 8 clients", "check8", ""},
		{"Gate checks with their passage, 64 clients", "check64", ""},
		{"Gate checks, 200 a second", "check-steady", "p99 under 10 ms"},
		{"A scan at a door until the order to its relay, flushed", "scan", "p95 under 60 ms"},
		{"Scans of the soak that the server has", "soak", "all"},
		{"What the agent held early in the soak and at its end", "soak-held", "no more"},
		{"What a door kept, handed over", "drain", "100,000 in under 120 s"},
	}
	for _, site := range sites[:2] {
		for _, n := range s.bookings {
			aim := ""
			if site.seats == 1000 {
				aim = "p50 at most 4 ms"
			}
			rows = append(rows, row{fmt.Sprintf("Availability of %d seats, %d bookings stored", site.seats, n), fmt.Sprintf("free-%s-%d", site.slug, n), aim})
		}
	}
	rows = append(rows,
		row{"Bookings in the long past, with two passages each", "past", ""},
		row{"Slowest report of a month of one site", "report-one", "under 300 ms"},
		row{"Slowest report of a month of all sites", "report-all", "under 2 s"},
		row{"Occupancy now, all sites", "occupancy", "under 20 ms"},
		row{"Bytes a seat in the answer", "bytes", "at most 130"},
		row{"Start of a migrated server until ready", "start", "under 300 ms"},
		row{"Memory of an idle server", "memory", "under 50 MB"},
	)
	last := s.bookings[len(s.bookings)-1]
	ratios := []ratio{
		{"Reservations at 8 clients / L", "reserve8", "limit8", "at least 0.15"},
		{"Reservations at 64 clients / at 8", "reserve64", "reserve8", "at least 0.9"},
		{"p50 of a reservation, 1 client / p50 of the limit", "reserve1-p50", "limit1-p50", "at most 4"},
		{"Gate checks at 8 clients / plain rows at 8", "check8", "rows8", "at least 0.2"},
		{"Gate checks at 64 clients / plain rows at 64", "check64", "rows64", "at least 0.2"},
		{fmt.Sprintf("Availability of 1000 seats, %d bookings / %d", last, s.bookings[0]), fmt.Sprint("free-bench-1000-", last), fmt.Sprint("free-bench-1000-", s.bookings[0]), "at most 1.6"},
	}
	printTable(out, columns, rows, ratios)
	_, err := fmt.Fprintf(out, "\n%s\n", machine())
	return err
}

func printTable(out io.Writer, columns []*column, rows []row, ratios []ratio) {
	head, rule := "| |", "| --- |"
	for _, c := range columns {
		head += " " + map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}[c.name] + " |"
		rule += " --- |"
	}
	fmt.Fprintf(out, "%s Aim |\n%s --- |\n", head, rule)
	for _, r := range rows {
		line := "| " + r.title + " |"
		for _, c := range columns {
			line += " " + strings.TrimSpace(c.cells[r.key]) + " |"
		}
		fmt.Fprintf(out, "%s %s |\n", line, r.aim)
	}
	for _, r := range ratios {
		line := "| " + r.title + " |"
		for _, c := range columns {
			line += fmt.Sprintf(" %.2f |", c.values[r.over]/c.values[r.under])
		}
		fmt.Fprintf(out, "%s %s |\n", line, r.aim)
	}
}

// machine says where it was measured.
func machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if match := regexp.MustCompile(`model name\s*: (.*)`).FindSubmatch(info); match != nil {
			model = string(match[1])
		}
	}
	server, _ := exec.Command("postgres", "--version").Output()
	return fmt.Sprintf("Measured on %s with %d cores (%s), %s, %s, server and clients on the same machine, %s.",
		runtime.GOOS, runtime.NumCPU(), model, runtime.Version(), strings.TrimSpace(string(server)), time.Now().Format(time.DateOnly))
}
