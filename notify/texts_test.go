package notify

import (
	"strings"
	"testing"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func sample() models.BookingNotice {
	until := time.Date(2026, 12, 7, 0, 30, 0, 0, time.UTC)
	place := func(ja, en, room string) models.NoticePlace {
		return models.NoticePlace{
			SiteJA: ja, SiteEN: en, AddressJA: "長野県塩尻市", AddressEN: "Shiojiri, Nagano", SpaceJA: "会議室" + room, SpaceEN: "Room " + room,
			TimeZone: "Asia/Tokyo", VideoAddress: "sip:room" + room + "@kyoten.example",
		}
	}
	return models.BookingNotice{
		Reference: "K7F3-9QWX", Title: "月例会; 第1回, 準備", StartsAt: time.Date(2026, 12, 7, 1, 0, 0, 0, time.UTC),
		EndsAt: time.Date(2026, 12, 7, 3, 0, 0, 0, time.UTC), Organizer: "安藤 杏", Guest: "Grace Hopper", Reason: "設備点検",
		JoinURL: "https://meet.example/abc", Link: "/bookings/1", Until: &until, Sequence: 2, Reminded: true,
		Places: []models.NoticePlace{place("コラボ", "Colabo", "1"), place("ノウアーズ", "Knower(s)", "2")},
	}
}

func TestEveryNoticeHasItsWords(t *testing.T) {
	t.Parallel()
	s := New(Config{URL: "https://kyoten.example"})
	for _, lang := range locale.Langs {
		var all strings.Builder
		for _, kind := range models.NoticeKinds {
			n := models.Notice{Kind: string(kind)}
			subject := locale.T(lang, "mail."+n.Kind+".subject", words(lang, sample()))
			off := ""
			if kind.Optional() {
				off = "https://kyoten.example/mails/kyu_x"
			}
			text := s.text(lang, n, sample(), off)
			if strings.Contains(subject+text, "<no value>") || strings.Contains(subject+text, "{{") {
				t.Errorf("%s in %s names a value that is not there:\n%s\n%s", kind, lang, subject, text)
			}
			all.WriteString("== " + n.Kind + "\nSubject: " + subject + "\n\n" + text + "\n")
		}
		modelstest.Golden(t, "testdata/mails."+lang.String()+".txt", all.String())
	}
}

func TestCalendarFile(t *testing.T) {
	t.Parallel()
	e := Event{BookingNotice: sample(), Stamp: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	file := CalendarFile(locale.JA, "Kyoten <kyoten@kyoten.example>", e)
	modelstest.Golden(t, "testdata/booking.ics", file)
	for i, line := range strings.Split(strings.TrimSuffix(file, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d has %d octets or a bare line break: %q", i+1, len(line), line)
		}
	}
	e.Title = "a\r\nb\rc\x1b"
	if got := CalendarFile(locale.EN, "", e); !strings.Contains(got, `SUMMARY:a\nb\nc`+"\r\n") {
		t.Errorf("ends of lines within a title are not escaped:\n%q", got)
	}
	e.Organizer = "Ann O'A.; x:\r\ny"
	if got := CalendarFile(locale.EN, "", e); !strings.Contains(got, "ORGANIZER;CN=Ann O’A.  x   y:mailto:noreply@localhost"+"\r\n") {
		t.Errorf("the organizer's name breaks out of its place:\n%q", got)
	}
	e.Cancelled = true
	if got := CalendarFile(locale.EN, "", e); !strings.Contains(got, "STATUS:CANCELLED\r\n") || !strings.Contains(got, "METHOD:CANCEL\r\n") {
		t.Errorf("a cancelled booking is not cancelled:\n%s", got)
	}
}
