package models

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// readyDoors is how many connections of doors are made before anybody comes: one
// to look up, one to record (access/together.go). Both may do either.
const readyDoors = 2

// ReadyDoors makes the connections that scans need, and has PostgreSQL plan their
// statements on them, where there is a gate at all: the first who come would
// otherwise wait for that, and everybody behind them. It writes nothing.
func (s *Store) ReadyDoors(ctx context.Context) error {
	if s.doors == nil {
		return nil
	}
	var gates int
	err := s.r(ctx).Raw("SELECT count(*) FROM (SELECT 1 FROM gates WHERE revoked_at IS NULL AND deleted_at IS NULL LIMIT 1) g").Find(&gates).Error
	if err != nil || gates == 0 {
		return err
	}
	pool, err := s.doors.DB()
	if err != nil {
		return err
	}
	all, err := s.rehearsal(ctx)
	if err != nil {
		return err
	}
	var taken []*sql.Conn // all at once, or the pool hands out one and the same
	defer func() {
		for _, conn := range taken {
			_ = conn.Close()
		}
	}()
	for range readyDoors {
		conn, err := pool.Conn(ctx)
		if err != nil {
			return s.dialect.translate(err)
		}
		taken = append(taken, conn)
	}
	for _, conn := range taken {
		err = errors.Join(err, sendOn(ctx, conn, all))
	}
	return s.dialect.translate(err)
}

// rehearsal is what is sent for scans that come at once, for one of a code that
// nobody has: it finds nothing, and so nothing is stored.
func (s *Store) rehearsal(ctx context.Context) ([]statement, error) {
	qs, found := []ScanQuery{{Site: &Site{}, Now: time.Unix(0, 0), StepFrom: time.Unix(0, 0)}}, make([]Scanned, 1)
	all := append([]statement{factsOf(qs, found)}, pastOf(qs, found, func(int) bool { return true })...)
	never := int64(-1)
	for _, r := range []*ScanRecord{{Moves: &never}, {Moves: &never, CheckIns: &CheckIns{Waiting: make([]WaitingBooking, 1)}}} {
		st, err := s.recording(ctx, []*ScanRecord{r}, false, new([]recorded))
		if err != nil {
			return nil, err
		}
		all = append(all, st)
	}
	return all, nil
}
