package api

import (
	"encoding/base64"
	"encoding/json"

	"kyoten/models"
)

// Paged is embedded in the input of every list.
type Paged struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"500" doc:"The next_cursor of the page before."`
}

// listOf is one page of a list.
type listOf[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor" doc:"What to ask the next page with; null on the last one."`
}

// cursorText is what stands in an opaque cursor. It names its list, so that one
// of another list is refused and not misread.
type cursorText struct {
	List string `json:"l"`
	Key  string `json:"k"`
	ID   string `json:"i"`
}

// page reads which part of the list is asked for.
func (in Paged) page(list string) (models.Page, error) {
	page := models.Page{Limit: in.Limit}
	if in.Cursor == "" {
		return page, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	var c cursorText
	if err != nil || json.Unmarshal(raw, &c) != nil || c.List != list || c.ID == "" {
		return page, models.ErrInvalidInput.On("cursor").Saying("cursor")
	}
	page.After = models.Cursor{Key: c.Key, ID: c.ID}
	return page, nil
}

// newList writes a page of rows; next is nil on the last one.
func newList[M, T any](list string, rows []M, next *models.Cursor, wire func(M) T) *body[listOf[T]] {
	out := listOf[T]{Items: make([]T, 0, len(rows))}
	for _, row := range rows {
		out.Items = append(out.Items, wire(row))
	}
	if next != nil {
		raw, _ := json.Marshal(cursorText{list, next.Key, next.ID}) // three texts cannot fail
		text := base64.RawURLEncoding.EncodeToString(raw)
		out.NextCursor = &text
	}
	return &body[listOf[T]]{out}
}
