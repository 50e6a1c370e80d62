package access

import (
	"context"
	"encoding/base64"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrInvalidDeviceKey means that a phone's key is not a point of P-256 in its
// compressed form.
var ErrInvalidDeviceKey = fault.New(fault.Invalid, "invalid_device_key", "the public key is not a compressed P-256 key")

// ErrDeviceRetired means that another phone was enrolled since: this one shows
// live codes again only when its owner says so.
var ErrDeviceRetired = fault.New(fault.Conflict, "device_retired", "another phone shows the live code now")

// LivePass is what a phone keeps of a pass and completes every 15 seconds:
// B || D || S.
type LivePass struct {
	models.Pass
	Signed []byte
}

// EnrolDevice makes passes for the phone with the given public key, one for each
// pass the member has: for bookings that begin within a week, and those that
// need none. The live passes of a phone enrolled before end; printed ones stay.
// Called again with the same key it renews what is about to end. The instant is
// the server's, by which the phone signs.
func (s *Service) EnrolDevice(ctx context.Context, p models.Principal, key []byte) ([]LivePass, time.Time, error) {
	return s.device(ctx, p, key, false)
}

// RenewDevice is EnrolDevice for a phone that only wants to go on. One that
// another has taken the place of gets ErrDeviceRetired: a forgotten tablet must
// not end the codes of the phone in somebody's hand by being opened.
func (s *Service) RenewDevice(ctx context.Context, p models.Principal, key []byte) ([]LivePass, time.Time, error) {
	return s.device(ctx, p, key, true)
}

func (s *Service) device(ctx context.Context, p models.Principal, key []byte, goesOn bool) ([]LivePass, time.Time, error) {
	if p.Member == nil {
		return nil, time.Time{}, models.ErrForbidden
	}
	if _, err := entry.ParseDeviceKey(key); err != nil {
		return nil, time.Time{}, ErrInvalidDeviceKey.On("public_key")
	}
	v, err := s.renewView(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	if _, err := s.currentPasses(ctx, v, p); err != nil {
		return nil, time.Time{}, err
	}
	var live []models.Pass
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		live, err = s.enrol(ctx, tx, p, toBase64(key), goesOn)
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	passes, err := s.signLive(v.ring, live, key)
	return passes, s.millis(), err
}

// enrol brings the live rows up to date under the lock of the member, who may be
// enrolling two phones at once.
func (s *Service) enrol(ctx context.Context, tx *models.Store, p models.Principal, key string, goesOn bool) ([]models.Pass, error) {
	m, err := tx.LockMember(ctx, p.Member.ID)
	if err != nil {
		return nil, err
	}
	passes, err := tx.PassesOfMember(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	retired := idsOf(passes, func(h models.Pass) bool { return h.Live && h.DeviceKey != key })
	if goesOn && len(retired) > 0 {
		return nil, ErrDeviceRetired
	}
	if err := tx.RevokePasses(ctx, retired); err != nil {
		return nil, err
	}
	if err := tx.InsertPasses(ctx, &m, missingLive(passes, key, tx.Now())); err != nil {
		return nil, err
	}
	if len(retired) > 0 {
		if err := tx.Audit(ctx, p, "device.enrol", "member", m.ID.String(), "", nil); err != nil {
			return nil, err
		}
	}
	passes, err = tx.PassesOfMember(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	return newestLive(passes), nil
}

// missingLive returns live rows for the printed passes that have none, or one
// that is about to end.
func missingLive(passes []models.Pass, key string, now time.Time) []models.Pass {
	var missing []models.Pass
	for _, p := range passes {
		if p.Live || p.NotBefore.After(now.Add(passLife)) {
			continue
		}
		want := p
		want.Live, want.DeviceKey = true, key
		if end := now.Add(passLife); want.NotAfter.After(end) {
			want.NotAfter = end
		}
		if start := want.NotAfter.Add(-passLife); want.NotBefore.Before(start) {
			want.NotBefore = start
		}
		if !covered(passes, want, now) {
			missing = append(missing, want)
		}
	}
	return missing
}

// covered reports whether the phone has a live pass that will do in place of want.
func covered(passes []models.Pass, want models.Pass, now time.Time) bool {
	until := want.NotAfter
	if fresh := now.Add(passFresh); until.After(fresh) {
		until = fresh
	}
	for _, h := range passes {
		if h.Live && h.DeviceKey == want.DeviceKey && sameRight(h, want) && sameBooking(h, want) &&
			!h.NotAfter.Before(until) && !h.NotBefore.After(later(want.NotBefore, now)) {
			return true
		}
	}
	return false
}

func sameBooking(a, b models.Pass) bool {
	return (a.BookingID == nil) == (b.BookingID == nil) && (a.BookingID == nil || *a.BookingID == *b.BookingID)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// newestLive leaves out the live passes that a longer one has taken the place of.
func newestLive(passes []models.Pass) []models.Pass {
	var out []models.Pass
	for _, p := range passes {
		if !p.Live {
			continue
		}
		replaced := false
		for i := range out {
			if sameRight(out[i], p) && sameBooking(out[i], p) {
				replaced = true
				if p.NotAfter.After(out[i].NotAfter) {
					out[i] = p
				}
			}
		}
		if !replaced {
			out = append(out, p)
		}
	}
	return out
}

func (s *Service) signLive(r *ring, passes []models.Pass, key []byte) ([]LivePass, error) {
	issuer, err := r.signer(s.store.Now())
	if err != nil {
		return nil, err
	}
	out := make([]LivePass, len(passes))
	for i := range passes {
		b, err := bodyOf(&passes[i])
		if err != nil {
			return nil, err
		}
		signed, err := issuer.LivePass(b, key)
		if err != nil {
			return nil, err
		}
		out[i] = LivePass{passes[i], signed}
	}
	return out, nil
}

// ParseDeviceKey reads the key as PUT /me/device sends it.
func ParseDeviceKey(text string) ([]byte, error) {
	key, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrInvalidDeviceKey.On("public_key")
	}
	return key, nil
}
