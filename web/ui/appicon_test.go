package ui

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"testing"
)

// appIcon is a picture of the mark for a home screen. The mark is favicon.svg's,
// drawn here from the same numbers, since phones want pixels.
type appIcon struct {
	size  int
	scale float64 // of the mark: a maskable icon may be cut to a circle of 80 %
	round float64 // corners, in the 32 units of the drawing
}

var appIcons = map[string]appIcon{
	"../static/app/icon-192.png":     {192, 1, 7},
	"../static/app/icon-512.png":     {512, 1, 7},
	"../static/app/maskable-512.png": {512, 0.72, 0},
	"../static/app/apple-180.png":    {180, 0.86, 0},
}

func TestTheAppsIconsAreTheMark(t *testing.T) {
	t.Parallel()
	for path, icon := range appIcons {
		var want bytes.Buffer
		if err := png.Encode(&want, icon.draw()); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil { //nolint:gosec // a file of the project, for everybody
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s is not the mark: go test ./web/ui -update", path)
		}
	}
}

// The mark: three places joined in the middle.
var (
	spokes  = [][4]float64{{16, 8, 16, 16.5}, {16, 16.5, 8.5, 23}, {16, 16.5, 23.5, 23}}
	circles = [][2]float64{{16, 7.5}, {8, 23.5}, {24, 23.5}}
)

func (i appIcon) draw() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, i.size, i.size))
	unit := 32 / float64(i.size)
	for y := range i.size {
		for x := range i.size {
			px, py := (float64(x)+0.5)*unit, (float64(y)+0.5)*unit
			white := cover(i.markAt(16+(px-16)/i.scale, 16+(py-16)/i.scale)*i.scale, unit)
			img.SetNRGBA(x, y, color.NRGBA{
				mix(0x27, white), mix(0x4b, white), mix(0x82, white), uint8(math.Round(255 * cover(i.edgeAt(px, py), unit))),
			})
		}
	}
	return img
}

// cover is how much of a pixel lies within a shape whose edge is d away.
func cover(d, pixel float64) float64 { return max(0, min(1, 0.5-d/pixel)) }

func mix(c, white float64) uint8 { return uint8(math.Round(c + (255-c)*white)) }

// markAt is the distance to the mark, negative within it.
func (appIcon) markAt(x, y float64) float64 {
	d := math.Inf(1)
	for _, c := range circles {
		d = min(d, math.Hypot(x-c[0], y-c[1])-(2.75+1.125))
	}
	for _, s := range spokes {
		dx, dy := s[2]-s[0], s[3]-s[1]
		along := max(0, min(1, ((x-s[0])*dx+(y-s[1])*dy)/(dx*dx+dy*dy)))
		d = min(d, math.Hypot(x-s[0]-along*dx, y-s[1]-along*dy)-1.125)
	}
	return d
}

// edgeAt is the distance to the edge of the icon, negative within it.
func (i appIcon) edgeAt(x, y float64) float64 {
	if i.round == 0 {
		return -1
	}
	qx, qy := math.Abs(x-16)-16+i.round, math.Abs(y-16)-16+i.round
	return math.Hypot(max(qx, 0), max(qy, 0)) + min(max(qx, qy), 0) - i.round
}
