// Package demo is the sample consortium: the three real sites with invented
// people, seats, hours and bookings, made so that every page has something to
// show. Nothing in it is a fact but what sites.go says.
package demo

import (
	"context"
	"fmt"

	"kyoten/models"
)

// fact is what is publicly known of a site. Seats, hours and prices are not.
type fact struct {
	site     models.Site
	entrance models.Zone // the outermost zone, behind the entrance
}

// facts are the three sites the consortium began with.
func facts() []fact {
	return []fact{
		{
			models.Site{
				Slug: "shiojiri", NameJA: "テレワークセンターしおじり", NameEN: "Telework Center Shiojiri",
				AddressJA: "長野県塩尻市 大型商業施設 3階", AddressEN: "3rd floor of the shopping building, Shiojiri, Nagano",
			},
			models.Zone{NameJA: "テレワークセンター", NameEN: "Telework centre"},
		},
		{
			models.Site{
				Slug: "colabo", NameJA: "コラボ", NameEN: "Colabo", Phone: "0263-87-3102",
				AddressJA: "長野県塩尻市 塩尻情報プラザ 2階", AddressEN: "2nd floor, Shiojiri Joho Plaza, Shiojiri, Nagano",
			},
			models.Zone{NameJA: "ワークスペース", NameEN: "Work space"},
		},
		{
			models.Site{
				Slug: "knowers", NameJA: "ノウアーズ", NameEN: "Knower(s)", Phone: "0263-36-8890", URL: "https://knowers.jp",
				AddressJA: "長野県松本市 JR松本駅から徒歩7分", AddressEN: "Matsumoto, Nagano, 7 minutes on foot from JR Matsumoto",
			},
			models.Zone{NameJA: "ワークスペース", NameEN: "Work space"},
		},
	}
}

// siteOf completes a fact with what every site begins with.
func (f fact) siteOf(position int) models.Site {
	s := f.site
	s.TimeZone, s.Mode, s.ClosedOnHolidays, s.Position = "Asia/Tokyo", models.ModeNormal, true, position
	s.EarlyGraceMinutes, s.LateGraceMinutes, s.MaxStayMinutes = 15, 15, 16*60
	return s
}

func (f fact) zoneOf() models.Zone {
	z := f.entrance
	z.Site, z.AntiPassback, z.OfflineHours = f.site.Slug, "soft", 72
	return z
}

// Found stores the three sites as they really are, each with the zone behind its
// entrance, and a plan for everybody: what a consortium's database begins with.
// People, hours, spaces and gates are its administrator's to add.
func Found(ctx context.Context, store *models.Store) error {
	for i, f := range facts() {
		site, zone := f.siteOf(i), f.zoneOf()
		if err := store.InsertSite(ctx, &site); err != nil {
			return fmt.Errorf("store site %s: %w", site.Slug, err)
		}
		if err := store.InsertZone(ctx, &zone); err != nil {
			return fmt.Errorf("store entrance of %s: %w", site.Slug, err)
		}
	}
	plan := everyone()
	return store.InsertPlan(ctx, &plan)
}

// everyone is the plan of whoever has no other: all sites, seats for a day,
// rooms for half of one.
func everyone() models.Plan {
	return models.Plan{
		NameJA: "標準プラン", NameEN: "Standard plan", IsDefault: true, AllSites: true, MaxGuests: 10,
		Rules: map[models.Kind]models.PlanRule{
			models.KindSeat: {HorizonDays: 30, MaxMinutes: 12 * 60, MaxOpen: 20, GraceMinutes: 60},
			models.KindRoom: {HorizonDays: 30, MaxMinutes: 4 * 60, MaxOpen: 20, GraceMinutes: 15},
		},
	}
}
