package gate

import (
	"context"
	"path/filepath"
	"sync"
	"time"
)

// whereabouts is what people call the site and which zone its clock shows. It is
// kept on the disk: the kiosk page shows it without the server too.
type whereabouts struct {
	path string

	mu  sync.Mutex
	now siteNames
}

// siteNames is what a door shows of its site.
type siteNames struct {
	Name     names  `json:"name"`
	TimeZone string `json:"time_zone"`
}

func openWhereabouts(folder string) *whereabouts {
	w := &whereabouts{path: filepath.Join(folder, "site.json")}
	if err := readJSON(w.path, &w.now); err != nil {
		w.now = siteNames{} // only names: the server tells them again
	}
	return w
}

// learn asks the server until it answers, and once a day from then on.
func (w *whereabouts) learn(ctx context.Context, s *server) {
	for ctx.Err() == nil {
		pause := 24 * time.Hour
		if self, err := s.self(ctx); err == nil {
			w.mu.Lock()
			w.now = siteNames{self.SiteName, self.TimeZone}
			_ = writeJSON(w.path, w.now) // on a full disk it is asked for again at the next start
			w.mu.Unlock()
		} else {
			pause = retryMost
		}
		wait(ctx, pause, nil)
	}
}

func (w *whereabouts) known() siteNames {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// location is the site's time zone, Japan's until it is known.
func (w *whereabouts) location() *time.Location {
	for _, name := range []string{w.known().TimeZone, "Asia/Tokyo"} {
		if at, err := time.LoadLocation(name); err == nil && name != "" {
			return at
		}
	}
	return time.UTC
}
