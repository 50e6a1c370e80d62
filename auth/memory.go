package auth

import (
	"sync"
	"time"
)

// memory remembers for a while what a token said, by its hash. It is safe for
// concurrent use.
type memory[T any] struct {
	lasts time.Duration
	most  int // beyond which all of it is forgotten

	mu   sync.Mutex
	rows map[string]remembered[T]
}

type remembered[T any] struct {
	value T
	read  time.Time
}

// keep remembers what was read at an instant.
func (m *memory[T]) keep(hash string, value T, read time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil || len(m.rows) >= m.most {
		m.rows = map[string]remembered[T]{}
	}
	m.rows[hash] = remembered[T]{value, read}
}

// recall returns it while it is not too old.
func (m *memory[T]) recall(hash string, now time.Time) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[hash]
	age := now.Sub(r.read)
	return r.value, ok && age >= 0 && age < m.lasts
}
