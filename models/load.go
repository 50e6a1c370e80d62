package models

import (
	"context"
	"fmt"
	"reflect"
)

// loadValues is how many values one INSERT of Load carries, under the limits of
// both databases (32,766 and 65,535).
const loadValues = 16_000

// Load stores rows just as they stand, ids and all, many to a statement. Each
// argument is a slice of one of our types; they are stored in order. It is for
// sample data: everything else has a method that keeps its rules.
func (s *Store) Load(ctx context.Context, tables ...any) error {
	for _, table := range tables {
		rows := reflect.ValueOf(table)
		for from := 0; from < rows.Len(); {
			step := min(loadValues/rows.Type().Elem().NumField(), rows.Len()-from)
			sql, values, err := s.insertSQL(ctx, rows.Slice(from, from+step))
			if err != nil {
				return err
			}
			if err := s.w(ctx).Exec(sql, values...).Error; err != nil {
				return fmt.Errorf("load %s: %w", rows.Type().Elem(), err)
			}
			from += step
		}
	}
	return nil
}

// PassesFor returns the passes that InsertBookingPasses writes for who booked.
func PassesFor(c *Catalogue, b *Booking, organizer *Member, subject string) []Pass {
	return organizerPasses(c, b, organizer, subject)
}
