package access

import (
	"context"
	"strings"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/locale"
	"kyoten/models"
)

// CheckResult is the answer to a scan.
type CheckResult struct {
	Decision  entry.Verdict
	Reason    entry.Reason
	Message   Message
	Open      bool
	PassageID string // "" where nothing was stored
	Direction entry.Direction
	Repeat    bool // the first answer again
	Holder    *HolderShown
	Booking   *BookingShown
	NotBefore *time.Time // with too_early: from when
	WalkIn    *models.ID // with no_booking: who could come in with a seat booked now

	// Cause is why the passage could not be stored, for the log.
	Cause error
}

// Message is one text in both languages, since a kiosk shows both.
type Message struct {
	JA, EN string
}

// HolderShown is what a kiosk may show of whose code it is: initials, no name.
type HolderShown struct {
	Initials string
	Locale   string // the language the holder reads, ja or en
}

// BookingShown is the booking somebody comes for: shown to whom the door opens, and
// not to somebody with the picture of a code.
type BookingShown struct {
	Title          string
	SpaceJA        string
	SpaceEN        string
	EndsAt         time.Time
	SpaceForHolder string // the space's name in the holder's language
}

// answered returns the answer to a scan that was judged and, where it must be,
// stored.
func (s *Service) answered(sc *scan) CheckResult {
	s.counters.checked(sc.site.Slug, sc.d)
	res := sc.result()
	if !sc.stored() {
		res.PassageID = ""
	}
	return res
}

// unlogged returns the answer when the passage could not be stored.
func (s *Service) unlogged(sc *scan, cause error) CheckResult {
	sc.d = sc.d.Unlogged()
	s.counters.checked(sc.site.Slug, sc.d)
	res := sc.result()
	res.PassageID, res.Cause = "", cause
	return res
}

// repeated returns the first answer again, from its passage.
func (s *Service) repeated(ctx context.Context, sc *scan, id string) (CheckResult, error) {
	p, err := s.store.Passage(ctx, id)
	if err != nil {
		return CheckResult{}, err
	}
	sc.passageID = p.ID
	sc.d.Verdict, sc.d.Reason, sc.d.Open = entry.Verdict(p.Decision), entry.Reason(p.Reason), p.Opened
	sc.d.Repeat = true
	if sc.d.Reason == entry.TooEarly {
		sc.d.NotBefore = sc.d.Body.NotBefore
	}
	return sc.result(), nil
}

func (sc *scan) result() CheckResult {
	res := CheckResult{
		Decision: sc.d.Verdict, Reason: sc.d.Reason, Open: sc.d.Open, PassageID: sc.passageID,
		Direction: sc.d.Direction, Repeat: sc.d.Repeat, Message: sc.message(),
	}
	if sc.d.Reason == entry.TooEarly {
		res.NotBefore = &sc.d.NotBefore
	}
	if sc.d.Subject != 0 {
		res.Holder = sc.holder()
	}
	if sc.d.Subject != 0 && sc.d.Open && sc.d.Direction == entry.Entry {
		res.Booking = sc.booking()
	}
	if sc.mayWalkIn() {
		res.WalkIn = sc.facts.MemberID
	}
	return res
}

func (sc *scan) holder() *HolderShown {
	if sc.facts.Name == "" {
		return nil
	}
	return &HolderShown{Initials: models.Initials(sc.facts.Name), Locale: sc.facts.Locale}
}

func (sc *scan) booking() *BookingShown {
	f := &sc.facts
	if f.BookingID == nil || f.BookingEndsAt == nil {
		return nil
	}
	b := &BookingShown{Title: f.BookingTitle, EndsAt: *f.BookingEndsAt}
	if f.SpaceID == nil {
		return b
	}
	if space, err := sc.view.Space(*f.SpaceID); err == nil {
		b.SpaceJA, b.SpaceEN = space.NameJA, space.NameEN
	}
	b.SpaceForHolder = b.SpaceJA
	if f.Locale == locale.EN.String() {
		b.SpaceForHolder = b.SpaceEN
	}
	return b
}

// message says the reason in both languages: what proved nothing learns nothing.
func (sc *scan) message() Message {
	key := "reason." + string(sc.d.Reason.Shown())
	data := map[string]any{}
	if sc.d.Reason == entry.TooEarly {
		data["at"] = sc.d.NotBefore.In(sc.site.Location())
	}
	text := func(lang locale.Lang, stop string) string {
		title := locale.T(lang, key+".title", data)
		if !strings.HasSuffix(title, stop) {
			title += stop
		}
		if lang == locale.EN {
			title += " "
		}
		return title + locale.T(lang, key+".detail", data)
	}
	return Message{JA: text(locale.JA, "。"), EN: text(locale.EN, ".")}
}
