package main

import (
	"math"
	"math/rand/v2"
)

// scene is one way a code can be held before the kiosk's camera. Angles are in
// degrees, lengths in pixels unless they say otherwise.
type scene struct {
	name   string
	paper  bool    // a print: grey on white, no dark phone around it
	mm     float64 // edge of the code without its quiet zone
	cm     float64 // distance from the lens
	roll   float64 // turned in the plane of the picture
	yaw    float64 // turned away from the camera
	pitch  float64
	blur   float64 // sigma of the defocus at 1280 pixels' width
	motion float64 // length of the smear at 1280 pixels' width
	gain   float64 // exposure: 1 puts white just below saturation, 0 means 1
	veil   float64 // light added everywhere by a dirty lens or a reflection
	glare  float64 // strength of a lamp's reflection over a part of the code
	noise  float64 // sigma in 8 bit steps
}

// scenes are the conditions of the comparison: what happens at a real entrance
// in the order of how often it happens.
var scenes = []scene{
	{name: "phone 20 cm", mm: 50, cm: 20, noise: 3},
	{name: "phone 30 cm", mm: 50, cm: 30, noise: 3},
	{name: "phone 40 cm", mm: 50, cm: 40, noise: 3},
	{name: "phone 55 cm", mm: 50, cm: 55, noise: 3},
	{name: "print 25 cm", paper: true, mm: 40, cm: 25, noise: 4, gain: 0.7},
	{name: "rolled 30", mm: 50, cm: 25, roll: 30, noise: 3},
	{name: "tilted 35", mm: 50, cm: 25, yaw: 35, pitch: 10, noise: 3},
	{name: "perspective 50", mm: 60, cm: 18, yaw: 50, pitch: 20, noise: 3},
	{name: "blurred", mm: 50, cm: 20, blur: 2.2, noise: 3},
	{name: "very blurred", mm: 50, cm: 20, blur: 3.2, noise: 3},
	{name: "moving", mm: 50, cm: 22, motion: 6, noise: 4},
	{name: "dark", paper: true, mm: 50, cm: 22, gain: 0.04, noise: 6},
	{name: "overexposed screen", mm: 50, cm: 22, gain: 3.5, blur: 1, veil: 0.15, noise: 2},
	{name: "veiled", mm: 50, cm: 22, gain: 0.5, veil: 0.35, noise: 4},
	{name: "glare", mm: 50, cm: 22, glare: 0.9, noise: 3},
	{name: "strong glare", mm: 50, cm: 22, glare: 2.5, noise: 3},
	{name: "all at once", mm: 50, cm: 22, roll: 12, yaw: 20, pitch: 10, blur: 1.2, motion: 3, gain: 0.5, veil: 0.1, glare: 0.5, noise: 6},
}

// fieldOfView is a common tablet front camera's, horizontally, in radians.
const fieldOfView = 62 * math.Pi / 180

// camera turns pixels into points of the code's plane, in modules from its
// centre.
type camera struct {
	w, h    int
	focal   float64 // in pixels
	z       float64 // distance in modules
	cx, cy  float64 // where the code's centre is seen
	r       [3][3]float64
	modules float64
}

func newCamera(s scene, w, h, modules int, shake *rand.Rand) camera {
	c := camera{w: w, h: h, modules: float64(modules)}
	c.focal = float64(w) / 2 / math.Tan(fieldOfView/2)
	c.z = s.cm * 10 / (s.mm / float64(modules))
	// A hand is never still: each frame is a little elsewhere.
	c.cx = float64(w)/2 + shake.NormFloat64()*float64(w)*0.02
	c.cy = float64(h)/2 + shake.NormFloat64()*float64(h)*0.02
	c.r = rotation(s.roll+shake.NormFloat64()*3, s.yaw+shake.NormFloat64()*2, s.pitch+shake.NormFloat64()*2)
	return c
}

