package models

import (
	"context"
	"errors"
)

// Setting is a fact about the whole database.
type Setting struct {
	Name  string `gorm:"primaryKey"`
	Value string
}

// Setting returns the value of a setting, "" when it was never set.
func (s *Store) Setting(ctx context.Context, name string) (string, error) {
	var row Setting
	err := s.r(ctx).Where("name = ?", name).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return row.Value, err
}

// SetSetting sets it.
func (s *Store) SetSetting(ctx context.Context, name, value string) error {
	return s.w(ctx).Exec(`INSERT INTO settings (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value).Error
}

// ClaimSetting sets a setting that has no value yet and reports whether it did.
// Of several servers that start together on an empty database one wins; the
// others wait for its transaction.
func (s *Store) ClaimSetting(ctx context.Context, name, value string) (bool, error) {
	res := s.w(ctx).Exec("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, value)
	return res.RowsAffected == 1, res.Error
}
