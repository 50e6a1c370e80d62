package models

import "net/url"

// ValidLink reports whether text is a web address, which is all that a page or a
// mail links to: never a script or a file.
func ValidLink(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
