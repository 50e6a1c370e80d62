package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kyoten/access"
	"kyoten/booking"
	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/webhook"
)

// house is a consortium with a webhook service that may reach this machine.
type house struct {
	*modelstest.World
	t       *testing.T
	store   *models.Store
	fake    *clock.Fake
	booking *booking.Service
	config  webhook.Config
	svc     *webhook.Service
	log     *bytes.Buffer
}

func newHouse(t *testing.T) *house {
	t.Helper()
	store, fake := modelstest.Open(t)
	h := &house{World: modelstest.NewWorld(t, store), t: t, store: store, fake: fake, booking: booking.New(store, fake.Now), log: &bytes.Buffer{}}
	h.config = webhook.Config{
		Store: store, Vault: access.NewMasterKey(), Log: slog.New(slog.NewJSONHandler(h.log, nil)), Roots: x509.NewCertPool(),
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}
	h.svc = webhook.New(h.config)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) as(m *models.Member) models.Principal { return modelstest.As(h.t, h.store, m) }

// message is what a receiver got.
type message struct {
	id, timestamp, signature, contentType string
	body                                  []byte
}

// receiver is another program, reached by TLS.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []message
	answer func(w http.ResponseWriter, r *http.Request) // nil: 204
}

func (h *house) receiver() *receiver {
	r := &receiver{}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(r.take))
	h.t.Cleanup(r.Close)
	h.config.Roots.AddCert(r.Certificate())
	return r
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.got = append(r.got, message{
		req.Header.Get("webhook-id"), req.Header.Get("webhook-timestamp"), req.Header.Get("webhook-signature"), req.Header.Get("Content-Type"), body,
	})
	answer := r.answer
	r.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, req)
}

func (r *receiver) answers(answer func(http.ResponseWriter, *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) status(code int) {
	r.answers(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no\r\nthanks", code) })
}

// messages takes what has arrived since it was last asked.
func (r *receiver) messages() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// hook makes a webhook and returns it with its secret.
func (h *house) hook(url string, events ...models.HookEvent) (models.Webhook, string) {
	h.t.Helper()
	w := models.Webhook{URL: url, Enabled: true}
	for _, e := range events {
		w.Events = append(w.Events, string(e))
	}
	secret, err := h.svc.Create(h.t.Context(), h.as(h.Admin), &w)
	h.must(err)
	return w, secret
}

func (h *house) deliver() {
	h.t.Helper()
	h.must(h.svc.Deliver(h.t.Context()))
}

// book books for Ann, with a title and a guest that nobody else need know.
func (h *house) book(from, to int, space models.Space) booking.Record {
	h.t.Helper()
	p := modelstest.Hours(from, to)
	r, err := h.booking.Reserve(h.t.Context(), h.as(h.Ann), booking.Request{
		StartsAt: p.StartsAt, EndsAt: p.EndsAt, Spaces: []models.ID{space.ID}, Title: "Merger talks", Guests: guestsFor(space),
	})
	h.must(err)
	return r
}

func guestsFor(space models.Space) []booking.Invitation {
	if space.Kind == models.KindSeat {
		return nil
	}
	return []booking.Invitation{{Name: "Hanako Secret", Email: "hanako@secret.example"}}
}

// signed reports which of the message's signatures the secret has made.
func (m message) signed(t *testing.T, secret string) bool {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) != 32 {
		t.Fatalf("secret %q is not of the form (%v)", secret, err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(m.id + "." + m.timestamp + "." + string(m.body)))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return slices.Contains(strings.Fields(m.signature), want)
}

func (m message) event(t *testing.T) (kind string, data map[string]any) {
	t.Helper()
	var body struct {
		Type      string         `json:"type"`
		Timestamp time.Time      `json:"timestamp"`
		Data      map[string]any `json:"data"`
	}
	if err := json.Unmarshal(m.body, &body); err != nil || body.Timestamp.IsZero() {
		t.Fatalf("body %s: %v", m.body, err)
	}
	return body.Type, body.Data
}

// deliveries returns what is on record of a webhook, the oldest first.
func (h *house) deliveries(w models.Webhook) []models.Delivery {
	h.t.Helper()
	rows, _, err := h.svc.Deliveries(h.t.Context(), h.as(h.Admin), w.ID, models.Page{Limit: 100})
	h.must(err)
	slices.Reverse(rows)
	return rows
}

func TestABookingReachesTheReceiverSignedAndWithoutNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, secret := h.hook(r.URL+"/in?key=k3y", models.HookBookingCreated)
	b := h.book(10, 12, h.Room)
	h.deliver()
	h.deliver()
	got := r.messages()
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1", len(got))
	}
	m := got[0]
	if !m.signed(t, secret) || m.contentType != "application/json" {
		t.Errorf("not signed by the secret: %+v", m)
	}
	kind, data := m.event(t)
	if kind != "booking.created" || data["booking"] != b.ID.String() || data["organizer"] != h.Ann.ID.String() || data["guests"] != float64(1) {
		t.Errorf("%s %v", kind, data)
	}
	for _, personal := range []string{h.Ann.Name, h.Ann.Email, "Merger", "Hanako", "secret.example"} {
		if strings.Contains(string(m.body), personal) {
			t.Errorf("%q stands in %s", personal, m.body)
		}
	}
	rows := h.deliveries(w)
	if len(rows) != 1 || rows[0].State() != models.DeliveryDelivered || rows[0].ID.String() != m.id || rows[0].Status != 204 {
		t.Errorf("deliveries %+v", rows)
	}
	if text := h.log.String(); strings.Contains(text, secret) || strings.Contains(text, "k3y") {
		t.Errorf("the log tells secrets: %s", text)
	}
}

func TestWhatHappensToABookingIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	h.hook(r.URL, models.HookEvents...)
	ann, desk, ctx := h.as(h.Ann), h.as(h.Desk), t.Context()
	told := func(want ...string) {
		t.Helper()
		h.deliver()
		var kinds []string
		for _, m := range r.messages() {
			kind, _ := m.event(t)
			kinds = append(kinds, kind)
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("told %v, want %v", kinds, want)
		}
	}
	first, second := h.book(10, 12, h.Room), h.book(9, 10, h.Seats[0])
	told("booking.created", "booking.created")
	end := modelstest.At(0, 11, 30)
	_, err := h.booking.Reschedule(ctx, ann, first.ID, booking.Change{EndsAt: &end})
	h.must(err)
	told("booking.changed")
	h.fake.Set(modelstest.At(0, 9, 5))
	_, err = h.booking.CheckIn(ctx, desk, second.ID)
	h.must(err)
	told("booking.checked_in")
	_, err = h.booking.CheckOut(ctx, desk, second.ID)
	h.must(err)
	told("booking.checked_out")
	_, err = h.booking.Close(ctx, desk, booking.ClosureRequest{
		Site: "colabo", Space: &h.Room.ID, StartsAt: modelstest.At(0, 10, 0), EndsAt: modelstest.At(0, 12, 0), Reason: "a leak", CancelBookings: true,
	})
	h.must(err)
	told("booking.cancelled", "closure.created")
	h.book(10, 11, h.Seats[0])
	told("booking.created")
	h.fake.Set(modelstest.At(0, 11, 0))
	h.must(h.booking.KeepTime(ctx))
	told("booking.no_show")
	hold, err := h.booking.Hold(ctx, ann, booking.Request{StartsAt: modelstest.At(1, 10, 0), EndsAt: modelstest.At(1, 11, 0), Spaces: []models.ID{h.Seats[0].ID}})
	h.must(err)
	h.must(h.booking.LetGo(ctx, ann, hold.ID))
	told() // a hold is no booking yet
	series, err := h.booking.ReserveSeries(ctx, ann, booking.SeriesRequest{
		Request: booking.Request{StartsAt: modelstest.At(2, 10, 0), EndsAt: modelstest.At(2, 11, 0), Spaces: []models.ID{h.Seats[0].ID}},
		Rule:    "FREQ=WEEKLY;COUNT=2",
	})
	h.must(err)
	told("booking.created", "booking.created")
	_, err = h.booking.CancelSeries(ctx, ann, series.ID, nil)
	h.must(err)
	told("booking.cancelled", "booking.cancelled")
}

func TestAReceiverThatRefusesGetsTheSameMessageLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, secret := h.hook(r.URL, models.HookBookingCreated)
	h.book(10, 12, h.Seats[0])
	h.book(12, 13, h.Seats[0])
	r.status(http.StatusServiceUnavailable)
	h.deliver()
	first := r.messages()
	if len(first) != 1 {
		t.Fatalf("%d messages to a receiver in trouble, want one and no more", len(first))
	}
	if d := h.deliveries(w)[0]; d.Status != 503 || d.Answer != "no thanks" || d.State() != models.DeliveryWaiting {
		t.Errorf("on record: %+v", d)
	}
	r.answers(nil)
	h.deliver() // the second; the first is not due
	if got := r.messages(); len(got) != 1 || got[0].id == first[0].id {
		t.Errorf("sent %+v, want the second one alone", got)
	}
	h.fake.Advance(time.Minute)
	h.deliver()
	again := r.messages()
	if len(again) != 1 || again[0].id != first[0].id || !bytes.Equal(again[0].body, first[0].body) || !again[0].signed(t, secret) {
		t.Errorf("sent %+v, want the first one again", again)
	}
}

