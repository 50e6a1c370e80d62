package booking

import (
	"errors"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// at returns the instant at which clocks in Tokyo show hh:mm on the n-th day
// after the test's Monday.
func at(day, hour, minute int) time.Time { return modelstest.At(day, hour, minute) }

// world is a catalogue and its people, read once for all rule tests.
func world(t *testing.T) (*models.Catalogue, *modelstest.World) {
	t.Helper()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	closures := []models.Closure{
		{Site: "colabo", StartsAt: at(2, 12, 0), EndsAt: at(2, 14, 0), Reason: "inspection"},
		{Site: "colabo", SpaceID: &w.Seats[1].ID, StartsAt: at(3, 9, 0), EndsAt: at(3, 21, 0), Reason: "chair"},
	}
	for i := range closures {
		if err := store.InsertClosure(t.Context(), &closures[i]); err != nil {
			t.Fatal(err)
		}
	}
	cat, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cat, w
}

func TestTheFirstBrokenRuleIsTold(t *testing.T) {
	t.Parallel()
	cat, w := world(t)
	plan := models.Plan{
		AllSites: true, MaxGuests: 3,
		Rules: map[models.Kind]models.PlanRule{
			models.KindSeat: {HorizonDays: 10, NoticeMinutes: 30, MinMinutes: 60, MaxMinutes: 480},
			models.KindRoom: {HorizonDays: 10, MaxMinutes: 240},
		},
	}
	seat, room, office := []models.ID{w.Seats[0].ID}, []models.ID{w.Room.ID}, []models.ID{w.OfficeSeat.ID}
	for name, tt := range map[string]struct {
		now      time.Time
		from, to time.Time
		spaces   []models.ID
		guests   int
		want     error
	}{
		"all is well":                        {at(0, 9, 0), at(0, 10, 0), at(0, 12, 0), seat, 0, nil},
		"start between the steps":            {at(0, 9, 0), at(0, 10, 10), at(0, 12, 0), seat, 0, ErrOffGrain},
		"end between the steps":              {at(0, 9, 0), at(0, 10, 0), at(0, 12, 7), seat, 0, ErrOffGrain},
		"a second off":                       {at(0, 9, 0), at(0, 10, 0).Add(time.Second), at(0, 12, 0), seat, 0, ErrOffGrain},
		"off the grain and in the past":      {at(0, 9, 0), at(0, 8, 50), at(0, 12, 0), seat, 0, ErrOffGrain},
		"the step before the running one":    {at(0, 10, 15), at(0, 10, 0), at(0, 12, 0), room, 0, ErrInThePast},
		"the running step":                   {at(0, 10, 5), at(0, 10, 0), at(0, 12, 0), room, 0, nil},
		"the running step's last second":     {at(0, 10, 15).Add(-time.Second), at(0, 10, 0), at(0, 12, 0), room, 0, nil},
		"in the past and closed":             {at(0, 9, 0), at(-1, 10, 0), at(-1, 12, 0), seat, 0, ErrInThePast},
		"sooner than the notice":             {at(0, 9, 31), at(0, 10, 0), at(0, 12, 0), seat, 0, ErrTooLateToBook},
		"exactly at the notice":              {at(0, 9, 30), at(0, 10, 0), at(0, 12, 0), seat, 0, nil},
		"the end exactly at the horizon":     {at(0, 12, 0), at(10, 10, 0), at(10, 12, 0), seat, 0, nil},
		"the end a step beyond the horizon":  {at(0, 12, 0), at(10, 10, 0), at(10, 12, 15), seat, 0, ErrTooFarAhead},
		"too far ahead and too short":        {at(0, 9, 0), at(20, 10, 0), at(20, 10, 15), seat, 0, ErrTooFarAhead},
		"shorter than the least":             {at(0, 9, 0), at(0, 10, 0), at(0, 10, 45), seat, 0, ErrTooShort},
		"exactly the least":                  {at(0, 9, 0), at(0, 10, 0), at(0, 11, 0), seat, 0, nil},
		"longer than the most":               {at(0, 9, 0), at(0, 10, 0), at(0, 14, 15), room, 0, ErrTooLong},
		"exactly the most":                   {at(0, 9, 0), at(0, 10, 0), at(0, 14, 0), room, 0, nil},
		"too long and closed":                {at(0, 9, 0), at(2, 10, 0), at(2, 15, 0), room, 0, ErrTooLong},
		"another company's seat":             {at(0, 9, 0), at(0, 10, 0), at(0, 12, 0), office, 0, models.ErrSpaceNotBookable},
		"over a closure":                     {at(0, 9, 0), at(2, 11, 0), at(2, 13, 0), room, 0, ErrSiteClosed},
		"up to a closure":                    {at(0, 9, 0), at(2, 10, 0), at(2, 12, 0), room, 0, nil},
		"from the end of a closure":          {at(0, 9, 0), at(2, 14, 0), at(2, 16, 0), room, 0, nil},
		"the space itself is closed":         {at(0, 9, 0), at(3, 10, 0), at(3, 12, 0), []models.ID{w.Seats[1].ID}, 0, ErrSiteClosed},
		"its neighbour is closed":            {at(0, 9, 0), at(3, 10, 0), at(3, 12, 0), seat, 0, nil},
		"closed and before the opening":      {at(2, 8, 0), at(3, 8, 0), at(3, 12, 0), []models.ID{w.Seats[1].ID}, 0, ErrSiteClosed},
		"before the opening":                 {at(0, 7, 0), at(0, 8, 0), at(0, 10, 0), seat, 0, ErrOutsideOpeningHours},
		"over the closing":                   {at(0, 9, 0), at(0, 20, 0), at(0, 21, 15), seat, 0, ErrOutsideOpeningHours},
		"up to the closing":                  {at(0, 9, 0), at(0, 20, 0), at(0, 21, 0), seat, 0, nil},
		"a weekday without hours":            {at(0, 9, 0), at(6, 10, 0), at(6, 12, 0), seat, 0, ErrOutsideOpeningHours},
		"as many as the room holds":          {at(0, 9, 0), at(0, 10, 0), at(0, 12, 0), room, 3, nil},
		"more guests than the plan lets":     {at(0, 9, 0), at(0, 10, 0), at(0, 12, 0), room, 4, ErrTooManyGuests},
		"more people than the room holds":    {at(0, 9, 0), at(0, 10, 0), at(0, 12, 0), room, 6, ErrCapacityExceeded},
		"outside hours and too many people":  {at(0, 7, 0), at(0, 8, 0), at(0, 10, 0), room, 6, ErrOutsideOpeningHours},
		"the second space breaks a rule":     {at(0, 9, 0), at(2, 10, 0), at(2, 13, 0), []models.ID{w.FarRoom.ID, w.Room.ID}, 0, ErrSiteClosed},
		"rooms hold people together":         {at(0, 9, 0), at(0, 10, 0), at(0, 12, 0), []models.ID{w.FarRoom.ID, w.Room.ID}, 3, nil},
		"an earlier rule of a later space":   {at(0, 9, 31), at(0, 10, 0), at(0, 14, 15), []models.ID{w.Room.ID, w.Seats[0].ID}, 0, ErrTooLateToBook},
		"of one rule the first space counts": {at(0, 9, 0), at(0, 10, 0), at(0, 10, 30), []models.ID{w.Seats[0].ID, w.Seats[2].ID}, 1, ErrTooShort},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := proposal{
				cat: cat, organizer: w.Ann, plan: &plan, now: tt.now, guests: tt.guests,
				period: models.Period{StartsAt: tt.from, EndsAt: tt.to},
			}
			for _, id := range tt.spaces {
				s, err := cat.Space(id)
				if err != nil {
					t.Fatal(err)
				}
				p.spaces = append(p.spaces, s)
			}
			if err := p.judge(); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAChangeIsJudgedOnTheEndsThatChange(t *testing.T) {
	t.Parallel()
	cat, w := world(t)
	seat, err := cat.Space(w.Seats[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	other, err := cat.Space(w.Seats[2].ID)
	if err != nil {
		t.Fatal(err)
	}
	plan := models.Plan{
		AllSites: true, MaxGuests: 3,
		Rules: map[models.Kind]models.PlanRule{models.KindSeat: {HorizonDays: 10, NoticeMinutes: 60, MaxMinutes: 480}},
	}
	old := models.Booking{
		StartsAt: at(0, 10, 0), EndsAt: at(0, 12, 0), Status: models.BookingCheckedIn, OrganizerID: w.Ann.ID,
		Spaces: []models.BookingSpace{{SpaceID: seat.ID, Site: "colabo", Kind: models.KindSeat, Active: true}},
	}
	for name, tt := range map[string]struct {
		now      time.Time
		from, to time.Time
		space    *models.Space
		want     error
	}{
		"a running one made longer":         {at(0, 11, 0), at(0, 10, 0), at(0, 14, 0), seat, nil},
		"a running one made shorter":        {at(0, 11, 0), at(0, 10, 0), at(0, 11, 30), seat, nil},
		"ended before now":                  {at(0, 11, 0), at(0, 10, 0), at(0, 10, 45), seat, ErrInThePast},
		"begun earlier than now":            {at(0, 11, 0), at(0, 10, 30), at(0, 12, 0), seat, ErrInThePast},
		"put off with too little notice":    {at(0, 11, 0), at(0, 11, 30), at(0, 12, 0), seat, ErrTooLateToBook},
		"made longer beyond closing":        {at(0, 11, 0), at(0, 10, 0), at(0, 21, 30), seat, ErrTooLong},
		"made longer off the grain":         {at(0, 11, 0), at(0, 10, 0), at(0, 12, 5), seat, ErrOffGrain},
		"to another seat while it runs":     {at(0, 11, 0), at(0, 10, 0), at(0, 12, 0), other, nil},
		"to a day without hours":            {at(0, 8, 0), at(6, 10, 0), at(6, 12, 0), seat, ErrOutsideOpeningHours},
		"shortened, although closed by now": {at(0, 11, 0), at(0, 10, 0), at(0, 11, 15), seat, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := proposal{
				cat: cat, organizer: w.Ann, plan: &plan, now: tt.now, old: &old, spaces: []*models.Space{tt.space},
				period: models.Period{StartsAt: tt.from, EndsAt: tt.to},
			}
			if err := p.judge(); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestTheGrainCountsFromLocalMidnight(t *testing.T) {
	t.Parallel()
	load := func(name string) *time.Location {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return loc
	}
	kathmandu, lordHowe, tokyo := load("Asia/Kathmandu"), load("Australia/Lord_Howe"), load("Asia/Tokyo")
	for name, tt := range map[string]struct {
		at    time.Time
		grain int
		want  bool
	}{
		"an hour where midnight is at a quarter":     {time.Date(2026, 12, 7, 10, 0, 0, 0, kathmandu), 60, true},
		"the same instant is off in Tokyo":           {time.Date(2026, 12, 7, 10, 0, 0, 0, kathmandu).In(tokyo), 60, false},
		"after a clock change of half an hour":       {time.Date(2026, 10, 4, 10, 0, 0, 0, lordHowe), 60, true},
		"half a day":                                 {time.Date(2026, 12, 7, 12, 0, 0, 0, tokyo), 720, true},
		"an hour into half a day":                    {time.Date(2026, 12, 7, 13, 0, 0, 0, tokyo), 720, false},
		"midnight ends the day and begins the grain": {time.Date(2026, 12, 8, 0, 0, 0, 0, tokyo), 1440, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := isOnGrain(tt.at, tt.grain, tt.at.Location()); got != tt.want {
				t.Errorf("isOnGrain(%s, %d) = %t, want %t", tt.at, tt.grain, got, tt.want)
			}
		})
	}
}

func TestWeeksBeginOnMondayAndMonthsOnTheFirst(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	sundayNight := models.Period{
		StartsAt: time.Date(2027, 1, 31, 22, 0, 0, 0, tokyo).UTC(), EndsAt: time.Date(2027, 2, 1, 2, 0, 0, 0, tokyo).UTC(),
	}
	weeks := weeksOf(sundayNight, tokyo)
	if len(weeks) != 2 || !weeks[0].EndsAt.Equal(time.Date(2027, 2, 1, 0, 0, 0, 0, tokyo)) || !weeks[0].EndsAt.Equal(weeks[1].StartsAt) {
		t.Errorf("weeks are %v, want two that meet at Monday's midnight", weeks)
	}
	months := monthsOf(sundayNight, tokyo)
	if len(months) != 2 || !months[1].StartsAt.Equal(time.Date(2027, 2, 1, 0, 0, 0, 0, tokyo)) || months[1].Length() != 28*24*time.Hour {
		t.Errorf("months are %v, want January and February of 2027", months)
	}
}
