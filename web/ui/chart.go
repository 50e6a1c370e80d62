package ui

import (
	"fmt"
	"strings"
)

// Heat is a table whose cells are shaded by their value, from 0 (nothing) to 10.
type Heat struct {
	Columns []string
	Rows    []HeatRow
}

// HeatRow is one row of the table.
type HeatRow struct {
	Name  string
	Cells []HeatCell
}

// HeatCell is one cell: what it says, and how dark it is.
type HeatCell struct {
	Text  string
	Shade int
}

// Curve is a line chart over time, drawn by the server; the table under it says
// the same.
type Curve struct {
	Names  []string // of the lines
	Points []CurvePoint
}

// CurvePoint is one place on the axis with a value for each line.
type CurvePoint struct {
	Label  string
	Values []int
	Words  []string // the values in words, for the table
}

// The size of the drawing, in its own units.
const (
	curveWidth  = 600
	curveHeight = 160
)

// Line returns the path of the i-th line.
func (c Curve) Line(i int) string {
	var path strings.Builder
	for n, p := range c.Points {
		fmt.Fprintf(&path, "%c%d %d", "ML"[min(n, 1)], c.X(n), curveHeight-p.Values[i]*curveHeight/c.highest())
	}
	return path.String()
}

// Area returns the path of the i-th line, closed at the bottom.
func (c Curve) Area(i int) string {
	return fmt.Sprintf("%sL%d %dL0 %dZ", c.Line(i), c.X(len(c.Points)-1), curveHeight, curveHeight)
}

// X returns where the n-th point stands.
func (c Curve) X(n int) int {
	if len(c.Points) < 2 {
		return 0
	}
	return n * curveWidth / (len(c.Points) - 1)
}

func (c Curve) highest() int {
	highest := 1
	for _, p := range c.Points {
		for _, value := range p.Values {
			highest = max(highest, value)
		}
	}
	return highest
}

// First and Last are the labels at the ends of the axis.
func (c Curve) First() string { return c.Points[0].Label }

// Last is the label at the right end of the axis.
func (c Curve) Last() string { return c.Points[len(c.Points)-1].Label }
