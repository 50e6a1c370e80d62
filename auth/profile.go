package auth

import (
	"context"
	"unicode/utf8"

	"kyoten/models"
)

// maxName bounds names and their readings.
const maxName = 100

// Profile is what members say of themselves. A nil part stays as it is.
type Profile struct {
	Name     *string
	Kana     *string
	Locale   *string
	HomeSite *string // "" takes it off

	Reminders *bool // whether a mail comes before each booking

	Match models.Match
}

// UpdateProfile changes the caller's own profile and returns it. ErrStale when it
// is not in a version that in.Match allows.
func (s *Service) UpdateProfile(ctx context.Context, p models.Principal, in Profile) (m models.Member, err error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return m, err
	}
	return m, s.store.InTx(ctx, func(tx *models.Store) error {
		if m, err = tx.LockMember(ctx, p.Member.ID); err != nil {
			return err
		}
		if err := in.Match.Check(m.Version); err != nil {
			return err
		}
		if err := in.apply(cat, &m); err != nil {
			return err
		}
		if err := tx.UpdateProfile(ctx, &m); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "member.profile", "member", m.ID.String(), "", nil)
	})
}

// apply puts the parts into m, or names the one that is not good.
func (in Profile) apply(cat *models.Catalogue, m *models.Member) error {
	if in.Name != nil {
		if m.Name = models.OneLine(*in.Name); m.Name == "" || utf8.RuneCountInString(m.Name) > maxName {
			return models.ErrInvalidInput.On("name").Saying("name")
		}
	}
	if in.Kana != nil {
		if m.Kana = models.OneLine(models.PlainWidth(*in.Kana)); utf8.RuneCountInString(m.Kana) > maxName {
			return models.ErrInvalidInput.On("kana").Saying("too_long")
		}
	}
	if in.Locale != nil {
		if m.Locale = *in.Locale; m.Locale != "ja" && m.Locale != "en" {
			return models.ErrInvalidInput.On("locale").Saying("languages")
		}
	}
	if in.Reminders != nil {
		m.Want(models.NoticeReminder, *in.Reminders)
	}
	if in.HomeSite == nil {
		return nil
	}
	if m.HomeSite = nil; *in.HomeSite != "" {
		if _, err := cat.Site(*in.HomeSite); err != nil {
			return models.ErrInvalidInput.On("home_site").Saying("nothing_there")
		}
		m.HomeSite = in.HomeSite
	}
	return nil
}
