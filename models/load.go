package models

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// valuesPerInsert is how many values one INSERT of Load carries on SQLite, which
// allows 32,766.
const valuesPerInsert = 16_000

// Load stores rows just as they stand, ids and all, many to a statement. Each
// argument is a slice of one of our types; they are stored in order. It is for
// sample data: everything else has a method that keeps its rules.
func (s *Store) Load(ctx context.Context, tables ...any) error {
	for _, table := range tables {
		rows := reflect.ValueOf(table)
		load := s.loadValues
		if s.dialect.readsJSON() {
			load = s.loadJSON
		}
		if rows.Len() == 0 {
			continue
		}
		if err := load(ctx, rows); err != nil {
			return fmt.Errorf("load %s: %w", rows.Type().Elem(), err)
		}
	}
	return s.markAll(ctx)
}

func (s *Store) loadValues(ctx context.Context, rows reflect.Value) error {
	for from := 0; from < rows.Len(); {
		step := min(valuesPerInsert/rows.Type().Elem().NumField(), rows.Len()-from)
		if err := s.insertTogether(ctx, rows.Slice(from, from+step).Interface()); err != nil {
			return err
		}
		from += step
	}
	return nil
}

// loadJSON hands PostgreSQL all rows as one JSON document, which it takes several
// times as fast as thousands of parameters. A column of JSON whose field is a Go
// string arrives as a JSON string and is unpacked.
func (s *Store) loadJSON(ctx context.Context, rows reflect.Value) error {
	sch, err := s.schemaOf(rows.Index(0))
	if err != nil {
		return err
	}
	document, err := s.document(ctx, rows)
	if err != nil {
		return err
	}
	values := slices.Clone(sch.DBNames)
	for i, name := range values {
		if packedJSON[sch.Table+"."+name] {
			values[i] = "(" + name + " #>> '{}')::jsonb"
		}
	}
	return s.w(ctx).Exec("INSERT INTO "+sch.Table+" ("+strings.Join(sch.DBNames, ",")+") SELECT "+strings.Join(values, ",")+
		" FROM json_populate_recordset(NULL::"+sch.Table+", ?::json)", document).Error
}

// packedJSON are the columns of JSON that our types keep as text.
var packedJSON = map[string]bool{"floor_plans.shapes": true, "outbox.payload": true, "idempotency_keys.headers": true}

// document writes rows of one type as a JSON list of objects by column.
func (s *Store) document(ctx context.Context, rows reflect.Value) (string, error) {
	sch, err := s.schemaOf(rows.Index(0))
	if err != nil {
		return "", err
	}
	objects := make([]map[string]any, rows.Len())
	for i := range objects {
		for _, name := range sch.DBNames {
			s.valueOf(ctx, sch.FieldsByDBName[name], rows.Index(i)) // fills in missing times
		}
		objects[i] = s.object(ctx, sch, rows.Index(i))
	}
	raw, err := json.Marshal(objects)
	return string(raw), err
}

// PassesFor returns the passes that InsertBookingPasses writes for who booked.
func PassesFor(c *Catalogue, b *Booking, organizer *Member, subject string) []Pass {
	return organizerPasses(c, b, organizer, subject)
}
