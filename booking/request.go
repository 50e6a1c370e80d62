package booking

import (
	"time"

	"kyoten/models"
)

// Request is what somebody asks to book: named spaces, or any that fit.
type Request struct {
	StartsAt   time.Time
	EndsAt     time.Time
	Spaces     []models.ID
	Any        []Want // in place of Spaces
	Title      string
	Guests     []Invitation
	OnBehalfOf *models.ID // the member who will hold it; nil = the caller
	JoinURL    string
	Hold       *models.ID // a hold of the holder that becomes this booking
	Reason     string     // why somebody books for another, for the audit log

	keep bool       // only hold the spaces; see hold.go
	wish *models.ID // an offer of the waitlist that is accepted; see waitlist.go
}

// askedPeriod is models.NewPeriod of what somebody asks to book. A part of a second
// lies on no grain, and is not cut off unseen.
func askedPeriod(start, end time.Time) (models.Period, error) {
	p, err := models.NewPeriod(start, end)
	switch {
	case err != nil:
		return p, err
	case !p.StartsAt.Equal(start):
		return p, ErrOffGrain.On("starts_at")
	case !p.EndsAt.Equal(end):
		return p, ErrOffGrain.On("ends_at")
	}
	return p, nil
}

// Want asks for any one space of a kind at a site.
type Want struct {
	Site      string
	Kind      models.Kind
	Capacity  int // at least so many people; 0 = any
	Equipment []string
}

// fits reports whether a space is what is wanted, its capacity aside.
func (w Want) fits(s *models.Space) bool {
	return s.Kind == w.Kind && s.Has(w.Equipment)
}

// Invitation names a guest.
type Invitation struct {
	Name  string
	Email string
}

// guest is who is invited, as it is stored.
func (i Invitation) guest() models.Guest {
	return models.Guest{Name: models.OneLine(i.Name), Email: i.Email}
}

// check refuses a guest whom nobody could invite, naming the part below pointer.
func (i Invitation) check(pointer string) error {
	switch {
	case models.OneLine(i.Name) == "":
		return models.ErrInvalidInput.On(pointer + "name").Saying("required")
	case !models.ValidEmail(i.Email):
		return models.ErrInvalidInput.On(pointer + "email").Saying("email")
	}
	return nil
}
