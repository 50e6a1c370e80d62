package models

import (
	"context"
	"time"
)

// SiteMode is how the doors of a site behave.
type SiteMode string

// The modes of a site.
const (
	ModeNormal     SiteMode = "normal"
	ModeLockdown   SiteMode = "lockdown"   // nobody enters
	ModeEvacuation SiteMode = "evacuation" // nobody enters, everybody leaves
)

// Site is one place with an address, a time zone and opening hours. It is named
// by its slug everywhere. A site is data, never code.
type Site struct {
	Slug              string `gorm:"primaryKey"`
	NameJA            string
	NameEN            string
	AddressJA         string
	AddressEN         string
	Phone             string
	URL               string
	TimeZone          string // IANA name, checked when the site is saved
	Capacity          int    // how many people may be inside, 0 = not said
	ClosedOnHolidays  bool
	WalkIns           bool
	EarlyGraceMinutes int // how long before its booking a pass opens
	LateGraceMinutes  int // and how long after it
	MaxStayMinutes    int // after this a visit nobody ended is closed
	Mode              SiteMode
	ModeReason        string
	AnnouncementJA    string
	AnnouncementEN    string
	Position          int
	Version           int
	CreatedAt         time.Time
	UpdatedAt         time.Time

	Hours    []OpeningHours `gorm:"-"` // by weekday and opening; filled by Catalogue
	location *time.Location
}

// Location returns the site's time zone; UTC for a site that was not loaded
// through the catalogue.
func (s *Site) Location() *time.Location {
	if s.location == nil {
		return time.UTC
	}
	return s.location
}

// EarlyGrace returns how long before its booking a pass of the site opens.
func (s *Site) EarlyGrace() time.Duration { return time.Duration(s.EarlyGraceMinutes) * time.Minute }

// LateGrace returns how long after its booking a pass of the site still opens.
func (s *Site) LateGrace() time.Duration { return time.Duration(s.LateGraceMinutes) * time.Minute }

// OpeningHours is one opening of a site on a weekday, in minutes of wall time
// from local midnight.
type OpeningHours struct {
	Site    string
	Weekday time.Weekday
	Opens   int
	Closes  int
}

// TableName says opening_hours.
func (OpeningHours) TableName() string { return "opening_hours" }

// Holiday overrides the national calendar on one day ("2026-12-29"): a day off
// more, or a holiday on which the sites are open.
type Holiday struct {
	Day       string `gorm:"primaryKey"`
	NameJA    string
	NameEN    string
	IsHoliday bool
}

// Closure is a time when a site, one of its zones or one of its spaces cannot
// be used.
type Closure struct {
	ID        ID
	Site      string
	ZoneID    *int
	SpaceID   *ID
	StartsAt  time.Time
	EndsAt    time.Time
	Reason    string
	CreatedBy *ID
	Version   int
	CreatedAt time.Time
}

// Period returns the closed time.
func (c Closure) Period() Period { return Period{c.StartsAt, c.EndsAt} }

// Zone is a part of a site behind a door. Zones nest. Ids are small integers,
// since codes carry them.
type Zone struct {
	ID                  int
	Site                string
	ParentID            *int
	CompanyID           *int // the company it belongs to, its children with it
	NameJA              string
	NameEN              string
	LiveRequired        bool
	AntiPassback        string // off, soft, timed, hard
	AntiPassbackMinutes int
	Capacity            int // 0 = no limit
	OfflineHours        int // how old a gate's state may be for this zone
	Version             int
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

// FloorPlan is the drawing spaces are placed on. Shapes is a JSON list that
// package web knows how to draw; units are centimetres.
type FloorPlan struct {
	ID        ID
	Site      string
	NameJA    string
	NameEN    string
	Width     int
	Height    int
	Shapes    string
	Position  int
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time

	Picture      string // which FloorPicture lies under it: its digest, "" for none
	PictureShown bool   // members see it, too, not only who draws on it
}

// InsertSite stores a new site with its opening hours.
func (s *Store) InsertSite(ctx context.Context, site *Site) error {
	return s.InTx(ctx, func(tx *Store) error {
		site.Version = 1
		if err := tx.w(ctx).Create(site).Error; err != nil {
			return err
		}
		return tx.insertHours(ctx, site)
	})
}

func (s *Store) insertHours(ctx context.Context, site *Site) error {
	for i := range site.Hours {
		site.Hours[i].Site = site.Slug
	}
	if len(site.Hours) == 0 {
		return nil
	}
	return s.w(ctx).Create(&site.Hours).Error
}

// InsertZone stores a new zone; an ID of 0 is counted by the database and filled
// in.
func (s *Store) InsertZone(ctx context.Context, z *Zone) error {
	z.Version = 1
	if z.AntiPassback == "" {
		z.AntiPassback = "off"
	}
	return s.w(ctx).Create(z).Error
}

// InsertFloorPlan stores a new floor plan.
func (s *Store) InsertFloorPlan(ctx context.Context, f *FloorPlan) error {
	f.ID, f.Version = NewID(), 1
	return s.w(ctx).Create(f).Error
}

// SetSiteMode says how the doors of a site behave from now on.
func (s *Store) SetSiteMode(ctx context.Context, slug string, mode SiteMode, reason string) error {
	return changedOne(s.w(ctx).Exec("UPDATE sites SET mode = ?, mode_reason = ?, version = version + 1, updated_at = ? WHERE slug = ?",
		mode, reason, s.Now(), slug), ErrNotFound)
}
