package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"

	"kyoten/internal/httpkit"
)

// assetPrefix is where the static files are served.
const assetPrefix = "/static/"

// Assets are the style sheets, scripts and pictures of the pages. All of them
// stand under one address that holds a hash of them all, so that browsers may
// keep them for ever and scripts can import each other by relative names.
type Assets struct {
	hash  string
	files map[string]asset
}

type asset struct {
	body      []byte
	packed    func() []byte // nil where packing gains nothing
	mediaType string
}

// StyleSheet is made of all the files in css/, in the order of their names: one
// request, and each file stays small enough to read.
const StyleSheet = "css/app.css"

// NewAssets reads every file below static in fsys. It fails only when the
// embedded files are broken.
func NewAssets(fsys fs.FS) (*Assets, error) {
	a := &Assets{files: map[string]asset{}}
	var sheet bytes.Buffer
	err := fs.WalkDir(fsys, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".md" {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		short := strings.TrimPrefix(name, "static/")
		if path.Dir(short) == "css" {
			sheet.Write(body)
			return nil
		}
		a.add(short, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	a.add(StyleSheet, squeezed(sheet.Bytes()))
	a.hash = a.sum()
	return a, nil
}

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssIndent  = regexp.MustCompile(`\n\s*`)
)

// squeezed is a style sheet without what is there for its readers: a page waits
// for it. Strings of ours hold neither comments nor line ends.
func squeezed(sheet []byte) []byte {
	return cssIndent.ReplaceAll(cssComment.ReplaceAll(sheet, nil), []byte("\n"))
}

func (a *Assets) add(name string, body []byte) {
	a.files[name] = asset{body: body, packed: httpkit.Packed(body), mediaType: httpkit.MediaType(name)}
}

// sum returns one hash over all files and their names.
func (a *Assets) sum() string {
	total := sha256.New()
	for _, name := range sortedKeys(a.files) {
		fmt.Fprintf(total, "%s %x\n", name, sha256.Sum256(a.files[name].body))
	}
	return hex.EncodeToString(total.Sum(nil))[:16]
}

// Hash names this set of files; the service worker keeps one cache for each.
func (a *Assets) Hash() string { return a.hash }

// URL returns the address of a file. It panics on a name that is not there,
// which the test that renders every page would show.
func (a *Assets) URL(name string) string {
	if _, ok := a.files[name]; !ok {
		panic("ui: no static file " + name)
	}
	return assetPrefix + a.hash + "/" + name
}

// Body returns the content of a file, or nil.
func (a *Assets) Body(name string) []byte { return a.files[name].body }

// ServeHTTP serves /static/HASH/NAME. A page kept open over an update may still
// ask for the old hash: it gets the present file, for that one time.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, assetPrefix), "/")
	file, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.mediaType)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if hash == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := file.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if packed := file.packed(); packed != nil {
			h.Set("Content-Encoding", "gzip")
			body = packed
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader may be gone; there is nobody to tell
	}
}
