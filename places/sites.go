package places

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"

	"kyoten/models"
)

var slugForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

const minutesOfDay = 24 * 60

var sites = noun[models.Site]{
	name: "site", insert: (*models.Store).InsertSite, update: (*models.Store).UpdateSite,
	facts: func(s *models.Site) facts { return facts{s.Slug, s.Slug, s.Version} },
	judge: judgeSite,
}

// CreateSite stores a new site.
func (s *Service) CreateSite(ctx context.Context, p models.Principal, site *models.Site) error {
	site.Mode = models.ModeNormal
	return sites.create(ctx, s, p, site)
}

// UpdateSite changes a site. Its slug stays: addresses and gates name it.
func (s *Service) UpdateSite(ctx context.Context, p models.Principal, slug string, match models.Match, change func(*models.Site)) (models.Site, error) {
	return sites.edit(ctx, s, p, match, func(tx *models.Store) (models.Site, error) { return tx.SiteForEdit(ctx, slug) }, change)
}

// DeleteSite removes a site in which there is nothing yet; models.ErrInUse
// otherwise.
func (s *Service) DeleteSite(ctx context.Context, p models.Principal, slug string) error {
	return s.remove(ctx, p, "site", slug, slug, func(tx *models.Store) error { return tx.DeleteSite(ctx, slug) })
}

func judgeSite(_ context.Context, _ *models.Store, c *models.Catalogue, site *models.Site) error {
	lineUp(&site.Position, len(c.Sites()))
	if !slugForm.MatchString(site.Slug) {
		return models.ErrInvalidInput.On("slug").Saying("slug")
	}
	if err := named(&site.NameJA, &site.NameEN); err != nil {
		return err
	}
	if _, err := time.LoadLocation(site.TimeZone); err != nil || site.TimeZone == "" || site.TimeZone == "Local" {
		return ErrTimeZone.On("time_zone")
	}
	return judgeHours(site.Hours)
}

// judgeHours sorts the openings and refuses those that do not fit together.
func judgeHours(hours []models.OpeningHours) error {
	slices.SortFunc(hours, func(a, b models.OpeningHours) int {
		return cmp.Or(cmp.Compare(a.Weekday, b.Weekday), cmp.Compare(a.Opens, b.Opens))
	})
	for i, h := range hours {
		switch {
		case h.Weekday < time.Sunday || h.Weekday > time.Saturday,
			h.Opens < 0 || h.Opens >= h.Closes || h.Closes > minutesOfDay,
			i > 0 && hours[i-1].Weekday == h.Weekday && hours[i-1].Closes > h.Opens:
			return ErrHours.On("opening_hours")
		}
	}
	return nil
}

// SetHoliday overrides the national calendar on a day: a day off more, or a
// holiday on which the sites are open. It returns what it stored.
func (s *Service) SetHoliday(ctx context.Context, p models.Principal, h models.Holiday) (models.Holiday, error) {
	if err := admin(p); err != nil {
		return h, err
	}
	if err := named(&h.NameJA, &h.NameEN); err != nil {
		return h, err
	}
	return h, s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.SetHoliday(ctx, h); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "holiday.set", "holiday", h.Day, "", h)
	})
}

// DeleteHoliday gives a day back to the national calendar.
func (s *Service) DeleteHoliday(ctx context.Context, p models.Principal, day models.Day) error {
	return s.remove(ctx, p, "holiday", day.String(), "", func(tx *models.Store) error { return tx.DeleteHoliday(ctx, day.String()) })
}

// DeleteClosure opens a place again before its time, and tells those who lost their
// bookings by it. The desk of the site may.
func (s *Service) DeleteClosure(ctx context.Context, p models.Principal, c models.Closure) error {
	if !p.Runs(c.Site) {
		return models.ErrForbidden
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.DeleteClosure(ctx, c.ID); err != nil {
			return err
		}
		if err := tx.TellReopened(ctx, c); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "closure.delete", "closure", c.ID.String(), c.Site, map[string]any{"starts_at": c.StartsAt, "ends_at": c.EndsAt})
	})
}
