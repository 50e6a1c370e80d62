package entry

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/skip2/go-qrcode"
)

// newQR lays out the symbol of a code's text, with the quiet zone of four
// modules around it. Static codes are printed and take level M; live codes are
// longer and shown on a bright screen, where larger modules read better than
// more error correction: level L.
//
// A fresh symbol for every picture: the library's is not safe to share.
func newQR(text string) (*qrcode.QRCode, error) {
	level := qrcode.Medium
	if strings.HasPrefix(text, livePrefix) {
		level = qrcode.Low
	}
	qr, err := qrcode.New(text, level)
	if err != nil {
		return nil, fmt.Errorf("draw the code: %w", err)
	}
	return qr, nil
}

// QRPNG returns a PNG of size by size pixels. A size smaller than the symbol is
// raised to one pixel a module; the caller bounds the other end.
func QRPNG(text string, size int) ([]byte, error) {
	qr, err := newQR(text)
	if err != nil {
		return nil, err
	}
	rows := qr.Bitmap()
	return drawPNG(rows, max(size, len(rows))), nil
}

// QRSVG returns an SVG without a size of its own: one path of horizontal runs on
// white, so that it stays readable on dark pages, sharp at any scale.
func QRSVG(text string) ([]byte, error) {
	qr, err := newQR(text)
	if err != nil {
		return nil, err
	}
	rows := qr.Bitmap()
	out := make([]byte, 0, 16<<10)
	side := len(rows)
	out = fmt.Appendf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, side, side)
	out = fmt.Appendf(out, `<rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="`, side, side)
	for y, row := range rows {
		out = appendRuns(out, row, y)
	}
	return append(out, `"/></svg>`...), nil
}

// appendRuns writes each run of dark modules of row y as a rectangle one high.
func appendRuns(out []byte, row []bool, y int) []byte {
	for x := 0; x < len(row); x++ {
		if !row[x] {
			continue
		}
		start := x
		for x < len(row) && row[x] {
			x++
		}
		run := strconv.Itoa(x - start)
		out = fmt.Appendf(out, "M%d %dh%sv1h-%sz", start, y, run, run)
	}
	return out
}
