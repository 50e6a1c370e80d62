package models

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"kyoten/internal/fault"
)

var (
	// ErrNotEmpty means that a backup cannot be restored into a database that
	// holds something.
	ErrNotEmpty = fault.New(fault.Conflict, "database_not_empty", "a backup is restored into an empty database only")
	// ErrBackupBroken means that a backup is cut off, or was not made by us.
	ErrBackupBroken = fault.New(fault.Invalid, "backup_broken", "the backup is cut off or damaged")
	// ErrBackupVersion means that a backup was made from a database of another
	// version.
	ErrBackupVersion = fault.New(fault.Invalid, "backup_version", "the backup was made by another version: restore it with that one, then upgrade")
)

// backupHead is the first line of a backup, backupEnd its last. Between them each
// table has a line with its name and a line for each row, an object by column.
// The form is the same for both databases, so that a consortium can move from one
// to the other.
type backupHead struct {
	Kyoten  string `json:"kyoten"` // always "backup"
	Format  int    `json:"format"`
	Schema  int64  `json:"schema"` // the newest migration
	Tables  int    `json:"tables"`
	MadeAt  string `json:"made_at"`
	Dialect string `json:"dialect"`
}

type backupTable struct {
	Table string `json:"table"`
}

type backupEnd struct {
	Rows int64 `json:"rows"`
	End  bool  `json:"end"`
}

const backupFormat = 1

// Dump writes everything the database holds as of one instant, while others go on
// writing, and returns how many rows that were.
func (s *Store) Dump(ctx context.Context, w io.Writer) (rows int64, err error) {
	out := json.NewEncoder(w)
	err = s.read.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		version, err := schemaVersion(db)
		if err != nil {
			return err
		}
		head := backupHead{"backup", backupFormat, version, len(Tables), s.Now().Format("2006-01-02T15:04:05Z"), s.Dialect()}
		if err := out.Encode(head); err != nil {
			return err
		}
		tx := &Store{read: db, write: db, dialect: s.dialect, now: s.now}
		for _, table := range Tables {
			n, err := tx.dumpTable(ctx, reflect.TypeOf(table), out)
			if err != nil {
				return fmt.Errorf("dump %T: %w", table, err)
			}
			rows += n
		}
		return out.Encode(backupEnd{rows, true})
	}, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	return rows, s.dialect.translate(err)
}

// schemaVersion returns the newest migration that has run.
func schemaVersion(db *gorm.DB) (version int64, err error) {
	err = db.Raw("SELECT COALESCE(max(version_id), 0) FROM goose_db_version").Find(&version).Error
	return version, err
}

