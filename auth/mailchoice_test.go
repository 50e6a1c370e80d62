package auth_test

import (
	"errors"
	"strings"
	"testing"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/models"
)

// sealing is a house whose mails bring links that turn them off.
func sealing(t *testing.T) house {
	t.Helper()
	h := newHouse(t)
	h.Sealing(access.NewMasterKey())
	return h
}

// choice returns the token that a notice to m would bring.
func (h house) choice(m *models.Member, kind models.NoticeKind) string {
	return strings.TrimPrefix(h.ChoicePath(models.Notice{Kind: string(kind), MemberID: &m.ID}), "/mails/")
}

// wants reports whether the member gets reminders.
func (h house) wants(t *testing.T, m *models.Member) bool {
	t.Helper()
	row, err := h.store.Member(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	return row.Wants(models.NoticeReminder)
}

func TestAReminderIsTurnedOffAndOnByItsLink(t *testing.T) {
	t.Parallel()
	h := sealing(t)
	token := h.choice(h.world.Ann, models.NoticeReminder)
	if other := h.choice(h.world.Ann, models.NoticeReminder); other == token || strings.Contains(token, h.world.Ann.ID.String()) {
		t.Errorf("the token says whose it is, or is always the same: %s, %s", token, other)
	}
	if got, err := h.MailChoice(t.Context(), token); err != nil || !got.On || got.Kind != models.NoticeReminder || !h.wants(t, h.world.Ann) {
		t.Errorf("to look at it: %+v, %v", got, err)
	}
	version := 0
	for i, on := range []bool{false, false, true, false} { // what is done again is done
		got, err := h.ChooseMail(t.Context(), token, on)
		if err != nil || got.On != on || h.wants(t, h.world.Ann) != on || !h.wants(t, h.world.Bob) {
			t.Errorf("turn on = %t: %+v, %v; Ann gets reminders: %t, Bob: %t", on, got, err, h.wants(t, h.world.Ann), h.wants(t, h.world.Bob))
		}
		row, err := h.store.Member(t.Context(), h.world.Ann.ID)
		if err != nil || (i == 1) != (row.Version == version) {
			t.Errorf("turn %d: version %d after %d, %v", i, row.Version, version, err)
		}
		version = row.Version
	}
	rows, _, err := h.store.AuditLog(t.Context(), models.AuditFilter{Action: "member.mails"}, models.Page{Limit: 10})
	if err != nil || len(rows) != 3 || rows[0].Actor != "member:"+h.world.Ann.ID.String() || !strings.Contains(rows[0].Data, `"booking_reminder":false`) {
		t.Errorf("the audit log has %+v, %v; want each change, hers", rows, err)
	}
}

func TestOnlyOptionalMailsBringALinkThatTurnsThemOff(t *testing.T) {
	t.Parallel()
	h := sealing(t)
	for _, kind := range models.NoticeKinds {
		if got := h.choice(h.world.Ann, kind); (got != "") != (kind == models.NoticeReminder) {
			t.Errorf("%s: %q", kind, got)
		}
	}
	if got := h.ChoicePath(models.Notice{Kind: string(models.NoticeReminder)}); got != "" {
		t.Errorf("to nobody's account: %q", got)
	}
	if got := newHouse(t).choice(h.world.Ann, models.NoticeReminder); got != "" {
		t.Errorf("without a master key: %q", got)
	}
}

func TestNobodyTurnsMailsOffWithoutTheLink(t *testing.T) {
	t.Parallel()
	h, master := sealing(t), access.NewMasterKey()
	foreign := h.choice(h.world.Ann, models.NoticeReminder)
	h.Sealing(master)
	good, id := h.choice(h.world.Ann, models.NoticeReminder), h.world.Ann.ID[:]
	middle := len(good) - 20
	for name, token := range map[string]string{
		"nothing":              "",
		"another server's":     foreign,
		"without its prefix":   strings.TrimPrefix(good, "kyu_"),
		"another sort":         "kyl_" + strings.TrimPrefix(good, "kyu_"),
		"of another kind":      "kyu_" + master.Wrap("mail booking_confirmed", id),
		"of another place":     "kyu_" + master.Wrap("issuer 1", id),
		"about something else": "kyu_" + master.Wrap("mail booking_reminder", []byte("Ann")),
		"about nobody":         "kyu_" + master.Wrap("mail booking_reminder", make([]byte, 16)),
		"endless":              good + strings.Repeat("A", 200),
		"a letter changed":     good[:middle] + string(good[middle]^1) + good[middle+1:],
		"cut short":            good[:middle],
	} {
		if got, err := h.MailChoice(t.Context(), token); !errors.Is(err, auth.ErrLinkExpired) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if _, err := h.ChooseMail(t.Context(), token, false); !errors.Is(err, auth.ErrLinkExpired) || !h.wants(t, h.world.Ann) {
			t.Errorf("%s: %v, and Ann gets reminders: %t", name, err, h.wants(t, h.world.Ann))
		}
	}
	if _, err := h.Sealing(nil).ChooseMail(t.Context(), good, false); !errors.Is(err, auth.ErrLinkExpired) {
		t.Errorf("without a master key: %v", err)
	}
}

// TestALinkInAMailFollowsItsReader: mails are kept, and what was written to an account
// that was merged since is about the one that took it in.
func TestALinkInAMailFollowsItsReader(t *testing.T) {
	t.Parallel()
	h := sealing(t)
	ann, bob := h.world.Ann, h.world.Bob
	anns, bobs, desks := h.choice(ann, models.NoticeReminder), h.choice(bob, models.NoticeReminder), h.choice(h.world.Desk, models.NoticeReminder)
	if err := h.store.SuspendMember(t.Context(), ann.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ChooseMail(t.Context(), anns, false); err != nil || h.wants(t, ann) {
		t.Errorf("who is suspended: %v", err)
	}
	gone, err := h.store.Member(t.Context(), bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.CloseInto(t.Context(), &gone, ann.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ChooseMail(t.Context(), bobs, true); err != nil || !h.wants(t, ann) {
		t.Errorf("by a mail to the account that was merged into hers: %v", err)
	}
	if _, err := h.ChooseMail(t.Context(), desks, false); err != nil {
		t.Fatal(err)
	}
	if err := h.Erase(t.Context(), models.Principal{Member: h.world.Admin}, h.world.Desk.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.Erase(t.Context(), models.Principal{Member: h.world.Admin}, ann.ID); err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"erased": desks, "erased, merged": bobs} {
		if _, err := h.MailChoice(t.Context(), token); !errors.Is(err, auth.ErrLinkExpired) {
			t.Errorf("look, %s: %v", name, err)
		}
		if _, err := h.ChooseMail(t.Context(), token, false); !errors.Is(err, auth.ErrLinkExpired) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !h.wants(t, ann) || !h.wants(t, h.world.Desk) {
		t.Error("what an erased person chose is kept")
	}
}

func TestOneSaysWhetherRemindersCome(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	off, name := false, "Ann Lee"
	for _, in := range []auth.Profile{{Reminders: &off}, {Name: &name}} {
		m, err := h.UpdateProfile(t.Context(), models.Principal{Member: h.world.Ann}, in)
		if err != nil || !m.RemindersOff || h.wants(t, h.world.Ann) {
			t.Errorf("%+v: reminders off = %t, %v", in, m.RemindersOff, err)
		}
	}
}
