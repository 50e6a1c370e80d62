package gate

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/locale"
)

// scanAnswer is the answer to POST /scan, as POST /access/checks gives it.
type scanAnswer struct {
	Decision  entry.Verdict     `json:"decision"`
	Reason    entry.Reason      `json:"reason"`
	Message   map[string]string `json:"message"`
	Open      bool              `json:"open"`
	PassageID *string           `json:"passage_id"` // null where nothing is kept
	Direction entry.Direction   `json:"direction"`
	Holder    *holderShown      `json:"holder,omitempty"`
	Booking   *bookingShown     `json:"booking,omitempty"`    // after a walk-in
	NotBefore *time.Time        `json:"not_before,omitempty"` // with too_early
	Offer     *offerShown       `json:"offer,omitempty"`      // with no_booking, while the server answers

	pass entry.PassID
}

// holderShown is what a screen may show of a person.
type holderShown struct {
	Initials string `json:"initials"`
}

const mostScan = 1 << 16 // a code is at most 400 characters

// readBody reads the JSON of a request into in, and answers one that has none.
func readBody(w http.ResponseWriter, r *http.Request, in any) (raw []byte, ok bool) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, r, http.StatusUnsupportedMediaType, "unsupported_media_type")
		return nil, false
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostScan))
	if err != nil {
		refuse(w, r, http.StatusRequestEntityTooLarge, "body_too_large")
		return nil, false
	}
	read := json.NewDecoder(bytes.NewReader(raw))
	read.DisallowUnknownFields()
	if read.Decode(in) != nil || read.More() {
		refuse(w, r, http.StatusBadRequest, "bad_request")
		return nil, false
	}
	return raw, true
}

// scan decides about one code.
func (l *local) scan(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code      *string         `json:"code"`
		Direction entry.Direction `json:"direction"`
	}
	raw, ok := readBody(w, r, &in)
	if !ok {
		return
	}
	if in.Code == nil || (in.Direction != "" && in.Direction != entry.Entry && in.Direction != entry.Exit) {
		refuse(w, r, http.StatusUnprocessableEntity, "invalid_input")
		return
	}
	key := r.Header.Get("Idempotency-Key")
	answer, ok := l.repeats.once(key, raw, l.a.clock.m.monotonic(), func() scanAnswer {
		return l.answer(l.a.door.Scan(*in.Code, in.Direction))
	})
	if !ok {
		refuse(w, r, http.StatusUnprocessableEntity, "idempotency_key_reused")
		return
	}
	answer.Offer = l.offer(r.Context(), &answer) // apart: nobody else waits for the server meanwhile
	write(w, answer)
}

// answer puts a scan into the words of the API.
func (l *local) answer(s Scanned) scanAnswer {
	a := scanAnswer{
		Decision: s.Verdict, Reason: s.Reason, Open: s.Open, Direction: s.Direction, Message: map[string]string{},
		pass: s.Pass,
	}
	if s.PassageID != "" {
		a.PassageID = &s.PassageID
	}
	if s.Initials != "" {
		a.Holder = &holderShown{s.Initials}
	}
	values := map[string]any{}
	if !s.NotBefore.IsZero() {
		a.NotBefore = &s.NotBefore
		values["at"] = s.NotBefore.In(l.place.location())
	}
	for lang, stop := range map[locale.Lang]string{locale.JA: "\u3002", locale.EN: ". "} { // an ideographic full stop
		title := strings.TrimRight(locale.T(lang, s.Reason.Shown().TitleKey(), values), stop)
		a.Message[lang.String()] = title + stop + locale.T(lang, s.Reason.Shown().DetailKey(), values)
	}
	return a
}

// repeats answers a request that is sent again, under the key it had, as it was
// answered first. It forgets after a while and never grows beyond a bound.
type repeats struct {
	mu    sync.Mutex
	known map[string]repeat
	order []string // keys by age
}

type repeat struct {
	body   [sha256.Size]byte
	at     time.Duration
	answer scanAnswer
}

const (
	repeatsLast = 10 * time.Minute // a reader that lost an answer asks again within seconds
	mostRepeats = 1000
)

func newRepeats() *repeats { return &repeats{known: map[string]repeat{}} }

// once returns the first answer under key, making it when there is none; ok is
// false when the key was used for another body. It holds everybody up meanwhile,
// as the door does.
func (r *repeats) once(key string, body []byte, now time.Duration, answer func() scanAnswer) (_ scanAnswer, ok bool) {
	if key == "" || len(key) > 255 {
		return answer(), true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.order) > 0 && (len(r.order) >= mostRepeats || now-r.known[r.order[0]].at > repeatsLast) {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	sum := sha256.Sum256(body)
	if first, again := r.known[key]; again {
		return first.answer, first.body == sum
	}
	a := answer()
	r.known[key] = repeat{sum, now, a}
	r.order = append(r.order, key)
	return a, true
}
