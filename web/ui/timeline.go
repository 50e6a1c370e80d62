package ui

// Timeline is a day of rooms, one row each, in quarters of an hour.
type Timeline struct {
	Label    string
	Quarters int // how many the day shows, a multiple of four
	Ticks    []Tick
	Groups   []TimelineGroup
	Now      int // the quarter that is running, -1 when the day does not show it
}

// Tick is an hour over the timeline.
type Tick struct {
	From int
	Text string
}

// TimelineGroup is the rooms of one site.
type TimelineGroup struct {
	Name string
	Note string // open until, closed today
	Rows []TimelineRow
}

// TimelineRow is one room.
type TimelineRow struct {
	ID   string
	Name string
	Note string // how many people, which equipment
	Bars []Bar
}

// Bar is a part of a row. Free time that can be chosen is a bar with a URL.
type Bar struct {
	From  int // first quarter, 0 = where the timeline begins
	For   int // how many quarters, at least 1
	Kind  string
	Text  string // what stands in the bar
	Words string // what a screen reader says: the hours and what they are
	URL   string
}

// The kinds of bar.
const (
	BarBusy   = "busy"
	BarMine   = "mine"
	BarClosed = "closed"
	BarOpen   = "open"
	BarChosen = "chosen"
)

// Meter says how full something is, drawn as two bars over one another: what is
// booked, and in front who has really come.
type Meter struct {
	Label  string
	Words  string
	Booked int // percent
	Filled int
}

// Full reports whether nothing is left.
func (m Meter) Full() bool { return m.Filled >= 100 }

// Percent returns part of whole in hundredths, between 0 and 100.
func Percent(part, whole int) int {
	if whole <= 0 {
		return 0
	}
	return max(0, min(100, part*100/whole))
}
