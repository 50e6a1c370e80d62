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
