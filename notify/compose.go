package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"

	"kyoten/access/entry"
	"kyoten/internal/locale"
	"kyoten/models"
)

// codeSize is the edge of a code's picture in a mail, in pixels.
const codeSize = 480

// compose writes the mail of a notice.
func (s *Service) compose(ctx context.Context, n models.Notice) (*mail.Msg, error) {
	lang, _ := locale.Parse(n.Locale)
	var about models.BookingNotice
	if err := json.Unmarshal([]byte(n.Payload), &about); err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	if err := s.ask(ctx, n, &about); err != nil {
		return nil, err
	}
	if n.Kind == string(models.NoticeSetPassword) {
		path, err := s.mailedLink(ctx, n)
		if err != nil {
			return nil, err
		}
		about.Link = path
	}
	m := mail.NewMsg()
	if err := s.address(m, n); err != nil {
		return nil, err
	}
	m.Subject(locale.T(lang, "mail."+n.Kind+".subject", words(lang, about)))
	off := s.choice(m, n)
	m.SetBodyString(mail.TypeTextPlain, s.text(lang, n, about, off))
	if n.BookingID == nil {
		return m, nil
	}
	if err := s.attachCalendar(m, lang, n, about); err != nil {
		return nil, err
	}
	return m, s.attachCodes(ctx, m, n, about)
}

// ask finds out what the reader wants by now, where that matters. It returns
// errNotWanted where they have turned off notices of the kind, also since this one was
// written.
func (s *Service) ask(ctx context.Context, n models.Notice, about *models.BookingNotice) error {
	kind := models.NoticeKind(n.Kind)
	if n.MemberID == nil || !kind.Optional() && kind != models.NoticeSeriesConfirmed {
		return nil
	}
	reader, err := s.Store.Member(ctx, *n.MemberID)
	if err == nil && !reader.Wants(kind) {
		err = errNotWanted
	}
	about.Reminded = reader.Wants(models.NoticeReminder)
	return err
}

