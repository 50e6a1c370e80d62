package ui

import (
	"encoding/json"
	"fmt"
)

// Shape is one piece of a floor plan's drawing, in centimetres from the upper
// left corner. models.FloorPlan keeps them as a JSON list, in the order in which
// they are drawn.
type Shape struct {
	Kind   string `json:"kind"` // one of the Shape kinds below
	X      int    `json:"x"`
	Y      int    `json:"y"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Zone   int    `json:"zone,omitempty"` // drawn only for those for whom the zone exists; 0 = for all
	NameJA string `json:"name_ja,omitempty"`
	NameEN string `json:"name_en,omitempty"`
}

// The kinds of shape. Lengths of 0 are allowed where a line is meant: a wall of
// width 400 and height 0 runs to the right.
const (
	ShapeArea      = "area"      // a floor with a name: a lounge, an office
	ShapeWall      = "wall"      // a line
	ShapeWindow    = "window"    // a double line
	ShapeDoor      = "door"      // a gap in a wall with its name
	ShapeFurniture = "furniture" // a table, a plant, a kitchen: not booked
	ShapeText      = "text"      // words alone, centred on x, y
)

var shapeKinds = map[string]bool{
	ShapeArea: true, ShapeWall: true, ShapeWindow: true, ShapeDoor: true, ShapeFurniture: true, ShapeText: true,
}

// ParseShapes reads the drawing of a floor plan and refuses what cannot be drawn.
func ParseShapes(raw string) ([]Shape, error) {
	if raw == "" {
		return nil, nil
	}
	var shapes []Shape
	if err := json.Unmarshal([]byte(raw), &shapes); err != nil {
		return nil, fmt.Errorf("read floor plan: %w", err)
	}
	for _, s := range shapes {
		if !shapeKinds[s.Kind] {
			return nil, fmt.Errorf("read floor plan: no shape %q", s.Kind)
		}
		if s.Width < 0 || s.Height < 0 {
			return nil, fmt.Errorf("read floor plan: %s of negative size", s.Kind)
		}
	}
	return shapes, nil
}

// SpotState is what a reader may do with a space in the period they look at.
type SpotState string

// The states. Each is told by shape, sign, word and colour.
const (
	SpotFree   SpotState = "free"
	SpotTaken  SpotState = "taken"
	SpotMine   SpotState = "mine"
	SpotClosed SpotState = "closed" // not to be booked: out of order, a fixed seat, a closed site
	SpotHere   SpotState = "here"   // staff pages: checked in
	SpotBooked SpotState = "booked" // staff pages: booked and not yet here
)

// Spot is a space on the plan, and a line of the list that equals it.
type Spot struct {
	ID       string
	Name     string
	Zone     string
	X, Y     int
	Width    int
	Height   int
	State    SpotState
	Words    string // the state in words: "free until 18:00"
	URL      string // where choosing it leads, "" when it cannot be chosen
	Chosen   bool
	OnPlan   bool // it has a place on this drawing
	Features []string
}

// Label is what a screen reader says of the spot.
func (s Spot) Label() string { return s.Name + ": " + s.Words }

// FontSize returns the size, in centimetres of the plan, at which the spot's
// name fits into its shape beside its sign.
func (s Spot) FontSize() int {
	width := 0.0
	for _, r := range s.Name {
		if r < 0x2E80 { // Latin letters and figures are about half as wide as they are high
			width += 0.6
		} else {
			width++
		}
	}
	return int(min(36, float64(s.Width-8)/max(width, 1), float64(s.Height)*0.5))
}

// MidX and MidY are the middle of the spot.
func (s Spot) MidX() int { return s.X + s.Width/2 }

// MidY is the middle of the spot, down the plan.
func (s Spot) MidY() int { return s.Y + s.Height/2 }

// NameY is where the name stands: below the middle when a sign is above it.
func (s Spot) NameY() int {
	if s.Sign() == "" || s.Height < 60 {
		return s.MidY()
	}
	return s.Y + s.Height*2/3
}

// Sign returns the path of the sign over the spot's name, drawn in a square of
// 24 around its origin, or "" for a free spot, which is marked by having none.
func (s Spot) Sign() string {
	switch s.State {
	case SpotTaken:
		return "M-6-6 6 6M6-6-6 6"
	case SpotMine, SpotHere:
		return "M-7 0-2 5 7-5"
	case SpotClosed:
		return "M-8 0H8"
	case SpotBooked:
		return "M0-7V0L5 3M8 0A8 8 0 1 1-8 0 8 8 0 1 1 8 0"
	}
	return ""
}

// Plan is a floor with its spots.
type Plan struct {
	Name   string
	Width  int
	Height int
	Under  string // address of a picture that lies under it, "" for none
	Shapes []PlanShape
	Spots  []Spot // those with a place on this floor
}

// PlanShape is a Shape with its name in the reader's language.
type PlanShape struct {
	Shape
	Name string
}

// MidX is where a shape's centred name stands.
func (s PlanShape) MidX() int { return s.X + s.Width/2 }

// MidY is where a shape's centred name stands, down the plan.
func (s PlanShape) MidY() int { return s.Y + s.Height/2 }

// Right and Bottom are the far corner of the shape.
func (s PlanShape) Right() int { return s.X + s.Width }

// Bottom is the lower edge of the shape.
func (s PlanShape) Bottom() int { return s.Y + s.Height }

// touchTarget is the least width and height of something to press, in pixels.
const touchTarget = 44

// widestPlan bounds how far a plan is enlarged for small seats: two and a half
// phones wide, then the list is the better tool.
const widestPlan = 960

// PixelWidth returns the width at which the plan is drawn at least, so that the
// smallest spot that can be chosen is a target a thumb can hit.
func (p Plan) PixelWidth() int {
	smallest := p.Width
	for _, s := range p.Spots {
		smallest = min(smallest, max(s.Width, s.Height))
	}
	if smallest <= 0 {
		return widestPlan
	}
	return min(widestPlan, p.Width*touchTarget/smallest)
}
