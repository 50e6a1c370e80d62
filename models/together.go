package models

import (
	"context"
	"reflect"
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
	var inserts []string
	var args []any
	for _, rows := range tables {
		sql, values, err := s.insertSQL(ctx, reflect.ValueOf(rows))
		switch {
		case err != nil:
			return err
		case sql == "":
		case !s.dialect.writesInWith():
			if err := s.w(ctx).Exec(sql, values...).Error; err != nil {
				return err
			}
		default:
			inserts, args = append(inserts, sql), append(args, values...)
		}
	}
	if len(inserts) == 0 {
		return nil
	}
	return s.w(ctx).Exec(inOneStatement(inserts), args...).Error
}

// inOneStatement makes all but the last a data-modifying WITH of the last.
func inOneStatement(inserts []string) string {
	var b strings.Builder
	last := len(inserts) - 1
	for i, sql := range inserts[:last] {
		b.WriteString([]string{"WITH ", ", "}[min(i, 1)])
		b.WriteString("w" + string(rune('a'+i)) + " AS (" + sql + ")")
	}
	return b.String() + " " + inserts[last]
}

// insertSQL returns INSERT ... VALUES of all rows, with one ? for each value.
// Missing times of creation and change are filled in.
func (s *Store) insertSQL(ctx context.Context, rows reflect.Value) (string, []any, error) {
	if rows.Len() == 0 {
		return "", nil, nil
	}
	sch, err := s.schemaOf(rows.Index(0))
	if err != nil {
		return "", nil, err
	}
	args := make([]any, 0, rows.Len()*len(sch.DBNames))
	for i := range rows.Len() {
		args = append(args, s.valuesOf(ctx, sch, rows.Index(i))...)
	}
	marks := "(" + strings.Repeat("?,", len(sch.DBNames)-1) + "?)"
	return "INSERT INTO " + sch.Table + " (" + strings.Join(sch.DBNames, ",") + ") VALUES " +
		marks + strings.Repeat(","+marks, rows.Len()-1), args, nil
}

// schemaOf returns what GORM knows of an addressable row's type.
func (s *Store) schemaOf(row reflect.Value) (*schema.Schema, error) {
	return schema.Parse(row.Addr().Interface(), &schemas, s.write.NamingStrategy)
}

// valuesOf returns the values of a row in the order of the schema's columns.
func (s *Store) valuesOf(ctx context.Context, sch *schema.Schema, row reflect.Value) []any {
	values := make([]any, len(sch.DBNames))
	for i, name := range sch.DBNames {
		values[i] = s.valueOf(ctx, sch.FieldsByDBName[name], row)
	}
	return values
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