func (s *Store) dumpTable(ctx context.Context, of reflect.Type, out *json.Encoder) (n int64, err error) {
	sch, err := s.schemaOf(reflect.New(of).Elem())
	if err != nil {
		return 0, err
	}
	if err := out.Encode(backupTable{sch.Table}); err != nil {
		return 0, err
	}
	rows, err := s.r(ctx).Table(sch.Table).Order(firstColumns(sch)).Rows()
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for ; rows.Next(); n++ {
		row := reflect.New(of)
		if err := s.r(ctx).ScanRows(rows, row.Interface()); err != nil {
			return n, err
		}
		if err := out.Encode(s.object(ctx, sch, row.Elem())); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// firstColumns is an order that makes two backups of the same rows equal.
func firstColumns(sch *schema.Schema) string {
	if len(sch.PrimaryFieldDBNames) > 0 {
		return sch.PrimaryFieldDBNames[0]
	}
	return sch.DBNames[0]
}

// object returns a row by column, ready to be written as JSON.
func (s *Store) object(ctx context.Context, sch *schema.Schema, row reflect.Value) map[string]any {
	object := make(map[string]any, len(sch.DBNames))
	for _, name := range sch.DBNames {
		value, _ := sch.FieldsByDBName[name].ValueOf(ctx, row)
		if words, ok := value.(Strings); ok && words == nil {
			value = Strings{}
		}
		object[name] = value
	}
	return object
}

// restoreBatch is how many rows Restore stores at a time.
const restoreBatch = 1000

// Restore stores what Dump wrote in a database that is migrated and otherwise
// empty: all of it or nothing. It returns how many rows that were.
func (s *Store) Restore(ctx context.Context, r io.Reader) (rows int64, err error) {
	lines := bufio.NewReaderSize(r, 1<<20)
	err = s.InTx(ctx, func(tx *Store) error {
		if err := tx.mustBeEmpty(ctx); err != nil {
			return err
		}
		back := &restore{Store: tx, lines: json.NewDecoder(lines)}
		if err := back.all(ctx); err != nil {
			return err
		}
		rows = back.rows
		return tx.dialect.countOn(tx.w(ctx), "zones", "companies", "state_keys")
	})
	return rows, err
}

// mustBeEmpty refuses a database in which anybody has begun.
func (s *Store) mustBeEmpty(ctx context.Context) error {
	for _, table := range []string{"settings", "sites", "members", "audit"} {
		var n int64
		if err := s.r(ctx).Table(table).Limit(1).Count(&n).Error; err != nil {
			return err
		}
		if n > 0 {
			return ErrNotEmpty
		}
	}
	return nil
}

// restore reads a backup. A transaction that is tried again cannot read it anew,
// so nothing else may write to the database meanwhile.
type restore struct {
	*Store
	lines *json.Decoder
	rows  int64
}

func (b *restore) all(ctx context.Context) error {
	var head backupHead
	if err := b.lines.Decode(&head); err != nil || head.Kyoten != "backup" || head.Format != backupFormat {
		return ErrBackupBroken.Because(err)
	}
	version, err := schemaVersion(b.r(ctx))
	if err != nil {
		return err
	}
	if head.Schema != version || head.Tables != len(Tables) {
		return ErrBackupVersion.With("schema", head.Schema).Because(fmt.Errorf("its schema is %d, this program's is %d", head.Schema, version))
	}
	line, err := b.next()
	for _, table := range Tables {
		if err != nil {
			return err
		}
		if line, err = b.table(ctx, reflect.TypeOf(table), line); err != nil {
			return fmt.Errorf("restore %T: %w", table, err)
		}
	}
	var end int64
	if line["end"] == nil || json.Unmarshal(line["rows"], &end) != nil || end != b.rows {
		return ErrBackupBroken
	}
	if _, err := b.lines.Token(); !errors.Is(err, io.EOF) {
		return ErrBackupBroken.Because(errors.Join(errors.New("something stands behind the end"), err))
	}
	return nil
}

// next reads a line.
func (b *restore) next() (line map[string]json.RawMessage, err error) {
	if err := b.lines.Decode(&line); err != nil {
		return nil, ErrBackupBroken.Because(err)
	}
	return line, nil
}

// table stores the rows of one table, whose first line has been read, and returns
// the line after them.
func (b *restore) table(ctx context.Context, of reflect.Type, line map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	sch, err := b.schemaOf(reflect.New(of).Elem())
	if err != nil {
		return nil, err
	}
	var name string
	if json.Unmarshal(line["table"], &name) != nil || name != sch.Table {
		return nil, ErrBackupBroken
	}
	batch := reflect.MakeSlice(reflect.SliceOf(of), 0, restoreBatch)
	for {
		if line, err = b.next(); err != nil {
			return nil, err
		}
		over := line["table"] != nil && len(line) == 1 || line["end"] != nil
		if over || batch.Len() == restoreBatch {
			if err := b.Load(ctx, batch.Interface()); err != nil {
				return nil, err
			}
			b.rows += int64(batch.Len())
			batch = batch.Slice(0, 0)
		}
		if over {
			return line, nil
		}
		row, err := rowOf(ctx, sch, of, line)
		if err != nil {
			return nil, err
		}
		batch = reflect.Append(batch, row)
	}
}

// rowOf reads a row by its columns.
func rowOf(ctx context.Context, sch *schema.Schema, of reflect.Type, line map[string]json.RawMessage) (reflect.Value, error) {
	row := reflect.New(of).Elem()
	for column, raw := range line {
		field := sch.FieldsByDBName[column]
		if field == nil {
			return row, ErrBackupBroken.Because(fmt.Errorf("no column %s in %s", column, sch.Table))
		}
		if err := json.Unmarshal(raw, field.ReflectValueOf(ctx, row).Addr().Interface()); err != nil {
			return row, ErrBackupBroken.Because(errors.Join(fmt.Errorf("column %s of %s", column, sch.Table), err))
		}
	}
	return row, nil
}
