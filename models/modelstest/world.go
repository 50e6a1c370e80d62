package modelstest

import (
	"fmt"
	"testing"
	"time"

	"kyoten/models"
)

// World is a small consortium: two sites, one company with an office at the
// first of them, one plan, a few people. Both sites are open 09:00 to 21:00 from
// Monday to Saturday.
type World struct {
	Colabo, Shiojiri *models.Site
	Entrance         map[string]int // the outermost zone of each site
	Office           int            // Acme's zone at Shiojiri, behind its entrance
	Acme             *models.Company
	Plan             *models.Plan

	Seats      []models.Space // four at Colabo
	Room       models.Space   // at Colabo, six people, a monitor
	FarRoom    models.Space   // at Shiojiri
	OfficeSeat models.Space   // in Acme's office

	Ann, Bob *models.Member // no company
	Worker   *models.Member // of Acme
	Manager  *models.Member // of Acme
	Desk     *models.Member // staff at Colabo
	Admin    *models.Member
}

// NewWorld stores a World.
func NewWorld(t testing.TB, store *models.Store) *World {
	t.Helper()
	w := &World{Entrance: map[string]int{}}
	w.Plan = &models.Plan{
		NameJA: "標準", NameEN: "Standard", IsDefault: true, AllSites: true, MaxGuests: 10,
		Rules: map[models.Kind]models.PlanRule{
			models.KindSeat: {HorizonDays: 30, MaxMinutes: 720, MaxOpen: 20, GraceMinutes: 60},
			models.KindRoom: {HorizonDays: 30, MaxMinutes: 240, MaxOpen: 20, GraceMinutes: 15},
		},
	}
	must(t, store.InsertPlan(t.Context(), w.Plan))
	w.Acme = &models.Company{NameJA: "アクメ株式会社", NameEN: "Acme"}
	must(t, store.InsertCompany(t.Context(), w.Acme))
	w.Colabo = w.site(t, store, "colabo", "コラボ", "Colabo")
	w.Shiojiri = w.site(t, store, "shiojiri", "テレワークセンターしおじり", "Telework Center Shiojiri")
	w.addOffice(t, store)
	w.addSpaces(t, store)
	w.addPeople(t, store)
	return w
}

// At returns the instant at which clocks at the sites show hh:mm on the n-th day
// after Monday (0 is Monday itself).
func At(day, hour, minute int) time.Time {
	return Monday.Add(time.Duration(day)*24*time.Hour + time.Duration(hour-8)*time.Hour + time.Duration(minute)*time.Minute)
}

// Hours returns the period between two full hours on Monday.
func Hours(from, to int) models.Period {
	return models.Period{StartsAt: At(0, from, 0), EndsAt: At(0, to, 0)}
}

func (w *World) site(t testing.TB, store *models.Store, slug, ja, en string) *models.Site {
	t.Helper()
	site := &models.Site{
		Slug: slug, NameJA: ja, NameEN: en, TimeZone: "Asia/Tokyo", Mode: models.ModeNormal, ClosedOnHolidays: true,
		EarlyGraceMinutes: 15, LateGraceMinutes: 15, MaxStayMinutes: 960, Capacity: 60,
	}
	for day := time.Monday; day <= time.Saturday; day++ {
		site.Hours = append(site.Hours, models.OpeningHours{Weekday: day, Opens: 9 * 60, Closes: 21 * 60})
	}
	must(t, store.InsertSite(t.Context(), site))
	zone := &models.Zone{Site: slug, NameJA: "入口", NameEN: "Entrance", AntiPassback: "soft", OfflineHours: 72}
	must(t, store.InsertZone(t.Context(), zone))
	w.Entrance[slug] = zone.ID
	return site
}

func (w *World) addOffice(t testing.TB, store *models.Store) {
	t.Helper()
	parent := w.Entrance["shiojiri"]
	office := &models.Zone{
		Site: "shiojiri", ParentID: &parent, CompanyID: &w.Acme.ID, NameJA: "アクメ", NameEN: "Acme", OfflineHours: 24,
	}
	must(t, store.InsertZone(t.Context(), office))
	w.Office = office.ID
}

func (w *World) addSpaces(t testing.TB, store *models.Store) {
	t.Helper()
	spaces := []models.Space{
		{Site: "colabo", Kind: models.KindRoom, NameJA: "会議室1", NameEN: "Room 1", Capacity: 6, Equipment: models.Strings{"monitor"}, VideoAddress: "sip:room1@colabo.example"},
		{Site: "shiojiri", Kind: models.KindRoom, NameJA: "会議室A", NameEN: "Room A", Capacity: 8, Equipment: models.Strings{"monitor", "whiteboard"}, VideoAddress: "sip:rooma@shiojiri.example"},
		{Site: "shiojiri", Kind: models.KindSeat, NameJA: "アクメ1", NameEN: "Acme 1", Capacity: 1, ZoneID: w.Office},
	}
	for i := range 4 {
		spaces = append(spaces, models.Space{Site: "colabo", Kind: models.KindSeat, NameJA: fmt.Sprintf("席%d", i+1), NameEN: fmt.Sprintf("Seat %d", i+1), Capacity: 1, Position: i})
	}
	for i := range spaces {
		spaces[i].Bookable, spaces[i].GrainMinutes = true, 15
		if spaces[i].ZoneID == 0 {
			spaces[i].ZoneID = w.Entrance[spaces[i].Site]
		}
	}
	must(t, store.InsertSpaces(t.Context(), spaces))
	w.Room, w.FarRoom, w.OfficeSeat, w.Seats = spaces[0], spaces[1], spaces[2], spaces[3:]
}

func (w *World) addPeople(t testing.TB, store *models.Store) {
	t.Helper()
	home := "colabo"
	person := func(email, name string, role models.Role, company *int, sites ...string) *models.Member {
		m := &models.Member{Email: email + "@kyoten.example", Name: name, Role: role, CompanyID: company, HomeSite: &home}
		must(t, store.InsertMember(t.Context(), m, sites...))
		return m
	}
	w.Ann = person("ann", "安藤 杏", models.RoleMember, nil)
	w.Bob = person("bob", "Bob Lee", models.RoleMember, nil)
	w.Worker = person("worker", "若林 航", models.RoleMember, &w.Acme.ID)
	w.Manager = person("manager", "真島 奈", models.RoleManager, &w.Acme.ID)
	w.Desk = person("desk", "出口 すみ", models.RoleStaff, nil, "colabo")
	w.Admin = person("admin", "足立 みん", models.RoleAdmin, nil)
}

// As returns a member as the one who is asking.
func As(t testing.TB, store *models.Store, m *models.Member) models.Principal {
	t.Helper()
	p, err := store.PrincipalOf(t.Context(), *m)
	must(t, err)
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
