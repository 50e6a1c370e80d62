package api

import (
	"strconv"
	"strings"

	"kyoten/models"
)

// etag writes a row's version as an entity tag.
func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// Conditional is embedded in the input of every PATCH, and of what replaces or
// removes a part of something that can be edited (a floor plan's picture).
type Conditional struct {
	IfMatch string `header:"If-Match" doc:"The ETag of what is about to be changed; a stale one is 412."`
}

// match returns the versions that the header allows. What cannot be read matches
// nothing: better a refusal than a lost update.
func (h Conditional) match() models.Match {
	header := strings.TrimSpace(h.IfMatch)
	if header == "" || header == "*" {
		return nil
	}
	versions := models.Match{}
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/") // proxies that compress weaken a tag
		if v, err := strconv.Atoi(strings.Trim(tag, `"`)); err == nil {
			versions = append(versions, v)
		}
	}
	return versions
}

// matches reports whether an If-None-Match header names the tag.
func matches(header, tag string) bool {
	for named := range strings.SplitSeq(header, ",") {
		named = strings.TrimPrefix(strings.TrimSpace(named), "W/") // proxies that compress weaken a tag
		if named == tag || named == "*" {
			return true
		}
	}
	return false
}