func TestADeliveryIsGivenUpAfterADayAndCanBeSentAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, _ := h.hook(r.URL, models.HookBookingCreated)
	h.book(10, 12, h.Seats[0])
	r.status(http.StatusInternalServerError)
	began, tries := h.fake.Now(), 0
	for h.deliveries(w)[0].State() == models.DeliveryWaiting {
		h.deliver()
		tries += len(r.messages())
		h.fake.Set(h.deliveries(w)[0].RunAt)
		if tries > 100 {
			t.Fatal("tried for ever")
		}
	}
	if took := h.fake.Now().Sub(began); took < 20*time.Hour || took > 36*time.Hour {
		t.Errorf("given up after %v in %d attempts, want about a day", took, tries)
	}
	r.answers(nil)
	h.deliver()
	if got := r.messages(); len(got) != 0 {
		t.Errorf("sent %d after it was given up", len(got))
	}
	_, err := h.svc.Redeliver(t.Context(), h.as(h.Admin), w.ID, h.deliveries(w)[0].ID)
	h.must(err)
	h.deliver()
	if d := h.deliveries(w)[0]; len(r.messages()) != 1 || d.State() != models.DeliveryDelivered {
		t.Errorf("after sending again: %+v", d)
	}
}

func TestAReceiverMayAskForTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, _ := h.hook(r.URL, models.HookBookingCreated)
	h.book(10, 12, h.Seats[0])
	r.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	h.deliver()
	if wait := h.deliveries(w)[0].RunAt.Sub(h.fake.Now()); wait != time.Hour {
		t.Errorf("waits %v, want the hour that was asked for", wait)
	}
}

func TestAReceiverThatIsGoneIsToldNoMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, _ := h.hook(r.URL, models.HookBookingCreated)
	h.book(10, 12, h.Seats[0])
	h.book(12, 13, h.Seats[0])
	r.status(http.StatusGone)
	h.deliver()
	h.book(13, 14, h.Seats[0])
	h.deliver()
	if got := r.messages(); len(got) != 1 {
		t.Errorf("%d messages, want 1", len(got))
	}
	now, err := h.svc.Webhook(t.Context(), h.as(h.Admin), w.ID)
	h.must(err)
	if now.Enabled || now.GoneAt == nil || now.GivenUp != 2 || now.Waiting != 0 {
		t.Errorf("webhook %+v", now)
	}
	r.answers(nil)
	_, err = h.svc.Update(t.Context(), h.as(h.Admin), w.ID, nil, func(w *models.Webhook) { w.Enabled = true })
	h.must(err)
	h.book(14, 15, h.Seats[0])
	h.deliver()
	if got := r.messages(); len(got) != 1 {
		t.Errorf("%d messages once it is on again, want 1", len(got))
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r, other := h.receiver(), h.receiver()
	w, _ := h.hook(r.URL, models.HookBookingCreated)
	r.answers(func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, other.URL, http.StatusTemporaryRedirect)
	})
	h.book(10, 12, h.Seats[0])
	h.deliver()
	if d := h.deliveries(w)[0]; len(other.messages()) != 0 || d.Status != 307 || d.Answer != webhook.WhyRedirect {
		t.Errorf("followed, or not on record: %+v", d)
	}
}

func TestAWebhookHearsOfItsSiteAndItsEventsAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	here, there := h.receiver(), h.receiver()
	h.hook(here.URL, models.HookBookingCreated)
	w, _ := h.hook(there.URL, models.HookBookingCreated)
	site := "shiojiri"
	_, err := h.svc.Update(t.Context(), h.as(h.Admin), w.ID, nil, func(w *models.Webhook) { w.Site = &site })
	h.must(err)
	b := h.book(10, 12, h.Seats[0])
	_, err = h.booking.Cancel(t.Context(), h.as(h.Ann), b.ID)
	h.must(err)
	h.deliver()
	if got := here.messages(); len(got) != 1 {
		t.Errorf("%d messages about every site, want the one that was asked for", len(got))
	}
	if got := there.messages(); len(got) != 0 {
		t.Errorf("told of another site: %s", got[0].body)
	}
}

func TestATurnedOffWebhookIsToldNothingButTests(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, secret := h.hook(r.URL, models.HookBookingCreated)
	h.book(10, 12, h.Seats[0])
	_, err := h.svc.Update(t.Context(), h.as(h.Admin), w.ID, nil, func(w *models.Webhook) { w.Enabled = false })
	h.must(err)
	h.book(12, 13, h.Seats[0])
	_, err = h.svc.Test(t.Context(), h.as(h.Admin), w.ID)
	h.must(err)
	h.deliver()
	got := r.messages()
	if len(got) != 1 || !got[0].signed(t, secret) {
		t.Fatalf("%d messages, want the test alone", len(got))
	}
	if kind, _ := got[0].event(t); kind != "webhook.test" {
		t.Errorf("told %s", kind)
	}
	h.must(h.svc.Delete(t.Context(), h.as(h.Admin), w.ID))
	if _, _, err := h.svc.Deliveries(t.Context(), h.as(h.Admin), w.ID, models.Page{Limit: 9}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("deliveries of a deleted webhook: %v", err)
	}
}

func TestTheOldSecretSignsForADayMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, before := h.hook(r.URL, models.HookBookingCreated)
	_, after, err := h.svc.Rotate(t.Context(), h.as(h.Admin), w.ID)
	h.must(err)
	for _, tt := range []struct {
		wait time.Duration
		old  bool
	}{{0, true}, {25 * time.Hour, false}} {
		h.fake.Advance(tt.wait)
		_, err := h.svc.Test(t.Context(), h.as(h.Admin), w.ID)
		h.must(err)
		h.deliver()
		m := r.messages()[0]
		if !m.signed(t, after) || m.signed(t, before) != tt.old {
			t.Errorf("after %v: new %t, old %t", tt.wait, m.signed(t, after), m.signed(t, before))
		}
	}
}

func TestOneReceiverThatStallsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	slow, fast := h.receiver(), h.receiver()
	h.hook(slow.URL, models.HookBookingCreated)
	h.hook(fast.URL, models.HookBookingCreated)
	arrived := make(chan struct{})
	slow.answers(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-arrived:
		case <-r.Context().Done():
		}
	})
	fast.answers(func(http.ResponseWriter, *http.Request) { close(arrived) })
	h.book(10, 12, h.Seats[0])
	h.deliver() // would not end if the second waited for the first
	if len(slow.messages()) != 1 || len(fast.messages()) != 1 {
		t.Error("not both were told")
	}
}

// TestWhatIsDueToOthersDoesNotWaitForAReceiverThatHangs: nor is the one that hangs
// asked a second time meanwhile.
func TestWhatIsDueToOthersDoesNotWaitForAReceiverThatHangs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stuck, well := h.receiver(), h.receiver()
	h.hook(stuck.URL, models.HookBookingCreated)
	over := make(chan struct{})
	defer close(over)
	stuck.answers(func(http.ResponseWriter, *http.Request) { <-over })
	h.book(10, 12, h.Seats[0])
	h.deliver()
	h.hook(well.URL, models.HookBookingCreated)
	h.book(13, 14, h.Seats[0])
	h.deliver()
	if got := len(well.messages()); got != 1 {
		t.Errorf("%d messages arrived while another receiver hangs, want 1", got)
	}
	if got := len(stuck.messages()); got != 1 {
		t.Errorf("the receiver that hangs was sent %d messages, want to be waited for", got)
	}
}

func TestManyServersSendEachMessageOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, _ := h.hook(r.URL, models.HookBookingCreated)
	for range 45 {
		_, err := h.svc.Test(t.Context(), h.as(h.Admin), w.ID)
		h.must(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			svc := webhook.New(h.config)
			for left := true; left; {
				if err := svc.Deliver(t.Context()); err != nil {
					t.Error(err)
					return
				}
				counts, err := h.store.CountDeliveries(t.Context())
				if left = counts[w.ID].Waiting > 0; err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]int{}
	for _, m := range r.messages() {
		seen[m.id]++
	}
	if len(seen) != 45 {
		t.Errorf("%d of 45 arrived", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
}

func TestNothingBelongsToTheMemberWhoMadeIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, _ := h.hook(r.URL, models.HookBookingCreated)
	h.must(h.store.EraseMember(t.Context(), h.Admin))
	h.book(10, 12, h.Seats[0])
	h.deliver()
	row, err := h.store.Webhook(t.Context(), w.ID)
	h.must(err)
	if len(r.messages()) != 1 || row.CreatedBy != nil {
		t.Errorf("after its maker was erased: %+v", row)
	}
}

func TestDeliveriesAreForgottenAfterAMonth(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w, _ := h.hook("https://127.0.0.1:1/", models.HookBookingCreated)
	h.book(10, 12, h.Seats[0])
	h.fake.Advance(models.DeliveryLife - time.Hour)
	_, err := h.store.ForgetHolders(t.Context())
	h.must(err)
	if got := h.deliveries(w); len(got) != 1 {
		t.Errorf("%d on record within the month, want 1", len(got))
	}
	h.fake.Advance(2 * time.Hour)
	_, err = h.store.ForgetHolders(t.Context())
	h.must(err)
	if got := h.deliveries(w); len(got) != 0 {
		t.Errorf("%d on record after the month", len(got))
	}
}
