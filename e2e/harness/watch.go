//go:build e2e

package harness

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// watch listens to what a tab's browser reports: errors, breaches of the
// security policy, requests and their sizes.
type watch struct {
	host string // the only host a page may talk to

	mu       sync.Mutex
	more     func(ev any) // is handed every event, too
	problems []string
	allowed  []*regexp.Regexp
	kinds    map[network.RequestID]network.ResourceType
	pending  map[network.RequestID]string // the address of what is on its way
	quiet    time.Time                    // when the last request began or ended
	bytes    map[network.ResourceType]int
}

func newWatch(base string) *watch {
	host := ""
	if u, err := url.Parse(base); err == nil {
		host = u.Host
	}
	return &watch{
		host:    host,
		kinds:   map[network.RequestID]network.ResourceType{},
		pending: map[network.RequestID]string{},
		bytes:   map[network.ResourceType]int{},
	}
}

// event is called for everything the tab reports, in order. It must not block.
func (w *watch) event(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.more != nil {
		w.more(ev)
	}
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		w.logEntry(ev.Entry)
	case *runtime.EventConsoleAPICalled:
		if ev.Type == "error" || ev.Type == "assert" {
			w.problem("console error: " + spoken(ev.Args))
		}
	case *runtime.EventExceptionThrown:
		w.problem("uncaught exception: " + thrown(ev.ExceptionDetails))
	case *network.EventRequestWillBeSent:
		w.request(ev.Request.URL)
		if string(ev.RequestID) == string(ev.LoaderID) { // another page: nobody tells what became of the last one's requests
			clear(w.pending)
		}
		if ev.Type != network.ResourceTypeOther { // the picture in the tab, which no page waits for
			w.pending[ev.RequestID], w.quiet = ev.Request.URL, time.Now()
		}
	case *page.EventFrameNavigated:
		if ev.Frame.ParentID == "" { // what the last page was still asking for is nobody's any more
			clear(w.pending)
		}
	case *network.EventResponseReceived:
		w.kinds[ev.RequestID] = ev.Type
		if ev.Type == network.ResourceTypeEventSource { // stays open for good
			delete(w.pending, ev.RequestID)
		}
	case *network.EventLoadingFailed:
		delete(w.pending, ev.RequestID)
		w.quiet = time.Now()
	case *network.EventLoadingFinished:
		delete(w.pending, ev.RequestID)
		w.quiet = time.Now()
		w.bytes[w.kinds[ev.RequestID]] += int(ev.EncodedDataLength)
	}
}

// also has f called for every event, until it is called with nil.
func (w *watch) also(f func(ev any)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.more = f
}

// idle reports whether nothing has been on its way for a while.
func (w *watch) idle(since time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.pending) == 0 && time.Since(w.quiet) >= since
}

// waitingFor names what is on its way.
func (w *watch) waitingFor() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Values(w.pending))
}

// logEntry judges an entry of the browser's own log. Breaches of a security
// policy that only reports come as warnings or less.
func (w *watch) logEntry(entry *log.Entry) {
	policy := entry.Source == "security" || strings.Contains(entry.Text, "Content Security Policy")
	if strings.HasSuffix(entry.URL, "/favicon.ico") {
		return // what browsers ask for beside an answer of the API, which names no picture
	}
	if policy || entry.Level == "error" {
		w.problem(strings.TrimSpace(fmt.Sprintf("browser log: %s %s", entry.Text, entry.URL)))
	}
}

// request notes a page that talks to another host than the server's.
func (w *watch) request(address string) {
	u, err := url.Parse(address)
	if err != nil || slices.Contains([]string{"data", "blob", "about"}, u.Scheme) || u.Host == w.host {
		return
	}
	w.problem("foreign host: " + address)
}

// problem keeps what was seen, unless the test said that it expects it.
func (w *watch) problem(text string) {
	expected := slices.ContainsFunc(w.allowed, func(re *regexp.Regexp) bool { return re.MatchString(text) })
	if !expected && !slices.Contains(w.problems, text) {
		w.problems = append(w.problems, text)
	}
}

// take returns the problems seen so far and forgets them.
func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	problems := w.problems
	w.problems = nil
	return problems
}

func (w *watch) allow(pattern string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowed = append(w.allowed, regexp.MustCompile(pattern))
}

// wire returns the bytes received since the tab was opened, headers and
// compression included, without pictures and films.
func (w *watch) wire() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	sum := 0
	for kind, n := range w.bytes {
		if kind != network.ResourceTypeImage && kind != network.ResourceTypeMedia {
			sum += n
		}
	}
	return sum
}

// spoken is what a call of console.error said.
func spoken(args []*runtime.RemoteObject) string {
	var words []string
	for _, arg := range args {
		if text := strings.Trim(string(arg.Value), `"`); text != "" {
			words = append(words, text)
		} else {
			words = append(words, arg.Description)
		}
	}
	return strings.Join(words, " ")
}

// thrown is the message of an exception and where it came from.
func thrown(details *runtime.ExceptionDetails) string {
	text := details.Text
	if details.Exception != nil && details.Exception.Description != "" {
		text += " " + details.Exception.Description
	}
	return fmt.Sprintf("%s (%s:%d)", text, details.URL, details.LineNumber+1)
}
