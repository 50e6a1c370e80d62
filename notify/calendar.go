package notify

import (
	"cmp"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"kyoten/internal/locale"
	"kyoten/models"
)

// Event is a booking as an entry of a calendar.
type Event struct {
	models.BookingNotice
	ID        models.ID
	Cancelled bool
	Tentative bool      // it waits for somebody's approval
	Stamp     time.Time // when this version came to be (DTSTAMP)
}

// CalendarFile returns the events as an iCalendar object (RFC 5545): CRLF, lines
// of at most 75 octets, instants in UTC. A reader recognises a booking by its
// UID and its latest state by SEQUENCE.
//
// from is the sender of mails, who stands for the organizer (RFC 5546 wants one for
// PUBLISH and CANCEL alike): guests are not told a member's address.
func CalendarFile(lang locale.Lang, from string, events ...Event) string {
	method := ics.MethodPublish
	if len(events) == 1 && events[0].Cancelled {
		method = ics.MethodCancel
	}
	return calendar(lang, from, method, events)
}

// CalendarFeed is CalendarFile for a program that reads it again and again: what is
// cancelled stands among the rest, be it alone.
func CalendarFeed(lang locale.Lang, from string, events []Event) string {
	return calendar(lang, from, ics.MethodPublish, events)
}

func calendar(lang locale.Lang, from string, method ics.Method, events []Event) string {
	cal := ics.NewCalendar()
	cal.SetProductId("-//Kyoten//Kyoten//" + strings.ToUpper(lang.String()))
	cal.SetMethod(method)
	for _, e := range events {
		e.addTo(cal, lang).SetOrganizer(mailboxOf(from), ics.WithCN(parameterText(cmp.Or(e.Organizer, "Kyoten"))))
	}
	return cal.Serialize(ics.WithNewLineWindows)
}

func (e Event) addTo(cal *ics.Calendar, lang locale.Lang) *ics.VEvent {
	v := cal.AddEvent(e.ID.String() + "@kyoten")
	v.SetDtStampTime(e.Stamp)
	v.SetStartAt(e.StartsAt)
	v.SetEndAt(e.EndsAt)
	v.SetSequence(e.Sequence)
	v.SetSummary(calendarText(e.summary(lang)))
	v.SetLocation(calendarText(e.location(lang)))
	v.SetDescription(calendarText(e.description(lang)))
	v.SetStatus(e.status())
	if e.JoinURL != "" {
		v.SetURL(e.JoinURL)
	}
	return v
}

func (e Event) status() ics.ObjectStatus {
	switch {
	case e.Cancelled:
		return ics.ObjectStatusCancelled
	case e.Tentative:
		return ics.ObjectStatusTentative
	}
	return ics.ObjectStatusConfirmed
}

// mailboxOf is the address alone.
func mailboxOf(from string) string {
	if a, err := mail.ParseAddress(from); err == nil {
		return a.Address
	}
	return "noreply@localhost"
}

// parameterText keeps out what a parameter without quotes has no place for. The
// library would write it with a backslash, which RFC 5545 knows in values alone.
func parameterText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\'':
			return '\u2019'
		case unicode.IsControl(r), strings.ContainsRune(`,;:"\`, r):
			return ' '
		}
		return r
	}, s)
}

// calendarText keeps out what RFC 5545 has no place for in a text: a line may end
// in one way alone, which the library escapes, and other control characters are
// not allowed.
func calendarText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
}

// summary is the title, or what was booked where the title is empty.
func (e Event) summary(lang locale.Lang) string {
	if e.Title != "" {
		return e.Title
	}
	var names []string
	for _, p := range e.Places {
		names = append(names, in(lang, p.SpaceJA, p.SpaceEN))
	}
	return fmt.Sprintf("%s (%s)", strings.Join(names, ", "), where(lang, e.BookingNotice))
}

func (e Event) location(lang locale.Lang) string {
	var parts []string
	for _, p := range e.Places {
		part := in(lang, p.SiteJA, p.SiteEN)
		if address := in(lang, p.AddressJA, p.AddressEN); address != "" {
			part += " (" + address + ")"
		}
		if len(parts) == 0 || parts[len(parts)-1] != part {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}

func (e Event) description(lang locale.Lang) string {
	lines := []string{locale.T(lang, "mail.label.reference") + ": " + e.Reference}
	for _, p := range e.Places {
		line := in(lang, p.SiteJA, p.SiteEN) + ": " + in(lang, p.SpaceJA, p.SpaceEN)
		if p.VideoAddress != "" {
			line += " (" + p.VideoAddress + ")"
		}
		lines = append(lines, line)
	}
	if e.JoinURL != "" {
		lines = append(lines, e.JoinURL)
	}
	return strings.Join(lines, "\n")
}
