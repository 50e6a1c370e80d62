package models

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// columns are rows written one column after the other, as PostgreSQL takes any
// number of them in one statement of always the same text: each column is one
// array. A value for each field of each row costs it more than storing them, and
// the statement is another one for each number of rows.
type columns struct {
	names, kinds []string
	arrays       []any
}

// add adds a column; values is a slice.
func (c *columns) add(name, kind string, values any) {
	c.names, c.kinds, c.arrays = append(c.names, name), append(c.kinds, kind), append(c.arrays, array{values})
}

// array is a slice that is one value of a statement, not a list of them.
type array struct{ values any }

// as is SQL for the rows, under a name.
func (c columns) as(name string) string {
	return "unnest(" + c.parameters() + ") AS " + name + "(" + c.list("") + ")"
}

// inOrder is as with one more column, nth, which counts the rows from 1.
func (c columns) inOrder(name string) string {
	return "unnest(" + c.parameters() + ") WITH ORDINALITY AS " + name + "(" + c.list("") + ",nth)"
}

func (c columns) parameters() string {
	all := make([]string, len(c.kinds))
	for i, kind := range c.kinds {
		all[i] = "?::" + kind + "[]"
	}
	return strings.Join(all, ",")
}

// list names the columns; prefix comes before each.
func (c columns) list(prefix string) string {
	return prefix + strings.Join(c.names, ","+prefix)
}

// columnsOfRows writes rows, a slice of one of our types, as columns of its table.
func (s *Store) columnsOfRows(ctx context.Context, rows any) (c columns, table string, err error) {
	list := reflect.ValueOf(rows)
	if list.Len() == 0 {
		list = reflect.MakeSlice(list.Type(), 1, 1) // of which the schema is read, and no row
		defer func() {
			for i := range c.arrays {
				whole := reflect.ValueOf(c.arrays[i].(array).values)
				c.arrays[i] = array{whole.Slice(0, 0).Interface()}
			}
		}()
	}
	sch, err := s.schemaOf(list.Index(0))
	if err != nil {
		return c, "", err
	}
	for _, name := range sch.DBNames {
		field := sch.FieldsByDBName[name]
		kind, of, err := kindOf(field.FieldType)
		if err != nil {
			return c, "", fmt.Errorf("column %s of %s: %w", name, sch.Table, err)
		}
		values := reflect.MakeSlice(reflect.SliceOf(of), list.Len(), list.Len())
		for i := range list.Len() {
			value := field.ReflectValueOf(ctx, list.Index(i))
			if of == textType && value.Type() != textType {
				text, err := value.Interface().(driver.Valuer).Value()
				if err != nil {
					return c, "", err
				}
				value = reflect.ValueOf(text)
			}
			values.Index(i).Set(value)
		}
		c.add(name, kind, values.Interface())
	}
	return c, sch.Table, nil
}

var (
	textType  = reflect.TypeFor[string]()
	wordsType = reflect.TypeFor[Strings]()
)

// kindOf returns what PostgreSQL calls the values of a field, and the type they are
// handed over as.
func kindOf(t reflect.Type) (kind string, of reflect.Type, err error) {
	plain := t
	if t.Kind() == reflect.Pointer {
		plain = t.Elem()
	}
	switch {
	case t == wordsType:
		return "jsonb", textType, nil
	case plain == reflect.TypeFor[time.Time]():
		return "timestamptz", t, nil
	case plain == reflect.TypeFor[ID]():
		return "uuid", t, nil
	case plain == textType:
		return "text", t, nil
	case plain.Kind() == reflect.Int64:
		return "bigint", t, nil
	case plain.Kind() == reflect.Int:
		return "integer", t, nil
	case plain.Kind() == reflect.Bool:
		return "boolean", t, nil
	}
	return "", t, fmt.Errorf("no array of %s", t)
}

// putRows stores rows, a slice of one of our types, over those that are there
// already as onConflict says. It is for PostgreSQL, and any number of rows.
func (s *Store) putRows(ctx context.Context, rows any, onConflict string) error {
	if reflect.ValueOf(rows).Len() == 0 {
		return nil
	}
	c, table, err := s.columnsOfRows(ctx, rows)
	if err != nil {
		return err
	}
	text, args := numbered("INSERT INTO "+table+" ("+c.list("")+") SELECT "+c.list("r.")+" FROM "+c.as("r")+" "+onConflict, c.arrays)
	return s.ask(ctx, statement{sql: text, args: args})
}
