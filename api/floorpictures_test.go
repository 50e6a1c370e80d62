package api

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"kyoten/models"
)

// TestAFloorPictureIsForWhoDrawsUntilItIsShown sees that the picture, on which a
// company's office may be drawn, is nobody else's before an administrator says so.
func TestAFloorPictureIsForWhoDrawsUntilItIsShown(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plan := &models.FloorPlan{Site: "colabo", NameJA: "2階", NameEN: "2nd floor", Width: 100, Height: 100, Shapes: "[]"}
	if err := s.store.InsertFloorPlan(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	path := "/floor-plans/" + plan.ID.String()
	admin, desk, ann := s.as(t, s.Admin), s.as(t, s.Desk), s.as(t, s.Ann)
	admin.get(t, path+"/picture").problem(t, 404, "not_found")
	admin.send(t, "PUT", path+"/picture", "no picture", "Content-Type: image/png").problem(t, 422, "unreadable_picture")
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewGray(image.Rect(0, 0, 2000, 10))); err != nil {
		t.Fatal(err)
	}
	desk.send(t, "PUT", path+"/picture", raw.Bytes(), "Content-Type: image/png").problem(t, 403, "forbidden")
	put := admin.send(t, "PUT", path+"/picture", raw.Bytes(), "Content-Type: image/png").want(t, 200)
	if put.text("picture_shown") != "false" {
		t.Errorf("shown to all at once: %s", put.raw)
	}
	got := desk.get(t, put.text("picture")[len(prefix):]).want(t, 200)
	size, format, err := image.DecodeConfig(bytes.NewReader(got.raw))
	if err != nil || format != "jpeg" || size.Width != 1600 || size.Height != 8 || got.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the picture is a %s of %dx%d: %v", format, size.Width, size.Height, err)
	}
	ann.get(t, path+"/picture").problem(t, 404, "not_found")
	if seen := ann.get(t, path).want(t, 200); seen.text("picture") != "" || seen.text("picture_shown") != "" {
		t.Errorf("a member is told of the picture: %s", seen.raw)
	}
	admin.patch(t, path, fields{"picture_shown": true}).want(t, 200)
	if kept := ann.get(t, path+"/picture").want(t, 200).header.Get("Cache-Control"); kept != "private, no-cache" {
		t.Errorf("a picture without a version may be kept: %s", kept)
	}
	admin.send(t, "DELETE", path+"/picture", nil).want(t, 204)
	ann.get(t, path+"/picture").problem(t, 404, "not_found")
	if gone := admin.get(t, path).want(t, 200); gone.text("picture_shown") != "false" || gone.text("picture") != "" {
		t.Errorf("after it was taken away: %s", gone.raw)
	}
}