// choice has the reader's program offer to turn off notices of the kind (RFC 2369,
// and by one press RFC 8058, which wants HTTPS), and returns the address where it is
// done, "" for one that always comes.
func (s *Service) choice(m *mail.Msg, n models.Notice) string {
	if s.Links == nil {
		return ""
	}
	path := s.Links.ChoicePath(n)
	if path == "" {
		return ""
	}
	m.SetGenHeader("List-Unsubscribe", "<"+s.URL+path+">")
	if strings.HasPrefix(s.URL, "https://") {
		m.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	return s.URL + path
}

// mailedLink returns the path of a new link for the reader, or errNotWanted.
func (s *Service) mailedLink(ctx context.Context, n models.Notice) (string, error) {
	if s.Links == nil {
		return "", errNotWanted
	}
	path, err := s.Links.MailedLink(ctx, n)
	if err == nil && path == "" {
		err = errNotWanted
	}
	return path, err
}

// address fills the headers. The Message-ID and the date are the notice's, so
// that the same notice is always the same mail (RFC 5322, 3.6.4).
func (s *Service) address(m *mail.Msg, n models.Notice) error {
	if err := m.From(s.From); err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	if err := m.To(n.Recipient); err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	domain := "kyoten.invalid"
	if from := m.GetFrom(); len(from) == 1 {
		_, domain, _ = strings.Cut(from[0].Address, "@")
	}
	m.SetMessageIDWithValue(n.ID.String() + "@" + domain)
	m.SetDateWithValue(n.CreatedAt)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies, please
	return nil
}

// words are the values a text may name.
func words(lang locale.Lang, b models.BookingNotice) map[string]any {
	loc := b.Location()
	w := map[string]any{
		"reference": b.Reference, "title": b.Title, "organizer": b.Organizer, "guest": b.Guest, "reason": b.Reason,
		"when": locale.Period(lang, b.StartsAt, b.EndsAt, loc), "where": where(lang, b), "until": "", "number": len(b.Dates), "reminded": b.Reminded,
	}
	if b.Until != nil {
		w["until"] = locale.DateTime(lang, *b.Until, loc)
	}
	return w
}

// where names the sites of a notice, each once.
func where(lang locale.Lang, b models.BookingNotice) string {
	var names []string
	for _, p := range b.Places {
		name := in(lang, p.SiteJA, p.SiteEN)
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return strings.Join(names, in(lang, "、", ", "))
}

func in(lang locale.Lang, ja, en string) string {
	if lang == locale.EN {
		return en
	}
	return ja
}

// text is the body: what happened, the booking, where to go from here, and off, the
// address where mails like it are turned off.
func (s *Service) text(lang locale.Lang, n models.Notice, b models.BookingNotice, off string) string {
	var t strings.Builder
	w := words(lang, b)
	line := func(key string, value string) {
		if value != "" {
			fmt.Fprintf(&t, "%s%s%s\n", locale.T(lang, "mail.label."+key), in(lang, "：", ": "), value)
		}
	}
	fmt.Fprintf(&t, "%s\n\n", locale.T(lang, "mail."+n.Kind+".text", w))
	if len(b.Places) > 0 {
		line("title", b.Title)
		if len(b.Dates) == 0 {
			line("when", locale.Period(lang, b.StartsAt, b.EndsAt, b.Location()))
		}
		for _, d := range b.Dates {
			line("when", locale.Period(lang, d.StartsAt, d.EndsAt, b.Location()))
		}
		for _, p := range b.Places {
			line("where", in(lang, p.SiteJA, p.SiteEN)+in(lang, "　", ", ")+in(lang, p.SpaceJA, p.SpaceEN))
			line("address", in(lang, p.AddressJA, p.AddressEN))
			line("video", p.VideoAddress)
		}
		line("join", b.JoinURL)
		line("reference", b.Reference)
	}
	line("reason", b.Reason)
	if b.Link != "" {
		key := "mail.open"
		switch kind := models.NoticeKind(n.Kind); {
		case callsOff[kind], kind == models.NoticeClosureLifted:
			key = "mail.see" // there is nothing left to change
		case kind == models.NoticeSetPassword, kind == models.NoticePasswordSet:
			key = "mail.set"
		}
		fmt.Fprintf(&t, "\n%s\n%s\n", locale.T(lang, key), s.URL+b.Link)
	}
	fmt.Fprintf(&t, "\n--\n%s\n", locale.T(lang, "mail.footer"))
	if off != "" {
		fmt.Fprintf(&t, "%s\n%s\n", locale.T(lang, "mail."+n.Kind+".off"), off)
	}
	return t.String()
}

// carriesCode lists the notices that come with the reader's entry code.
var carriesCode = map[models.NoticeKind]bool{
	models.NoticeConfirmed: true, models.NoticeChanged: true, models.NoticeReminder: true, models.NoticeApproved: true,
	models.NoticeGuestInvited: true, models.NoticeGuestChanged: true, models.NoticeBookingHandedOver: true,
	models.NoticeSeriesInvited: true, models.NoticeSeriesMoved: true,
}

// attachCodes adds the reader's codes as pictures, one per site. A code that was
// taken back since the notice was written is left out.
func (s *Service) attachCodes(ctx context.Context, m *mail.Msg, n models.Notice, b models.BookingNotice) error {
	if s.Codes == nil || !carriesCode[models.NoticeKind(n.Kind)] {
		return nil
	}
	if len(b.Dates) == 0 {
		return s.attachCodesOf(ctx, m, n, b, *n.BookingID, "")
	}
	for _, d := range b.Dates {
		b.GuestID = d.GuestID
		if err := s.attachCodesOf(ctx, m, n, b, d.BookingID, "-"+d.StartsAt.In(b.Location()).Format(time.DateOnly)); err != nil {
			return err
		}
	}
	return nil
}

// attachCodesOf adds the reader's codes for one booking, with a mark in the names
// of the files.
func (s *Service) attachCodesOf(ctx context.Context, m *mail.Msg, n models.Notice, b models.BookingNotice, booking models.ID, mark string) error {
	passes, err := s.Codes.PrintedPasses(ctx, booking)
	if err != nil {
		return fmt.Errorf("find passes: %w", err)
	}
	for _, p := range passes {
		if !belongs(p, n, b) {
			continue
		}
		if err := s.attachCode(ctx, m, p, mark); err != nil {
			return err
		}
	}
	return nil
}

// belongs reports whether the pass is the reader's.
func belongs(p models.Pass, n models.Notice, b models.BookingNotice) bool {
	if b.GuestID != nil {
		return p.GuestID != nil && *p.GuestID == *b.GuestID
	}
	return n.MemberID != nil && p.MemberID != nil && *p.MemberID == *n.MemberID
}

func (s *Service) attachCode(ctx context.Context, m *mail.Msg, p models.Pass, mark string) error {
	code, err := s.Codes.StaticCode(ctx, p)
	if err != nil {
		return fmt.Errorf("sign code: %w", err)
	}
	png, err := entry.QRPNG(code, codeSize)
	if err != nil {
		return fmt.Errorf("draw code: %w", err)
	}
	return m.AttachReader("kyoten-"+p.Site+mark+".png", bytes.NewReader(png), mail.WithFileContentType("image/png"))
}

// callsOff lists the notices after which a booking does not take place for the
// reader; entersCalendar those after which it does, at the time they name.
var (
	callsOff = map[models.NoticeKind]bool{
		models.NoticeCancelled: true, models.NoticeGuestCancelled: true, models.NoticeReleased: true, models.NoticeClosureCancelled: true,
		models.NoticePlaceGone: true,
		models.NoticeRejected:  true, models.NoticeBookingGivenAway: true, models.NoticeSeriesCancelled: true, models.NoticeSeriesCalledOff: true,
	}
	entersCalendar = map[models.NoticeKind]bool{
		models.NoticeConfirmed: true, models.NoticeChanged: true, models.NoticeApproved: true, models.NoticeGuestInvited: true,
		models.NoticeGuestChanged: true, models.NoticeBookingHandedOver: true, models.NoticeSeriesConfirmed: true,
		models.NoticeSeriesChanged: true, models.NoticeSeriesInvited: true, models.NoticeSeriesMoved: true,
	}
)

// attachCalendar adds the booking as a calendar file to the notices that change
// what stands in a calendar.
func (s *Service) attachCalendar(m *mail.Msg, lang locale.Lang, n models.Notice, b models.BookingNotice) error {
	cancelled := callsOff[models.NoticeKind(n.Kind)]
	if !cancelled && !entersCalendar[models.NoticeKind(n.Kind)] {
		return nil
	}
	file := CalendarFile(lang, s.From, eventsOf(n, b, cancelled)...)
	return m.AttachReader("kyoten.ics", strings.NewReader(file), mail.WithFileContentType("text/calendar; charset=utf-8"))
}

// eventsOf returns the booking a notice is about, or each of a series.
func eventsOf(n models.Notice, b models.BookingNotice, cancelled bool) []Event {
	if len(b.Dates) == 0 {
		return []Event{{ID: *n.BookingID, BookingNotice: b, Cancelled: cancelled, Stamp: n.CreatedAt}}
	}
	events := make([]Event, len(b.Dates))
	for i, d := range b.Dates {
		one := b
		one.Reference, one.StartsAt, one.EndsAt, one.Sequence = d.Reference, d.StartsAt, d.EndsAt, d.Sequence
		events[i] = Event{ID: d.BookingID, BookingNotice: one, Cancelled: cancelled, Stamp: n.CreatedAt}
	}
	return events
}
