package booking

import (
	"time"

	"kyoten/models"
)

// HoldFor is how long a hold keeps others out while a form is filled in.
const HoldFor = 5 * time.Minute

// Hold keeps spaces for somebody for a short while. To others they are taken; it
// is gone by itself.
type Hold struct {
	ID        models.ID
	ExpiresAt time.Time
}
