// Package web is the pages of Kyoten: for members, at the entrance and for staff.
package web

import "embed"

// templates and static are what the pages are made of. They are part of the
// binary: nothing is read from disk and nothing is built for the browser.
var (
	//go:embed templates
	templateFiles embed.FS
	//go:embed static
	staticFiles embed.FS
)
