package models

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm/schema"
)

// schemas keeps what GORM knows of our types, for insertTogether.
var schemas sync.Map

// insertTogether stores rows of several tables, in order. Each argument is a
// slice of one of our types, whose ids are already set; empty ones are left out.
//
// On PostgreSQL it is one statement, since a reservation is mostly waiting for
// round trips: foreign keys are checked at its end, so a row may name one of an
// earlier argument. SQLite is in the same process and takes them one by one.
func (s *Store) insertTogether(ctx context.Context, tables ...any) error {
	return s.insert(ctx, s.exec, tables)
}

// insertLater is insertTogether for rows that the rest of the transaction does not
// look at: on PostgreSQL they are sent with what comes next, mostly with COMMIT,
// and that is then what fails.
func (s *Store) insertLater(ctx context.Context, tables ...any) error {
	if p := piped(s.w(ctx)); p != nil {
		return s.insert(ctx, func(_ context.Context, sql string, args []any) error {
			p.later(sql, args)
			return nil
		}, tables)
	}
	return s.insertTogether(ctx, tables...)
}

// exec sends a statement past GORM's writing of them.
func (s *Store) exec(ctx context.Context, sql string, args []any) error {
	_, err := s.w(ctx).Statement.ConnPool.ExecContext(ctx, sql, args...)
	return s.dialect.translate(err)
}

type execute = func(ctx context.Context, sql string, args []any) error

func (s *Store) insert(ctx context.Context, run execute, tables []any) error {
	var together []batchOf
	for _, rows := range tables {
		batch, err := s.batchOf(reflect.ValueOf(rows))
		switch {
		case err != nil:
			return err
		case batch.rows.Len() == 0:
		case s.dialect.writesInWith():
			together = append(together, batch)
		default:
			if err := s.insertBatches(ctx, run, batch); err != nil {
				return err
			}
		}
	}
	if len(together) == 0 {
		return nil
	}
	return s.insertBatches(ctx, run, together...)
}

// batchOf is the rows of one table.
type batchOf struct {
	rows   reflect.Value
	schema *schema.Schema
}

func (s *Store) batchOf(rows reflect.Value) (batchOf, error) {
	if rows.Len() == 0 {
		return batchOf{rows: rows}, nil
	}
	sch, err := s.schemaOf(rows.Index(0))
	return batchOf{rows, sch}, err
}

// insertBatches stores the batches in one statement. It goes past GORM's writing
// of statements, which is dear for so many values: the text depends only on the
// tables and the numbers of rows, and is kept.
func (s *Store) insertBatches(ctx context.Context, run execute, batches ...batchOf) error {
	var args []any
	var shape strings.Builder
	for _, b := range batches {
		for i := range b.rows.Len() {
			args = s.appendValues(ctx, args, b.schema, b.rows.Index(i))
		}
		shape.WriteString(b.schema.Table)
		shape.WriteString(strconv.Itoa(b.rows.Len()))
	}
	text, ok := s.texts.Load(shape.String())
	if !ok {
		text = s.insertText(batches)
		if len(args) <= keptValues {
			s.texts.Store(shape.String(), text)
		}
	}
	return run(ctx, text.(string), args)
}

// keptValues is how many values a statement may have whose text is kept: a
// reservation of a few spaces with a few guests, or some that are made at once, of
// which there are not many shapes.
const keptValues = 1000

// insertText makes all inserts but the last a data-modifying WITH of the last.
func (s *Store) insertText(batches []batchOf) string {
	var b strings.Builder
	last, n := len(batches)-1, 0
	for i, batch := range batches {
		if i < last {
			fmt.Fprintf(&b, "%s w%d AS (", []string{"WITH", ","}[min(i, 1)], i)
		}
		fmt.Fprintf(&b, " INSERT INTO %s (%s) VALUES ", batch.schema.Table, strings.Join(batch.schema.DBNames, ","))
		for row := range batch.rows.Len() {
			b.WriteString([]string{"(", ",("}[min(row, 1)])
			for column := range batch.schema.DBNames {
				n++
				b.WriteString([]string{"", ","}[min(column, 1)] + s.dialect.placeholder(n))
			}
			b.WriteByte(')')
		}
		if i < last {
			b.WriteByte(')')
		}
	}
	return b.String()
}

// schemaOf returns what GORM knows of an addressable row's type.
func (s *Store) schemaOf(row reflect.Value) (*schema.Schema, error) {
	return schema.Parse(row.Addr().Interface(), &schemas, s.write.NamingStrategy)
}

// columnsOf returns the columns of a row, given by its address, behind a prefix,
// and the addresses of its fields for their values.
func (s *Store) columnsOf(ctx context.Context, row any, prefix string) (names string, fields []any, err error) {
	value := reflect.ValueOf(row).Elem()
	sch, err := s.schemaOf(value)
	if err != nil {
		return "", nil, err
	}
	fields = make([]any, len(sch.DBNames), len(sch.DBNames)+4)
	for i, name := range sch.DBNames {
		fields[i] = sch.FieldsByDBName[name].ReflectValueOf(ctx, value).Addr().Interface()
	}
	return prefix + strings.Join(sch.DBNames, ","+prefix), fields, nil
}

// appendValues adds the values of a row in the order of the schema's columns.
// Missing times of creation and change are filled in.
func (s *Store) appendValues(ctx context.Context, args []any, sch *schema.Schema, row reflect.Value) []any {
	for _, name := range sch.DBNames {
		args = append(args, s.valueOf(ctx, sch.FieldsByDBName[name], row))
	}
	return args
}

func (s *Store) valueOf(ctx context.Context, f *schema.Field, row reflect.Value) any {
	value, zero := f.ValueOf(ctx, row)
	if !zero || f.AutoCreateTime == 0 && f.AutoUpdateTime == 0 {
		return value
	}
	now := s.Now()
	if at, ok := f.ReflectValueOf(ctx, row).Addr().Interface().(*time.Time); ok {
		*at = now
	}
	return now
}

// insertAll stores any number of rows of one table.
func insertAll[T any](ctx context.Context, s *Store, rows []T) error {
	for chunk := range slices.Chunk(rows, insertBatch) {
		if err := s.insertTogether(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}
