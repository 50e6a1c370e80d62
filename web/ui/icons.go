package ui

import (
	"encoding/xml"
	"fmt"
	"html/template"
)

// sprite is the shape of static/icons.svg.
type sprite struct {
	Symbols []struct {
		ID   string `xml:"id,attr"`
		Body string `xml:",innerxml"`
	} `xml:"symbol"`
}

// parseIcons reads the sprite. Icons are drawn into the page itself: they are
// there with the first paint, need no request, and take the colour of their text.
func parseIcons(file []byte) (map[string]template.HTML, error) {
	var s sprite
	if err := xml.Unmarshal(file, &s); err != nil {
		return nil, fmt.Errorf("read icons: %w", err)
	}
	icons := make(map[string]template.HTML, len(s.Symbols))
	for _, symbol := range s.Symbols {
		// The sprite is a file of ours, embedded in the program: not a user's text.
		icons[symbol.ID] = template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">` + symbol.Body + `</svg>`) //nolint:gosec
	}
	return icons, nil
}

// icon is the template function of that name. Icons are decoration: the words
// beside them carry the meaning, so they are hidden from screen readers.
func icon(icons map[string]template.HTML, name string) (template.HTML, error) {
	drawn, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %q", name)
	}
	return drawn, nil
}
