package entry

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// decodeQR reads a picture as a scanner would.
func decodeQR(t testing.TB, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatalf("no code in the picture: %v", err)
	}
	return result.GetText()
}

func TestPNGReadsBackAsTheCode(t *testing.T) {
	t.Parallel()
	for _, text := range []string{vectorK1, vectorK2} {
		raw, err := QRPNG(text, 512)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := img.Bounds().Size(); got != (image.Point{512, 512}) {
			t.Errorf("size = %v, want 512x512", got)
		}
		if got := decodeQR(t, img); got != text {
			t.Errorf("read %q, want %q", got, text)
		}
	}
}

// svgPicture is what QRSVG writes, as an XML parser sees it.
type svgPicture struct {
	ViewBox   string `xml:"viewBox,attr"`
	Rendering string `xml:"shape-rendering,attr"`
	Paths     []struct {
		D string `xml:"d,attr"`
	} `xml:"path"`
}

// paint draws the path of an SVG, three pixels a module.
func paint(t testing.TB, raw []byte) (img image.Image, side int) {
	t.Helper()
	var svg svgPicture
	if err := xml.Unmarshal(raw, &svg); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(svg.ViewBox, "0 0 %d %d", &side, &side); err != nil || len(svg.Paths) != 1 || svg.Rendering != "crispEdges" {
		t.Fatalf("viewBox %q, %d paths, shape-rendering %q", svg.ViewBox, len(svg.Paths), svg.Rendering)
	}
	const scale = 3
	canvas := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for i := range canvas.Pix {
		canvas.Pix[i] = 0xFF
	}
	for run := range strings.SplitSeq(strings.TrimSuffix(svg.Paths[0].D, "z"), "z") {
		var x, y, w, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &w, &back); err != nil || w != back {
			t.Fatalf("run %q: %v", run, err)
		}
		for px := x * scale; px < (x+w)*scale; px++ {
			for py := y * scale; py < (y+1)*scale; py++ {
				canvas.SetGray(px, py, color.Gray{})
			}
		}
	}
	return canvas, side
}

func TestSVGReadsBackAsTheCodeInTheVersionOfTheFormat(t *testing.T) {
	t.Parallel()
	const quiet = 4
	for name, tt := range map[string]struct {
		text    string
		modules int
	}{
		"static: version 7": {vectorK1, 45},
		"live: version 9":   {vectorK2, 53},
	} {
		raw, err := QRSVG(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		img, side := paint(t, raw)
		if side != tt.modules+2*quiet {
			t.Errorf("%s: %d modules a side with the quiet zone, want %d", name, side, tt.modules+2*quiet)
		}
		if got := decodeQR(t, img); got != tt.text {
			t.Errorf("%s: read %q, want %q", name, got, tt.text)
		}
	}
}

func TestPNGNeverGetsSmallerThanItsModules(t *testing.T) {
	t.Parallel()
	for _, size := range []int{-5, 0, 1, 53} {
		raw, err := QRPNG(vectorK1, size)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil || img.Bounds().Dx() != 53 {
			t.Errorf("size %d: %v, %v, want 53 pixels", size, img.Bounds(), err)
		}
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", strings.Repeat("x", 3000)} {
		if _, err := QRSVG(text); err == nil {
			t.Errorf("a text of %d bytes was drawn", len(text))
		}
	}
}

func BenchmarkQRSVG(b *testing.B) {
	for b.Loop() {
		if _, err := QRSVG(vectorK2); err != nil {
			b.Fatal(err)
		}
	}
}
