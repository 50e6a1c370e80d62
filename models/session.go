package models

import "time"

// Session is a sign-in. Only the SHA-256 of its token is stored.
type Session struct {
	ID         ID
	TokenHash  string
	MemberID   ID
	UserAgent  string
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
}

// Token is a personal token of a member, for programs.
type Token struct {
	ID         ID
	TokenHash  string
	MemberID   ID
	Name       string
	CreatedAt  time.Time
	LastUsedAt *time.Time
}

// LinkPurpose is what a one-time link is for.
type LinkPurpose string

// The purposes of one-time links.
const (
	LinkFirstAdmin  LinkPurpose = "first_admin"
	LinkSetPassword LinkPurpose = "set_password"
)

// Link is a one-time link; only the SHA-256 of its token is stored.
type Link struct {
	TokenHash string `gorm:"primaryKey"`
	Purpose   LinkPurpose
	MemberID  *ID
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
}

// SignInFailure counts failed sign-ins of one account from one address.
type SignInFailure struct {
	Who          string `gorm:"primaryKey"` // SHA-256 of account and address
	Failures     int
	FirstAt      time.Time
	BlockedUntil *time.Time
}

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
