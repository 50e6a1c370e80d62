//go:build e2e

package harness

import (
	"bufio"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// The film is what a cheap camera at an entrance delivers.
const (
	filmWidth, filmHeight = 640, 480
	framesPerSecond       = 10
)

// Take is a part of a film: a picture held before the camera for some time. The
// zero values of all that may be wrong with it mean a clean, centred, upright
// picture as large as fits; a nil Picture is an empty doorway.
type Take struct {
	Picture image.Image
	Seconds float64

	Scale  float64 // of what fits: 0.25 is a phone held far away; 0 means 0.8
	Rotate float64 // degrees, clockwise
	Tilt   float64 // 0 to 1: the right edge goes away from the camera (perspective)
	X, Y   float64 // shift of the centre, in parts of the frame
	Blur   float64 // standard deviation in pixels: out of focus
	Noise  float64 // standard deviation in grey levels, new in every frame
	Dark   float64 // 0 to 1: how much of the light is missing
	Glare  float64 // 0 to 1: a lamp mirrored in the glass, near the centre
	Mirror bool    // as a front camera shows it
}

// Film is FilmAt with the ten frames a second of a cheap camera.
func Film(t testing.TB, takes ...Take) string {
	t.Helper()
	return FilmAt(t, framesPerSecond, takes...)
}

// FilmAt writes the takes one after the other into a file for Camera and returns
// its name. The browser plays it in a loop. The same takes give the same film.
func FilmAt(t testing.TB, perSecond int, takes ...Take) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.y4m")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	fmt.Fprintf(out, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n", filmWidth, filmHeight, perSecond)
	colourless := make([]byte, filmWidth*filmHeight/2)
	for i := range colourless {
		colourless[i] = 128
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for _, take := range takes {
		still := take.still()
		for range int(math.Round(take.Seconds * float64(perSecond))) {
			fmt.Fprint(out, "FRAME\n")
			out.Write(take.grain(still, dice))
			out.Write(colourless)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return path
}

// still draws the take without its noise, as grey levels from 0 to 255.
func (take Take) still() []float64 {
	light := make([]float64, filmWidth*filmHeight)
	for y := range filmHeight {
		for x := range filmWidth {
			light[y*filmWidth+x] = take.lightAt(float64(x)+0.5, float64(y)+0.5)
		}
	}
	if take.Blur > 0 {
		light = blur(light, take.Blur)
	}
	return light
}

// background is the wall behind what is held before the camera.
const background = 150

// lightAt is the light that reaches one point of the sensor: the mean of a few
// points around it, so that small pictures are not jagged.
func (take Take) lightAt(x, y float64) float64 {
	const steps = 3
	sum := 0.0
	for i := range steps * steps {
		dx, dy := float64(i%steps)-1, float64(i/steps)-1
		sum += take.sceneAt(x+dx/steps, y+dy/steps)
	}
	light := sum / (steps * steps) * (1 - take.Dark)
	if take.Glare > 0 {
		dx, dy := (x-filmWidth*0.53)/filmWidth, (y-filmHeight*0.45)/filmHeight
		light += 255 * take.Glare * math.Exp(-(dx*dx+dy*dy)/0.008)
	}
	return math.Min(light, 255)
}

// sceneAt is the grey level of the scene seen at a point of the frame.
func (take Take) sceneAt(x, y float64) float64 {
	if take.Picture == nil {
		return background
	}
	u, v, inside := take.pictureAt(x, y)
	if !inside {
		return background
	}
	box := take.Picture.Bounds()
	r, g, b, _ := take.Picture.At(box.Min.X+int(u*float64(box.Dx())), box.Min.Y+int(v*float64(box.Dy()))).RGBA()
	return (0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b)) / 257
}

// pictureAt returns which point of the picture (0 to 1 in both directions) is
// seen at a point of the frame.
func (take Take) pictureAt(x, y float64) (u, v float64, inside bool) {
	scale := take.Scale
	if scale == 0 {
		scale = 0.8
	}
	box := take.Picture.Bounds()
	zoom := scale * math.Min(filmWidth/float64(box.Dx()), filmHeight/float64(box.Dy()))
	x -= filmWidth * (0.5 + take.X)
	y -= filmHeight * (0.5 + take.Y)
	sin, cos := math.Sincos(-take.Rotate * math.Pi / 180)
	x, y = x*cos-y*sin, x*sin+y*cos
	depth := 1 + take.Tilt*x/filmWidth*2
	u = x*depth/zoom/float64(box.Dx()) + 0.5
	v = y*depth/zoom/float64(box.Dy()) + 0.5
	if take.Mirror {
		u = 1 - u
	}
	return u, v, u >= 0 && u < 1 && v >= 0 && v < 1
}

// grain makes one frame of a still: its noise, and luma as video has it.
func (take Take) grain(still []float64, dice *rand.Rand) []byte {
	luma := make([]byte, len(still))
	for i, light := range still {
		if take.Noise > 0 {
			light += dice.NormFloat64() * take.Noise
		}
		luma[i] = byte(16 + math.Max(0, math.Min(255, light))*219/255)
	}
	return luma
}

// blur convolves with a Gaussian, first along the rows, then down the columns.
func blur(light []float64, sigma float64) []float64 {
	reach := int(math.Ceil(3 * sigma))
	kernel, sum := make([]float64, 2*reach+1), 0.0
	for i := range kernel {
		d := float64(i - reach)
		kernel[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += kernel[i]
	}
	pass := func(in []float64, stepX, stepY int) []float64 {
		out := make([]float64, len(in))
		for y := range filmHeight {
			for x := range filmWidth {
				for i, weight := range kernel {
					cx := min(max(x+(i-reach)*stepX, 0), filmWidth-1)
					cy := min(max(y+(i-reach)*stepY, 0), filmHeight-1)
					out[y*filmWidth+x] += in[cy*filmWidth+cx] * weight / sum
				}
			}
		}
		return out
	}
	return pass(pass(light, 1, 0), 0, 1)
}
