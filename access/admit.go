package access

import (
	"context"

	"kyoten/access/entry"
	"kyoten/models"
)

// Admission is somebody whom staff let through a gate by hand: a person we know
// by subject, or a visitor by name.
type Admission struct {
	Gate      models.ID
	Subject   string
	Name      string
	Direction entry.Direction
	Reason    string
}

// KnownAs returns the subject of whom the desk means by a name: the one member or
// guest of that name who has a pass for the site now, "" for a stranger. Whoever is
// admitted under it is the same person when they find their code.
func (s *Service) KnownAs(ctx context.Context, p models.Principal, site, name string) (string, error) {
	if !p.Runs(site) {
		return "", models.ErrForbidden
	}
	return s.store.SubjectNamed(ctx, site, models.OneLine(name))
}

// Admit lets somebody through: the door is ordered to open, and the passage is
// recorded with who did it and why. For a name a subject is made, by which staff
// let the person out again.
func (s *Service) Admit(ctx context.Context, p models.Principal, a Admission) (models.Passage, error) {
	v, err := s.renewView(ctx)
	if err != nil {
		return models.Passage{}, err
	}
	if (a.Subject == "") == (a.Name == "") {
		return models.Passage{}, models.ErrInvalidInput.On("subject").Saying("subject_or_name")
	}
	var row models.Passage
	err = s.counting(ctx, a.Gate, func() error {
		return s.store.InTx(ctx, func(tx *models.Store) error {
			row, err = s.admit(ctx, tx, p, v, a)
			return err
		})
	})
	return row, err
}

func (s *Service) admit(ctx context.Context, tx *models.Store, p models.Principal, v *view, a Admission) (models.Passage, error) {
	g, err := s.gateFor(ctx, tx, p, a.Gate)
	if err != nil {
		return models.Passage{}, notFoundOn(err, "gate")
	}
	row := s.staffPassage(p, g.Site, entry.Admitted, a.Reason)
	row.GateID, row.ZoneID = &g.ID, g.ToZone
	row.Direction = string(doorOf(&g).Way(a.Direction))
	if row.Subject, err = s.admitted(ctx, tx, a); err != nil {
		return row, err
	}
	if err := s.insertByHand(ctx, tx, p, v, row, "passage.admit"); err != nil {
		return row, err
	}
	if err := s.checkInAdmitted(ctx, tx, p, v, row); err != nil {
		return row, err
	}
	_, err = s.orderOpening(ctx, tx, p, &g, a.Reason)
	return row, err
}

// admitted returns the subject of who is let through, and holds it.
func (s *Service) admitted(ctx context.Context, tx *models.Store, a Admission) (string, error) {
	if a.Subject == "" {
		return tx.InsertVisitor(ctx, a.Name)
	}
	held, err := tx.MoveSubjects(ctx, []string{a.Subject})
	if err == nil && len(held) == 0 {
		err = models.ErrNotFound.On("subject")
	}
	return a.Subject, err
}

// checkInAdmitted checks a member in whom staff let in, as a scan would have.
func (s *Service) checkInAdmitted(ctx context.Context, tx *models.Store, p models.Principal, v *view, row models.Passage) error {
	if row.Direction != string(entry.Entry) {
		return nil
	}
	holders, err := tx.Holders(ctx, []string{row.Subject})
	if err != nil || holders[row.Subject].MemberID == nil {
		return err
	}
	site, err := v.Site(row.Site)
	if err != nil {
		return err
	}
	return s.checkIn(ctx, tx, v, p, models.Arrival{Site: site, Member: holders[row.Subject].MemberID}, row)
}

// notFoundOn names the input that names nothing.
func notFoundOn(err error, pointer string) error {
	if f, ok := asFault(err); ok && f.Code == models.ErrNotFound.Code {
		return f.On(pointer)
	}
	return err
}
