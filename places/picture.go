package places

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	stddraw "image/draw"
	"image/jpeg"
	_ "image/png" // plans come as either

	"golang.org/x/image/draw"

	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrUnreadablePicture refuses what is no picture in a format we take, or one too
// large to open.
var ErrUnreadablePicture = fault.New(fault.Invalid, "unreadable_picture", "the file is not a PNG or JPEG picture of at most 40 megapixels")

const (
	mostPixels     = 40_000_000 // an A3 sheet scanned at 400 dots per inch
	longestSide    = 1600       // pixels kept: sharp on a large screen, some 200 kB
	pictureQuality = 80
)

// SetFloorPicture lays a picture, PNG or JPEG, under a floor plan in place of the
// one before. It is kept smaller, as a JPEG, and without what a camera writes
// into its files, such as where it was. ErrUnreadablePicture refuses the rest.
func (s *Service) SetFloorPicture(ctx context.Context, p models.Principal, id models.ID, match models.Match, raw []byte) (f models.FloorPlan, err error) {
	if err := admin(p); err != nil { // before the work of opening it
		return f, err
	}
	content, err := readPicture(raw)
	if err != nil {
		return f, err
	}
	digest := sha256.Sum256(content)
	err = s.store.Enclose(ctx, func(ctx context.Context) error {
		f, err = s.UpdateFloorPlan(ctx, p, id, match, func(f *models.FloorPlan) { f.Picture = hex.EncodeToString(digest[:8]) })
		if err != nil {
			return err
		}
		return s.store.PutFloorPicture(ctx, models.FloorPicture{FloorPlanID: id, Content: content})
	})
	return f, err
}

// RemoveFloorPicture takes the picture of a floor plan away, if there is one.
func (s *Service) RemoveFloorPicture(ctx context.Context, p models.Principal, id models.ID, match models.Match) (f models.FloorPlan, err error) {
	err = s.store.Enclose(ctx, func(ctx context.Context) error {
		f, err = s.UpdateFloorPlan(ctx, p, id, match, func(f *models.FloorPlan) { f.Picture, f.PictureShown = "", false })
		if err != nil {
			return err
		}
		return s.store.DeleteFloorPicture(ctx, id)
	})
	return f, err
}

// FloorPicture returns the picture under a floor plan, a JPEG; models.ErrNotFound
// for whom there is none.
func (s *Service) FloorPicture(ctx context.Context, p models.Principal, id models.ID) ([]byte, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	f, err := cat.FloorPlan(id)
	if err != nil {
		return nil, err
	}
	if !p.SeesPicture(f) {
		return nil, models.ErrNotFound
	}
	pic, err := s.store.FloorPicture(ctx, id)
	return pic.Content, err
}

// readPicture opens a picture and writes it as it is kept: on white paper, since
// a JPEG has no holes.
func readPicture(raw []byte) ([]byte, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, ErrUnreadablePicture.Because(err)
	}
	if size.Width <= 0 || size.Height <= 0 || size.Width > mostPixels/size.Height {
		return nil, ErrUnreadablePicture
	}
	pic, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, ErrUnreadablePicture.Because(err)
	}
	scale := min(1, float64(longestSide)/float64(max(size.Width, size.Height)))
	kept := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(size.Width)*scale)), max(1, int(float64(size.Height)*scale))))
	stddraw.Draw(kept, kept.Bounds(), image.NewUniform(color.White), image.Point{}, stddraw.Src)
	draw.ApproxBiLinear.Scale(kept, kept.Bounds(), pic, pic.Bounds(), draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, kept, &jpeg.Options{Quality: pictureQuality}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
