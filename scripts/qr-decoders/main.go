// Command qr-decoders writes synthetic camera frames of entry codes for the
// comparison of QR decoders in docs/adr. See compare.sh for how it is run.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"os"

	"kyoten/access/entry"
)

// film is what the reader is told before the frames: one JSON line, then
// Frames times Width*Height grey bytes.
type film struct {
	Scene  string `json:"scene"`
	Code   string `json:"code"`
	Text   string `json:"text"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Frames int    `json:"frames"`
}

const frames = 15 // half a second at 30 a second

func main() {
	if err := run(bufio.NewWriter(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run writes every film.
func run(out *bufio.Writer) error {
	for _, s := range scenes {
		for _, size := range [][2]int{{640, 480}, {1280, 720}} {
			for _, c := range codes {
				if err := write(out, s, c, size[0], size[1]); err != nil {
					return err
				}
			}
		}
	}
	return out.Flush()
}

func write(out *bufio.Writer, s scene, c code, w, h int) error {
	head, err := json.Marshal(film{s.name, c.name, c.text, w, h, frames})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%s\n", head); err != nil {
		return err
	}
	bits, err := modules(c.text)
	if err != nil {
		return err
	}
	for i := range frames {
		if _, err := out.Write(draw(s, bits, w, h, uint64(i))); err != nil {
			return err
		}
	}
	return nil
}

// modules returns the squares of a code without its quiet zone, true for dark.
func modules(text string) ([][]bool, error) {
	raw, err := entry.QRPNG(text, 1) // one pixel a module
	if err != nil {
		return nil, err
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	const quiet = 4
	rows := make([][]bool, img.Bounds().Dy()-2*quiet)
	for y := range rows {
		for x := range rows {
			r, _, _, _ := img.At(x+quiet, y+quiet).RGBA()
			rows[y] = append(rows[y], r < 0x8000)
		}
	}
	return rows, nil
}

type code struct{ name, text string }

// The test vectors of the code format.
var codes = []code{
	{"K1", "K12400E0820C20A1G7108H44RM2MB1E6000002M03B0KF0R013500000690000005H8KKRVE7GDE8NR5P3R1J0VNE2DW3ZZ114C5BTBW50TGQJ321BMRAFR42YNVQTFZ3QMJXW1TPQBNQJJQY1AAZY01MWQFPCFEZV1YR0M"},
	{"K2", "K22800E8924CJ2A9H7508H44RM2MB1E6000002M43B0K9R029TG000006900001MG3P2H8W5AG839243TNQSX8VD67R3VPCNKVP3MTJ4VSQPBYYQ530S2VQK9KKP5HAX41PNRQ2QEW2TD9QG793H9KBS4VS49JAXG69JAW539P40ZSQEZGRF9G99KQP1VWDFJVB72WWNQ55PRGTZQ5JV28YRA0043J4XBGYATX7PER7X8T0ZVX1VZJDR371ZPMYTT891HVVT43KYXWXV0V9813EVTD9TBA71KNTESHMSEP7FGV2R7EQBMDNJKJ9MCC5A0YN01V1F0"},
}
