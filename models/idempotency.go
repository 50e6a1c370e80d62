package models

import "time"

// IdempotencyKey is the answer to a request that may be sent again.
type IdempotencyKey struct {
	Caller      string `gorm:"primaryKey"`
	Route       string `gorm:"primaryKey"`
	Key         string `gorm:"primaryKey"`
	BodyHash    string
	Status      int    // 0 while the first request is still at work
	Headers     string // JSON
	Body        string
	CreatedAt   time.Time
	LockedUntil *time.Time
}
