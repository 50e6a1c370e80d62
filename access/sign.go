package access

import (
	"fmt"

	"kyoten/access/entry"
	"kyoten/models"
)

// bodyOf returns the statement that a code of the pass makes.
func bodyOf(p *models.Pass) (entry.Body, error) {
	id, err := entry.ParsePassID(p.ID)
	if err != nil {
		return entry.Body{}, fmt.Errorf("pass %q: %w", p.ID, err)
	}
	subject, err := entry.ParseSubject(p.Subject)
	if err != nil {
		return entry.Body{}, fmt.Errorf("subject of pass %s: %w", p.ID, err)
	}
	return entry.Body{
		Pass: id, Subject: subject, Company: entry.CompanyID(p.CompanyID), Flags: entry.Flags(p.Flags),
		NotBefore: p.NotBefore, Lifetime: p.NotAfter.Sub(p.NotBefore),
		Zones: [2]entry.ZoneID{entry.ZoneID(p.ZoneA), entry.ZoneID(p.ZoneB)},
	}, nil
}

// staticCode signs the pass for paper and mail. The text is a credential: it is
// shown to whoever may see the pass and kept nowhere.
func (s *Service) staticCode(r *ring, p *models.Pass) (string, error) {
	issuer, err := r.signer(s.store.Now())
	if err != nil {
		return "", err
	}
	body, err := bodyOf(p)
	if err != nil {
		return "", err
	}
	return issuer.Static(body)
}
