package httpkit

import (
	"bytes"
	"compress/gzip"
	"path"
	"sync"
)

var mediaTypes = map[string]string{
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
	".svg":         "image/svg+xml",
	".png":         "image/png",
}

// MediaType is what a file of the program is served as. The machine is not asked:
// a wrong entry in its registry would stop every page. It returns "" for what
// the program serves none of.
func MediaType(name string) string { return mediaTypes[path.Ext(name)] }

// Packed returns what compresses body once, when it is first asked for: it takes
// time. It answers nil where that is not smaller.
func Packed(body []byte) func() []byte {
	return sync.OnceValue(func() []byte {
		var packed bytes.Buffer
		w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if err != nil {
			return nil
		}
		if _, err := w.Write(body); err != nil || w.Close() != nil || packed.Len() >= len(body) {
			return nil
		}
		return packed.Bytes()
	})
}
