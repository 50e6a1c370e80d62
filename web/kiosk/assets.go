package kiosk

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"kyoten/internal/httpkit"
)

//go:embed page.html
var templates embed.FS

//go:embed static
var static embed.FS

// assetPath is where the page's files are served, under a hash of them all:
// browsers may keep them for ever, and the scripts still import each other by
// relative names.
const assetPath = Path + "/static/"

// assets are the page's files by their names below static/.
type assets struct {
	hash  string
	files map[string]file
}

// readAssets reads what is embedded. Notes and licences of the vendored files are
// not served.
func readAssets() (*assets, error) {
	a := &assets{files: map[string]file{}}
	var names bytes.Buffer
	err := fs.WalkDir(static, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".md" || path.Ext(name) == ".txt" {
			return err
		}
		body, err := fs.ReadFile(static, name)
		if err != nil {
			return err
		}
		f := newFile(name, body)
		a.files[strings.TrimPrefix(name, "static/")] = f
		fmt.Fprintln(&names, name, f.etag)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the kiosk's files: %w", err)
	}
	a.hash = hashOf(names.Bytes())
	return a, nil
}

// folder is the address of the files, with a slash at its end.
func (a *assets) folder() string { return assetPath + a.hash + "/" }

// url returns the address of one file; the template names it.
func (a *assets) url(name string) (string, error) {
	if _, ok := a.files[name]; !ok {
		return "", fmt.Errorf("no file %q", name)
	}
	return a.folder() + name, nil
}

// ServeHTTP serves one file. A page kept open over an update may still ask under
// an old hash: it gets the present file, for that one time.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.PathValue("hash") == a.hash {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	f.ServeHTTP(w, r)
}

// serviceWorker returns the script that keeps the page up while its server is
// away. What it has to keep stands before it, so that a new set of files is a new
// script and the browser renews what it kept: version names page and files.
func serviceWorker(version string, a *assets) (file, error) {
	shell := []string{Path}
	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		if name != workerFile {
			shell = append(shell, a.folder()+name)
		}
	}
	list, err := json.Marshal(shell)
	if err != nil {
		return file{}, err
	}
	body := fmt.Appendf(nil, "const version = %q;\nconst shell = %s;\n", version, list)
	f := newFile(workerFile, append(body, a.files[workerFile].body...))
	f.scope = Path
	return f, nil
}

const workerFile = "sw.js"

// file is an answer known beforehand.
type file struct {
	body            []byte
	packed          func() []byte // nil where packing gains nothing
	mediaType, etag string
	scope           string // for a service worker: what it may serve beyond its folder
}

func newFile(name string, body []byte) file {
	return file{body: body, packed: httpkit.Packed(body), mediaType: httpkit.MediaType(name), etag: `"` + hashOf(body) + `"`}
}

// hashOf names a content.
func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

// ServeHTTP sends the file, or 304 to who has it.
func (f file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	if f.scope != "" {
		h.Set("Service-Worker-Allowed", f.scope)
	}
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.mediaType)
	body := f.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if packed := f.packed(); packed != nil {
			h.Set("Content-Encoding", "gzip")
			body = packed
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body) // the browser may be gone; there is nobody to tell
}
