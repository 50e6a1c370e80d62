package models

import (
	"context"
	"slices"
	"time"
)

// Company sends its people to the sites and may own zones (satellite offices).
// Its id is a small integer, since codes carry it; 0 is no company.
type Company struct {
	ID              int
	NameJA          string
	NameEN          string
	Kana            string
	PlanID          *ID
	StandingAccess  bool // its members may enter without a booking
	MinutesPerWeek  int  // pooled allowance over members and sites, 0 = no limit
	MinutesPerMonth int
	SuspendedAt     *time.Time
	Version         int
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Suspend ends or restores what the company's people may do at the doors.
func (c *Company) Suspend(on bool, now time.Time) {
	switch {
	case !on:
		c.SuspendedAt = nil
	case c.SuspendedAt == nil:
		c.SuspendedAt = &now
	}
}

// Barred reports whether the member may not book: suspended, no more, or of a
// company that is suspended.
func (c *Catalogue) Barred(m *Member) bool {
	company, err := c.Company(m.Company())
	return !m.Active() || err == nil && company.SuspendedAt != nil
}

// Plan is what a member may do.
type Plan struct {
	ID              ID
	NameJA          string
	NameEN          string
	IsDefault       bool
	AllSites        bool
	StandingAccess  bool
	MaxGuests       int
	NoShowLimit     int // so many no-shows in 30 days pause booking, 0 = never
	NoShowPauseDays int
	Version         int
	CreatedAt       time.Time
	UpdatedAt       time.Time

	Sites []string          `gorm:"-"` // where AllSites is false
	Rules map[Kind]PlanRule `gorm:"-"`
}

// GoodFor reports whether the plan lets its members book at the site.
func (p *Plan) GoodFor(site string) bool { return p.AllSites || slices.Contains(p.Sites, site) }

// Allows reports whether the plan lets its members book the space at all: at its
// site, and spaces of its kind.
func (p *Plan) Allows(s *Space) bool {
	_, kind := p.Rules[s.Kind]
	return kind && p.GoodFor(s.Site)
}

// PlanRule is what a plan allows for one kind of space; of a kind without one it
// allows none. Zero means no limit, except for GraceMinutes: zero means that nothing
// is released.
type PlanRule struct {
	PlanID              ID
	Kind                Kind
	HorizonDays         int
	NoticeMinutes       int
	MinMinutes          int
	MaxMinutes          int
	MaxOpen             int // bookings that are not over, at one time
	MinutesPerWeek      int
	MinutesPerMonth     int
	BufferMinutes       int // the space stays held this long after a booking
	CancelNoticeMinutes int
	GraceMinutes        int
}

// PlanSite is a site a plan is good for.
type PlanSite struct {
	PlanID ID
	Site   string
}

// InsertCompany stores a new company; an ID of 0 is counted by the database and
// filled in.
func (s *Store) InsertCompany(ctx context.Context, c *Company) error {
	c.Version = 1
	return s.w(ctx).Create(c).Error
}

// InsertPlan stores a new plan with its rules and sites.
func (s *Store) InsertPlan(ctx context.Context, p *Plan) error {
	return s.InTx(ctx, func(tx *Store) error {
		p.ID, p.Version = NewID(), 1
		if err := tx.w(ctx).Create(p).Error; err != nil {
			return err
		}
		return tx.insertPlanParts(ctx, p)
	})
}

func (s *Store) insertPlanParts(ctx context.Context, p *Plan) error {
	for kind, rule := range p.Rules {
		rule.PlanID, rule.Kind = p.ID, kind
		if err := s.w(ctx).Create(&rule).Error; err != nil {
			return err
		}
	}
	for _, site := range p.Sites {
		if err := s.w(ctx).Create(&PlanSite{PlanID: p.ID, Site: site}).Error; err != nil {
			return err
		}
	}
	return nil
}