// rotation returns the matrix of a turn by roll, then yaw, then pitch.
func rotation(roll, yaw, pitch float64) [3][3]float64 {
	sr, cr := math.Sincos(roll * math.Pi / 180)
	sy, cy := math.Sincos(yaw * math.Pi / 180)
	sp, cp := math.Sincos(pitch * math.Pi / 180)
	return [3][3]float64{
		{cy * cr, -cy * sr, sy},
		{cp*sr + sp*sy*cr, cp*cr - sp*sy*sr, -sp * cy},
		{sp*sr - cp*sy*cr, sp*cr + cp*sy*sr, cp * cy},
	}
}

// plane returns where the ray through pixel (x, y) meets the code's plane.
func (c camera) plane(x, y float64) (u, v float64) {
	dx, dy := (x-c.cx)/c.focal, (y-c.cy)/c.focal
	n := [3]float64{c.r[0][2], c.r[1][2], c.r[2][2]}
	t := c.z * n[2] / (dx*n[0] + dy*n[1] + n[2])
	px, py, pz := t*dx, t*dy, t-c.z
	return c.r[0][0]*px + c.r[1][0]*py + c.r[2][0]*pz, c.r[0][1]*px + c.r[1][1]*py + c.r[2][1]*pz
}

// light returns how bright the point (u, v) of the plane is, from 0 to 1.
func (c camera) light(s scene, code [][]bool, u, v float64) float64 {
	half := c.modules / 2
	x, y := int(math.Floor(u+half)), int(math.Floor(v+half))
	switch edge := math.Max(math.Abs(u), math.Abs(v)); {
	case x >= 0 && y >= 0 && x < len(code) && y < len(code):
		if code[y][x] {
			return 0.03
		}
		return 0.9
	case edge < half+4: // the quiet zone
		return 0.9
	case !s.paper && math.Abs(u) < half+7 && math.Abs(v) < half*2:
		return 0.02 // the phone's dark surface
	case s.paper && edge < half*1.8:
		return 0.9
	}
	return 0.25 + 0.2*math.Sin(u/9)*math.Cos(v/7+u/31) // a room out of focus
}

const samples = 24

// draw returns one grey frame of the scene.
func draw(s scene, code [][]bool, w, h int, seed uint64) []byte {
	rnd := rand.New(rand.NewPCG(seed, 7))
	c := newCamera(s, w, h, len(code), rnd)
	scale := float64(w) / 1280
	var off [samples][2]float64
	for i := range off { // the lens, the pixel's own size and the smear, as one cloud of points
		t := (float64(i)/samples - 0.5) * s.motion * scale
		off[i][0] = rnd.NormFloat64()*s.blur*scale + rnd.Float64() - 0.5 + t
		off[i][1] = rnd.NormFloat64()*s.blur*scale + rnd.Float64() - 0.5 + t/3
	}
	gain := s.gain
	if gain == 0 {
		gain = 1
	}
	size := float64(len(code)) * c.focal / c.z
	gx, gy := c.cx+size*0.2, c.cy-size*0.15
	frame := make([]byte, w*h)
	for y := range h {
		for x := range w {
			l := c.gather(s, code, float64(x)+0.5, float64(y)+0.5, off[:])
			d := math.Hypot(float64(x)-gx, float64(y)-gy) / (size * 0.25)
			l = l*gain + s.veil + s.glare*math.Exp(-d*d)
			frame[y*w+x] = develop(l, s.noise, rnd)
		}
	}
	return frame
}

// gather returns the light that falls on the pixel at (x, y): the mean over the
// cloud of points, or one point where there is no detail to be smeared.
func (c camera) gather(s scene, code [][]bool, x, y float64, cloud [][2]float64) float64 {
	u, v := c.plane(x, y)
	if math.Max(math.Abs(u), math.Abs(v)) > c.modules*1.1 {
		return c.light(s, code, u, v)
	}
	var l float64
	for _, o := range cloud {
		u, v := c.plane(x+o[0], y+o[1])
		l += c.light(s, code, u, v)
	}
	return l / float64(len(cloud))
}

// develop turns light into an 8 bit pixel as a camera does: gamma, noise, clipping.
func develop(l, noise float64, rnd *rand.Rand) byte {
	p := 255*math.Pow(math.Min(l, 1), 1/2.2) + rnd.NormFloat64()*noise
	return byte(math.Max(0, math.Min(255, p)))
}
