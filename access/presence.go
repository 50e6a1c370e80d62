package access

import (
	"context"

	"kyoten/access/entry"
	"kyoten/models"
)

// PresenceList returns who is at a gate's site, or may be: the evacuation list,
// with initials in place of names.
func (s *Service) PresenceList(ctx context.Context, gate models.Principal) (entry.PresenceList, error) {
	if gate.Gate == nil {
		return entry.PresenceList{}, models.ErrForbidden
	}
	return s.presenceList(ctx, gate.Gate.Site)
}

func (s *Service) presenceList(ctx context.Context, site string) (entry.PresenceList, error) {
	now := s.millis()
	rows, err := s.store.PresencesAt(ctx, site, now)
	if err != nil {
		return entry.PresenceList{}, err
	}
	subjects := make([]string, len(rows))
	for i, r := range rows {
		subjects[i] = r.Subject
	}
	holders, err := s.store.Holders(ctx, subjects)
	if err != nil {
		return entry.PresenceList{}, err
	}
	state := entry.State{Site: site, Holders: initialsOf(holders), Guests: hostsAmong(holders)}
	inside := make(map[entry.Subject]entry.Stay, len(rows))
	for _, r := range rows {
		if subject, err := entry.ParseSubject(r.Subject); err == nil {
			inside[subject] = stayOf(r)
		}
	}
	return entry.PresenceList{At: now, Items: entry.Roll(entry.NewSite(state), inside, now)}, nil
}

func stayOf(r models.Presence) entry.Stay {
	return entry.Stay{
		Zone: entry.ZoneID(r.ZoneID), Since: fromMillis(r.SinceMS), LastEntry: fromMillis(r.LastEntryMS),
		ClosedAt: fromMillisOrZero(r.ClosedMS), SafeAt: fromMillisOrZero(r.SafeMS),
	}
}

func initialsOf(holders map[string]models.Holder) []entry.Holder {
	out := make([]entry.Holder, 0, len(holders))
	for text, h := range holders {
		if subject, err := entry.ParseSubject(text); err == nil {
			out = append(out, entry.Holder{Subject: subject, Initials: models.Initials(h.Name)})
		}
	}
	return out
}

// hostsAmong says whose guests are there, by the subject under which the host is
// there too.
func hostsAmong(holders map[string]models.Holder) []entry.GuestOf {
	members := map[models.ID]entry.Subject{}
	for text, h := range holders {
		if subject, err := entry.ParseSubject(text); err == nil && h.MemberID != nil {
			members[*h.MemberID] = subject
		}
	}
	var out []entry.GuestOf
	for text, h := range holders {
		guest, err := entry.ParseSubject(text)
		if err != nil || h.HostID == nil {
			continue
		}
		if host, here := members[*h.HostID]; here {
			out = append(out, entry.GuestOf{Subject: guest, Host: host})
		}
	}
	return out
}
