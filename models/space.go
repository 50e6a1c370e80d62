package models

import (
	"context"
	"slices"
	"time"

	"kyoten/internal/fault"
)

// ErrSpaceNotBookable means that the space is there but cannot be booked: out of
// order, somebody's fixed seat, or of a site or kind that the plan leaves out.
var ErrSpaceNotBookable = fault.New(fault.Invalid, "space_not_bookable", "the space cannot be booked")

// Kind is what sort of space it is.
type Kind string

// The kinds of space.
const (
	KindSeat Kind = "seat"
	KindRoom Kind = "room"
)

// Valid reports whether k is one of the kinds.
func (k Kind) Valid() bool { return k == KindSeat || k == KindRoom }

// Space is what can be booked: a seat or a video-conference room.
type Space struct {
	ID            ID
	Site          string
	ZoneID        int
	Kind          Kind
	NameJA        string
	NameEN        string
	Capacity      int
	Equipment     Strings
	VideoAddress  string // SIP or H.323, rooms only
	FloorPlanID   *ID
	X             int // place on the floor plan, centimetres
	Y             int
	Width         int
	Height        int
	Bookable      bool
	NeedsApproval bool
	OwnerID       *ID // the member whose fixed seat it is
	GrainMinutes  int // starts and ends lie on multiples of this from local midnight
	FaultNote     string
	Position      int
	Version       int
	CreatedAt     time.Time
	UpdatedAt     time.Time

	company int // effective owner of its zone, 0 = nobody's
}

// Company returns the company whose zone the space stands in, or 0.
func (s *Space) Company() int { return s.company }

// Has reports whether the space has all the equipment asked for.
func (s *Space) Has(equipment []string) bool {
	for _, e := range equipment {
		if !slices.Contains(s.Equipment, e) {
			return false
		}
	}
	return true
}

// insertBatch is how many rows one INSERT carries, well under the parameter
// limits of both databases.
const insertBatch = 200

// InsertSpaces stores new spaces.
func (s *Store) InsertSpaces(ctx context.Context, spaces []Space) error {
	for i := range spaces {
		spaces[i].ID, spaces[i].Version = NewID(), 1
	}
	return s.w(ctx).CreateInBatches(&spaces, insertBatch).Error
}
