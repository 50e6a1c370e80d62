package webhook_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kyoten/access"
	"kyoten/models"
	"kyoten/webhook"
)

func TestAddressesThatWebhooksMayNotGoTo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	public := h.config
	public.Networks = nil
	own := h.config
	own.Networks = []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	for _, tt := range []struct {
		url         string
		public, own bool // whether it is taken without networks, and with one
	}{
		{"https://hooks.example/in?x=1", true, true},
		{"https://hooks.example:8443/", true, true},
		{"https://8.8.8.8/", true, true},
		{"https://[2606:4700::1111]/", true, true},
		{"http://hooks.example/", false, true}, // as far as can be seen; the connection decides
		{"http://8.8.8.8/", false, false},
		{"http://10.1.2.3/", false, true},
		{"https://10.1.2.3/", false, true},
		{"https://10.2.2.3/", false, false},
		{"https://127.0.0.1/", false, false},
		{"https://[::1]/", false, false},
		{"https://[::ffff:127.0.0.1]/", false, false},
		{"https://[64:ff9b::7f00:1]/", false, false},
		{"https://[fe80::1%25eth0]/", false, false},
		{"https://[fd00::1]/", false, false},
		{"https://169.254.169.254/latest/meta-data", false, false},
		{"https://192.168.1.1/", false, false},
		{"https://100.64.0.1/", false, false},
		{"https://0.0.0.0/", false, false},
		{"https://255.255.255.255/", false, false},
		{"https://224.0.0.1/", false, false},
		{"https://user:pass@hooks.example/", false, false},
		{"https://hooks.example/#top", false, false},
		{"https:///in", false, false},
		{"ftp://hooks.example/", false, false},
		{"file:///etc/passwd", false, false},
		{"hooks.example", false, false},
		{"https://hooks.example/" + strings.Repeat("x", 2000), false, false},
	} {
		for name, want := range map[string]bool{"public": tt.public, "own": tt.own} {
			config := map[string]webhook.Config{"public": public, "own": own}[name]
			w := models.Webhook{URL: tt.url, Events: models.Strings{"booking.created"}}
			_, err := webhook.New(config).Create(t.Context(), h.as(h.Admin), &w)
			if (err == nil) != want || err != nil && !errors.Is(err, webhook.ErrURL) {
				t.Errorf("%s, %s: %v, want taken: %t", tt.url, name, err, want)
			}
		}
	}
}

// TestANameThatLeadsInsideIsNotFollowed: what a name leads to is looked at when
// the connection is made.
func TestANameThatLeadsInsideIsNotFollowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	inside := strings.Replace(r.URL, "127.0.0.1", "localhost", 1)
	plain := strings.Replace(inside, "https", "http", 1)
	var hooks []models.Webhook
	for _, url := range []string{inside, plain} {
		w, _ := h.hook(url, models.HookBookingCreated)
		hooks = append(hooks, w)
	}
	h.book(10, 12, h.Seats[0])
	config := h.config
	config.Networks = nil
	if err := webhook.New(config).Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, w := range hooks {
		if d := h.deliveries(w)[0]; d.Answer != webhook.WhyAddress || d.Status != 0 {
			t.Errorf("%s: %+v, want the address refused", w.URL, d)
		}
	}
	if got := r.messages(); len(got) != 0 {
		t.Errorf("it arrived: %s", got[0].body)
	}
}

func TestSecretsAreWrappedAnewWithTheMasterKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.receiver()
	w, secret := h.hook(r.URL, models.HookBookingCreated)
	row, err := h.store.Webhook(t.Context(), w.ID)
	h.must(err)
	if strings.Contains(row.Secret, strings.TrimPrefix(secret, "whsec_")) {
		t.Error("the secret stands in the database as it is")
	}
	config := h.config
	config.Vault = replaced{access.NewMasterKey(), h.config.Vault}
	svc := webhook.New(config)
	h.must(svc.Rewrap(t.Context()))
	again, err := h.store.Webhook(t.Context(), w.ID)
	h.must(err)
	if again.Secret == row.Secret {
		t.Error("not wrapped anew")
	}
	_, err = svc.Test(t.Context(), h.as(h.Admin), w.ID)
	h.must(err)
	h.must(svc.Deliver(t.Context()))
	if m := r.messages(); len(m) != 1 || !m[0].signed(t, secret) {
		t.Error("the secret is another")
	}
}

// TestASecretThatCannotBeReadHoldsUpNoOtherWebhook, nor the start of the server: its
// own deliveries say what is wrong, and another secret mends it.
func TestASecretThatCannotBeReadHoldsUpNoOtherWebhook(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lost, well := h.receiver(), h.receiver()
	broken, _ := h.hook(lost.URL, models.HookBookingCreated)
	whole, _ := h.hook(well.URL, models.HookBookingCreated)
	row, err := h.store.Webhook(t.Context(), broken.ID)
	h.must(err)
	before := row.Secret
	row.Secret = "none"
	h.must(h.store.RewrapWebhook(t.Context(), &row, before))
	h.must(h.svc.Rewrap(t.Context()))
	for _, w := range []models.Webhook{broken, whole} {
		_, err := h.svc.Test(t.Context(), h.as(h.Admin), w.ID)
		h.must(err)
	}
	h.must(h.svc.Deliver(t.Context()))
	if got := len(well.messages()); got != 1 {
		t.Errorf("the other webhook got %d messages, want 1", got)
	}
	if d := h.deliveries(broken)[0]; d.Answer != webhook.WhySecret || d.Status != 0 || d.State() != models.DeliveryWaiting {
		t.Errorf("%+v, want it to wait and to say that the secret cannot be read", d)
	}
	_, secret, err := h.svc.Rotate(t.Context(), h.as(h.Admin), broken.ID)
	h.must(err)
	h.fake.Advance(time.Minute)
	h.must(h.svc.Deliver(t.Context()))
	if m := lost.messages(); len(m) != 1 || !m[0].signed(t, secret) {
		t.Errorf("with another secret %d messages arrived, want 1 that it signs", len(m))
	}
}

// replaced is a vault with a new key in use beside the old one.
type replaced struct{ now, before webhook.Vault }

func (r replaced) Wrap(name string, secret []byte) string { return r.now.Wrap(name, secret) }

func (r replaced) Unwrap(name, wrapped string) ([]byte, bool, error) {
	if secret, old, err := r.now.Unwrap(name, wrapped); err == nil {
		return secret, old, nil
	}
	secret, _, err := r.before.Unwrap(name, wrapped)
	return secret, true, err
}
