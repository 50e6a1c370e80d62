package auth

import (
	"context"
	"time"

	"kyoten/models"
)

// maxUses bounds how many uses wait to be noted; beyond it they are noted when
// the token is next shown.
const maxUses = 10_000

// use notes that a session or personal token was used, to the hour or so. The
// note is for its owner and moves a session's end by an hour in a month: it waits
// for NoteUses, so that no request waits for a write it does not depend on.
func (s *Service) use(id models.ID, session bool, last *time.Time) {
	if last != nil && s.now().Sub(*last) <= time.Hour {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.uses) < maxUses {
		s.uses[id] = session
	}
}

// NoteUses writes down which sessions and personal tokens were used since it was
// last called. What is lost with the process is noted at the next use.
func (s *Service) NoteUses(ctx context.Context) error {
	s.mu.Lock()
	uses := s.uses
	s.uses = map[models.ID]bool{}
	s.mu.Unlock()
	var sessions, tokens []models.ID
	for id, session := range uses {
		if session {
			sessions = append(sessions, id)
		} else {
			tokens = append(tokens, id)
		}
	}
	if err := s.store.UseTokens(ctx, tokens); err != nil {
		return err
	}
	return s.store.UseSessions(ctx, sessions, s.store.Now().Add(sessionLife))
}
