package access

import "sync"

// hub wakes the streams of this server when something was committed here that a
// gate must hear of. What another server commits they find out by themselves,
// within a second or so.
type hub struct {
	mu      sync.Mutex
	waiting map[chan struct{}]string // and the site it is about
}

func newHub() *hub { return &hub{waiting: map[chan struct{}]string{}} }

// join returns a channel that is written to when the site changes, and what ends
// that.
func (h *hub) join(site string) (woken <-chan struct{}, leave func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting[c] = site
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.waiting, c)
	}
}

// wake tells the streams of a site, or of all sites when site is "".
func (h *hub) wake(site string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c, about := range h.waiting {
		if site == "" || about == site {
			select {
			case c <- struct{}{}:
			default: // it is awake already
			}
		}
	}
}
