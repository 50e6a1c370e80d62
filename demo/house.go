package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"kyoten/auth"
	"kyoten/models"
)

// What the sites announce: nobody should take the sample for the real thing.
const (
	sampleJA = "これは見本データです。席数・営業時間・会社・人物・予約はすべて架空のものです。"
	sampleEN = "This is sample data: seats, hours, companies, people and bookings are invented."
)

// house stores what stands still: plan, companies, sites, zones, spaces, floor
// plans, gates.
func (b *builder) house(ctx context.Context, tx *models.Store) error {
	b.entrance, b.offices = map[string]int{}, map[int]int{}
	plan := everyone()
	if err := tx.InsertPlan(ctx, &plan); err != nil {
		return err
	}
	for _, c := range companies {
		row := models.Company{NameJA: c.nameJA, NameEN: c.nameEN, Kana: c.kana}
		if err := tx.InsertCompany(ctx, &row); err != nil {
			return err
		}
		b.companies = append(b.companies, row)
	}
	for i, f := range facts() {
		if err := b.site(ctx, tx, i, f); err != nil {
			return fmt.Errorf("store site %s: %w", f.site.Slug, err)
		}
	}
	return tx.Load(ctx, b.spaces, b.gates)
}

// site stores one site with its zones, its floor plan and its gates.
func (b *builder) site(ctx context.Context, tx *models.Store, position int, f fact) error {
	plan := b.layouts[position]
	site, entrance := f.siteOf(position), f.zoneOf()
	site.Capacity, site.WalkIns, site.AnnouncementJA, site.AnnouncementEN = plan.capacity, plan.walkIns, sampleJA, sampleEN
	for day := time.Monday; day <= time.Saturday; day++ {
		site.Hours = append(site.Hours, models.OpeningHours{Weekday: day, Opens: 9 * 60, Closes: 21 * 60})
	}
	if err := tx.InsertSite(ctx, &site); err != nil {
		return err
	}
	if err := tx.InsertZone(ctx, &entrance); err != nil {
		return err
	}
	b.entrance[site.Slug] = entrance.ID
	b.gate(site.Slug+"-entrance", site.Slug, "入口 / Entrance", nil, entrance.ID)
	if site.Slug == "shiojiri" {
		if err := b.addOffices(ctx, tx, site.Slug, entrance.ID); err != nil {
			return err
		}
	}
	floor := plan.floor(b)
	if err := tx.InsertFloorPlan(ctx, &floor); err != nil {
		return err
	}
	b.addSpaces(plan, floor.ID)
	return nil
}

// addOffices stores the satellite offices, each a zone of its company behind a
// door of its own.
func (b *builder) addOffices(ctx context.Context, tx *models.Store, site string, entrance int) error {
	for i, c := range companies {
		if c.officeJA == "" {
			continue
		}
		zone := models.Zone{
			Site: site, ParentID: &entrance, CompanyID: &b.companies[i].ID, NameJA: c.officeJA, NameEN: c.officeEN,
			AntiPassback: "off", OfflineHours: 24,
		}
		if err := tx.InsertZone(ctx, &zone); err != nil {
			return err
		}
		b.offices[i+1] = zone.ID
		name := "shiojiri-office"
		if i > 0 {
			name = fmt.Sprintf("shiojiri-office%d", i+1)
		}
		b.gate(name, site, c.officeJA+" / "+c.officeEN, &entrance, zone.ID)
	}
	return nil
}

// gate makes a door with a reader on either side and a fixed token.
func (b *builder) gate(name, site, label string, from *int, to int) {
	b.gates = append(b.gates, models.Gate{
		ID: b.dice.id(b.now), Site: site, Name: label, FromZone: from, ToZone: to, Direction: "both", ExitOpens: "always",
		TokenHash: auth.HashToken(GateToken(name)), CreatedAt: b.now.AddDate(0, -3, 0),
	})
}

// GateToken is the fixed token of a gate of the demo: of "colabo-entrance",
// "shiojiri-office" and so on.
func GateToken(name string) string { return "demo-gate-" + name }

// zone returns the zone of something that stands in the office of a company, or
// in the open.
func (b *builder) zone(site string, office int) int {
	if office > 0 {
		return b.offices[office]
	}
	return b.entrance[site]
}

// floor returns the drawing with the shared desks of the seats in it.
func (l layout) floor(b *builder) models.FloorPlan {
	shapes := append([]shape(nil), l.shapes...)
	for _, bl := range l.blocks {
		if bl.rows == 2 && bl.office == 0 && bl.letter != "F" {
			width := bl.cols*bl.w + (bl.cols-1)*bl.gapX
			shapes = append(shapes, shape{Kind: "furniture", X: bl.x, Y: bl.y + bl.h + 5, Width: width, Height: bl.gapY - 10})
		}
	}
	for i := range shapes {
		if shapes[i].office > 0 {
			shapes[i].Zone = b.offices[shapes[i].office]
		}
	}
	drawing, _ := json.Marshal(shapes) // numbers and words: cannot fail
	return models.FloorPlan{Site: l.slug, NameJA: l.nameJA, NameEN: l.nameEN, Width: l.width, Height: l.height, Shapes: string(drawing)}
}

// addSpaces makes the seats and rooms of a floor.
func (b *builder) addSpaces(l layout, floor models.ID) {
	position := 0
	add := func(s models.Space, office int) {
		s.ID, s.Site, s.ZoneID, s.FloorPlanID = b.dice.id(b.now), l.slug, b.zone(l.slug, office), &floor
		s.Bookable, s.GrainMinutes, s.Position, s.Version = true, 15, position, 1
		b.spaces = append(b.spaces, s)
		position++
	}
	for _, bl := range l.blocks {
		for i := range bl.cols * bl.rows {
			name := fmt.Sprintf("%s-%d", bl.letter, i+1)
			add(models.Space{
				Kind: models.KindSeat, NameJA: name, NameEN: name, Capacity: 1, Equipment: bl.equipment,
				X: bl.x + i%bl.cols*(bl.w+bl.gapX), Y: bl.y + i/bl.cols*(bl.h+bl.gapY), Width: bl.w, Height: bl.h,
			}, bl.office)
		}
	}
	for i, r := range l.rooms {
		s := models.Space{
			Kind: models.KindRoom, NameJA: r.nameJA, NameEN: r.nameEN, Capacity: r.capacity, Equipment: r.equipment,
			X: r.x, Y: r.y, Width: r.w, Height: r.h,
		}
		if r.video {
			s.VideoAddress = fmt.Sprintf("sip:%s-%d@video.kyoten.example", l.slug, i+1)
		}
		add(s, r.office)
	}
}
