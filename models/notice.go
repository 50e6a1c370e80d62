package models

import (
	"context"
	"slices"
	"strings"
	"time"
)

// NoticeKind is what a message to a person is about. It is also the key of its
// texts in internal/locale (mail.<kind>.*).
type NoticeKind string

// The kinds of notice.
const (
	NoticeConfirmed         NoticeKind = "booking_confirmed"
	NoticeChanged           NoticeKind = "booking_changed"
	NoticeCancelled         NoticeKind = "booking_cancelled"
	NoticeReminder          NoticeKind = "booking_reminder"
	NoticeReleaseSoon       NoticeKind = "release_soon"
	NoticeReleased          NoticeKind = "booking_released"
	NoticePartReleased      NoticeKind = "part_released" // a room of a linked meeting; the others stand
	NoticeApprovalAsked     NoticeKind = "approval_asked"
	NoticeApproved          NoticeKind = "booking_approved"
	NoticeRejected          NoticeKind = "booking_rejected"
	NoticeGuestInvited      NoticeKind = "guest_invited"
	NoticeGuestChanged      NoticeKind = "guest_changed"
	NoticeGuestCancelled    NoticeKind = "guest_cancelled"
	NoticeGuestArrived      NoticeKind = "guest_arrived"
	NoticeWaitlistOffer     NoticeKind = "waitlist_offer"
	NoticeWaitlistExpired   NoticeKind = "waitlist_expired"
	NoticeSetPassword       NoticeKind = "set_password"
	NoticeGateSilent        NoticeKind = "gate_silent"
	NoticeAuditHead         NoticeKind = "audit_head"
	NoticeClosureCancelled  NoticeKind = "closure_cancelled"
	NoticeClosureLifted     NoticeKind = "closure_lifted"
	NoticePlaceGone         NoticeKind = "place_gone" // its space is a company's now
	NoticeBookingHandedOver NoticeKind = "booking_handed_over"
	NoticeBookingGivenAway  NoticeKind = "booking_given_away"
	NoticeSeriesConfirmed   NoticeKind = "series_confirmed"
	NoticeSeriesChanged     NoticeKind = "series_changed"
	NoticeSeriesCancelled   NoticeKind = "series_cancelled"
	NoticeSeriesInvited     NoticeKind = "guest_series_invited"
	NoticeSeriesMoved       NoticeKind = "guest_series_changed"
	NoticeSeriesCalledOff   NoticeKind = "guest_series_cancelled"
	NoticePasskeyAdded      NoticeKind = "passkey_added"
	NoticePasswordSet       NoticeKind = "password_set"
)

// NoticeKinds lists every kind, for the test that each has its texts.
var NoticeKinds = []NoticeKind{
	NoticeConfirmed, NoticeChanged, NoticeCancelled, NoticeReminder, NoticeReleaseSoon, NoticeReleased, NoticePartReleased, NoticeApprovalAsked, NoticeApproved,
	NoticeRejected, NoticeGuestInvited, NoticeGuestChanged, NoticeGuestCancelled, NoticeGuestArrived, NoticeWaitlistOffer,
	NoticeWaitlistExpired, NoticeSetPassword, NoticeGateSilent, NoticeAuditHead, NoticeClosureCancelled, NoticeClosureLifted, NoticePlaceGone, NoticeBookingHandedOver,
	NoticeBookingGivenAway, NoticeSeriesConfirmed, NoticeSeriesChanged, NoticeSeriesCancelled, NoticeSeriesInvited,
	NoticeSeriesMoved, NoticeSeriesCalledOff, NoticePasskeyAdded, NoticePasswordSet,
}

// OptionalNotices are those that a member may turn off. What tells of a change, waits
// for an answer, brings what opens a door or concerns the safety of an account always
// comes: that is all the others. A reminder repeats what a confirmation said.
var OptionalNotices = []NoticeKind{NoticeReminder}

// Optional reports whether a member may turn notices of the kind off.
func (k NoticeKind) Optional() bool { return slices.Contains(OptionalNotices, k) }

// BookingNotice is the payload of a notice about a booking: the booking as it
// was when the notice was written, so that a late mail tells what happened then.
type BookingNotice struct {
	Reference string        `json:"reference"`
	Title     string        `json:"title"`
	StartsAt  time.Time     `json:"starts_at"`
	EndsAt    time.Time     `json:"ends_at"`
	Organizer string        `json:"organizer"`
	Guest     string        `json:"guest,omitempty"`    // the guest it is about or for
	GuestID   *ID           `json:"guest_id,omitempty"` // whose pass goes with it
	Reason    string        `json:"reason,omitempty"`
	JoinURL   string        `json:"join_url,omitempty"`
	Link      string        `json:"link,omitempty"` // path of a page that takes up the notice
	Until     *time.Time    `json:"until,omitempty"`
	Sequence  int           `json:"sequence"`
	Places    []NoticePlace `json:"places"`
	Dates     []NoticeDate  `json:"dates,omitempty"` // of a notice about a series: its bookings, the first of which is above
	Reminded  bool          `json:"-"`               // the reader gets reminders, where the mail speaks of them; told when it is sent
}

