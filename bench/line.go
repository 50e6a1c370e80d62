package main

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// lines are connections to the program, one for each call under way. They are asked
// and read by the goroutine that calls: net/http's client has two more for each
// connection, and what it takes of the cores it takes from what is measured.
type lines struct {
	mu   sync.Mutex
	idle []*line
}

// line is one connection.
type line struct {
	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
	used time.Time
}

const (
	lineTimeout = 30 * time.Second // of one call
	lineIdles   = 30 * time.Second // the program closes one that is idle for longer than that
)

// do sends the request and returns the answer with the line that it comes by, which
// the caller reads to its end and gives back.
func (l *lines) do(request *http.Request) (*http.Response, *line, error) {
	c, err := l.take(request.URL)
	if err != nil {
		return nil, nil, err
	}
	err = c.conn.SetDeadline(time.Now().Add(lineTimeout))
	if err == nil {
		err = request.Write(c.out)
	}
	if err == nil {
		err = c.out.Flush()
	}
	var answer *http.Response
	if err == nil {
		answer, err = http.ReadResponse(c.in, request)
	}
	if err != nil {
		_ = c.conn.Close()
		return nil, nil, err
	}
	return answer, c, nil
}

// take returns an idle line, or a new one.
func (l *lines) take(to *url.URL) (*line, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := len(l.idle); n > 0; n = len(l.idle) {
		c := l.idle[n-1]
		l.idle = l.idle[:n-1]
		if time.Since(c.used) < lineIdles {
			return c, nil
		}
		_ = c.conn.Close()
	}
	conn, err := net.DialTimeout("tcp", to.Host, lineTimeout)
	if err != nil {
		return nil, err
	}
	return &line{conn: conn, in: bufio.NewReader(conn), out: bufio.NewWriter(conn)}, nil
}

// give takes back a line whose answer was read.
func (l *lines) give(c *line, answer *http.Response) {
	if answer.Close {
		_ = c.conn.Close()
		return
	}
	c.used = time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle = append(l.idle, c)
}
