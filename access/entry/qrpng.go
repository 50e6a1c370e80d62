package entry

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"
)

// A confirmation by mail carries its code as a picture, so that one is drawn for
// every booking. The general encoder of image/png asks for each pixel's colour
// through an interface; a symbol is only black and white, one bit a pixel, and the
// rows of a module are all alike.

// deflaters are kept, since each holds tables of most of a megabyte.
var deflaters = sync.Pool{New: func() any {
	w, _ := zlib.NewWriterLevel(io.Discard, zlib.BestSpeed) // the level is a good one
	return w
}}

// drawPNG returns a PNG of size by size pixels with the symbol as large as it fits,
// in the middle of white.
func drawPNG(modules [][]bool, size int) []byte {
	scale := size / len(modules)
	margin := (size - scale*len(modules)) / 2
	var packed bytes.Buffer
	w := deflaters.Get().(*zlib.Writer)
	w.Reset(&packed) // writing to memory cannot fail
	white := whiteRow(size)
	writeRows(w, white, margin)
	for _, row := range modules {
		writeRows(w, drawRow(whiteRow(size), row, scale, margin), scale)
	}
	writeRows(w, white, size-margin-scale*len(modules))
	_ = w.Close()
	deflaters.Put(w)

	out := make([]byte, 0, packed.Len()+64)
	out = append(out, "\x89PNG\r\n\x1a\n"...)
	header := binary.BigEndian.AppendUint32(nil, uint32(size))
	header = binary.BigEndian.AppendUint32(header, uint32(size))
	header = append(header, 1, 0, 0, 0, 0) // one bit, greyscale, the only compression, filters and order there are
	out = appendChunk(out, "IHDR", header)
	out = appendChunk(out, "IDAT", packed.Bytes())
	return appendChunk(out, "IEND", nil)
}

// whiteRow is a row of pixels behind the byte that names its filter: none.
func whiteRow(size int) []byte {
	row := bytes.Repeat([]byte{0xff}, 1+(size+7)/8)
	row[0] = 0
	return row
}

// drawRow blackens the dark modules.
func drawRow(row []byte, modules []bool, scale, margin int) []byte {
	for i, dark := range modules {
		if !dark {
			continue
		}
		for x := margin + i*scale; x < margin+(i+1)*scale; x++ {
			row[1+x/8] &^= 0x80 >> (x % 8)
		}
	}
	return row
}

func writeRows(w io.Writer, row []byte, n int) {
	for range n {
		_, _ = w.Write(row)
	}
}

// appendChunk adds a part of a PNG: length, name, content, checksum.
func appendChunk(out []byte, name string, content []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(content)))
	start := len(out)
	out = append(append(out, name...), content...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}