// NoticeDate is one booking of a series.
type NoticeDate struct {
	BookingID ID        `json:"booking_id"`
	GuestID   *ID       `json:"guest_id,omitempty"`
	Reference string    `json:"reference"`
	StartsAt  time.Time `json:"starts_at"`
	EndsAt    time.Time `json:"ends_at"`
	Sequence  int       `json:"sequence"`
}

// NoticePlace is one space of the booking, in both languages.
type NoticePlace struct {
	SiteJA       string `json:"site_ja"`
	SiteEN       string `json:"site_en"`
	AddressJA    string `json:"address_ja"`
	AddressEN    string `json:"address_en"`
	SpaceJA      string `json:"space_ja"`
	SpaceEN      string `json:"space_en"`
	TimeZone     string `json:"time_zone"`
	VideoAddress string `json:"video_address,omitempty"`
}

// NewBookingNotice returns the payload for a booking as it is now.
func NewBookingNotice(c *Catalogue, b *Booking, organizer *Member) BookingNotice {
	n := BookingNotice{
		Reference: b.Reference, Title: b.Title, StartsAt: b.StartsAt, EndsAt: b.EndsAt,
		Organizer: organizer.Name, JoinURL: b.JoinURL, Sequence: b.Sequence,
	}
	for _, bs := range b.Spaces {
		site, space := c.sites[bs.Site], c.spaces[bs.SpaceID]
		if site == nil || space == nil {
			continue
		}
		n.Places = append(n.Places, NoticePlace{
			SiteJA: site.NameJA, SiteEN: site.NameEN, AddressJA: site.AddressJA, AddressEN: site.AddressEN,
			SpaceJA: space.NameJA, SpaceEN: space.NameEN, TimeZone: site.TimeZone, VideoAddress: space.VideoAddress,
		})
	}
	return n
}

// TellOrganizer enqueues a notice about a booking to its organizer, in their
// language. It leads to the booking where it names no other page, unless the
// booking is theirs no more.
func (s *Store) TellOrganizer(ctx context.Context, kind NoticeKind, b *Booking, organizer *Member, n BookingNotice) error {
	if n.Link == "" && kind != NoticeBookingGivenAway {
		n.Link = pageOf(b)
	}
	return s.Enqueue(ctx, n, toOrganizer(kind, b, organizer))
}

// pageOf is where a booking is seen and changed.
func pageOf(b *Booking) string { return "/bookings/" + b.ID.String() }

// TellMembers enqueues a notice about a booking to people who have to do with it,
// each in their language.
func (s *Store) TellMembers(ctx context.Context, kind NoticeKind, b *Booking, people []Member, n BookingNotice) error {
	notices := make([]Notice, len(people))
	for i := range people {
		notices[i] = toOrganizer(kind, b, &people[i])
	}
	return s.Enqueue(ctx, n, notices...)
}

func toOrganizer(kind NoticeKind, b *Booking, organizer *Member) Notice {
	return Notice{
		Kind: string(kind), Recipient: organizer.Email, Locale: organizer.Locale, MemberID: &organizer.ID, BookingID: &b.ID,
	}
}

// TellGuests enqueues a notice to each guest of a booking, in the language of
// the organizer, who knows them.
func (s *Store) TellGuests(ctx context.Context, kind NoticeKind, b *Booking, organizer *Member, n BookingNotice) error {
	for i := range b.Guests {
		g := &b.Guests[i]
		if g.RemovedAt != nil {
			continue
		}
		n.Guest, n.GuestID = g.Name, &g.ID
		if err := s.Enqueue(ctx, n, toGuest(kind, b, g, organizer)); err != nil {
			return err
		}
	}
	return nil
}

func toGuest(kind NoticeKind, b *Booking, g *Guest, organizer *Member) Notice {
	return Notice{Kind: string(kind), Recipient: g.Email, Locale: organizer.Locale, BookingID: &b.ID}
}

// MailsToGuests returns how many mails invited somebody to the member's bookings, or
// told them of a change, since an instant, by address in small letters.
func (s *Store) MailsToGuests(ctx context.Context, organizer ID, since time.Time) (map[string]int, error) {
	var addresses []string
	err := s.r(ctx).Model(&Notice{}).
		Where("member_id IS NULL AND created_at > ? AND kind IN ?", since, []NoticeKind{
			NoticeGuestInvited, NoticeGuestChanged, NoticeSeriesInvited, NoticeSeriesMoved,
		}).
		Where("booking_id IN (SELECT id FROM bookings WHERE organizer_id = ? AND ends_at > ?)", organizer, since).
		Pluck("recipient", &addresses).Error
	sent := map[string]int{}
	for _, address := range addresses {
		sent[strings.ToLower(address)]++
	}
	return sent, err
}

// Location returns the time zone of the first place, UTC where there is none.
func (n BookingNotice) Location() *time.Location {
	if len(n.Places) == 0 {
		return time.UTC
	}
	loc, err := time.LoadLocation(n.Places[0].TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}
