package entry

import (
	"errors"
	"testing"
)

func TestSelfTestPassesWithAndWithoutACanary(t *testing.T) {
	t.Parallel()
	site := vectorSite(t)
	if err := SelfTest(site); err != nil {
		t.Errorf("without a canary: %v", err)
	}
	if err := SelfTest(withCanary(t, site, func(*State) {})); err != nil {
		t.Errorf("with a canary: %v", err)
	}
}

// withCanary returns the site with a canary of its issuer, then changed.
func withCanary(t testing.TB, site *Site, change func(*State)) *Site {
	t.Helper()
	s := site.State()
	canary, err := vectorIssuer(t).Canary()
	if err != nil {
		t.Fatal(err)
	}
	s.Canary, s.Gate = canary, Gate{ID: "g", ToZone: 201, Direction: Both}
	change(&s)
	return NewSite(s)
}

func TestSelfTestSeesAStateThatCannotWork(t *testing.T) {
	t.Parallel()
	foreign, _ := otherKeys(t)
	_, public := foreign.Key()
	for name, change := range map[string]func(*State){
		"no keys":            func(s *State) { s.IssuerKeys = nil },
		"another key":        func(s *State) { s.IssuerKeys = []IssuerKey{{KID: 7, PublicKey: Bytes(public)}} },
		"a key of no length": func(s *State) { s.IssuerKeys = []IssuerKey{{KID: 7}} },
		"a canary that opens the door": func(s *State) {
			s.Canary, s.GeneratedAt = vectorK1, vectorNow
		},
		"a canary that is no code": func(s *State) { s.Canary = "canary" },
	} {
		if err := SelfTest(withCanary(t, vectorSite(t), change)); !errors.Is(err, ErrSelfTest) {
			t.Errorf("%s: %v, want ErrSelfTest", name, err)
		}
	}
}

func TestTheCanaryWorksInEveryMode(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*State){
		"lockdown":       func(s *State) { s.Mode = Lockdown },
		"live zone":      func(s *State) { s.Zones[0].LiveRequired = true },
		"company zone":   func(s *State) { s.Zones[0].Company = 9 },
		"exit-only gate": func(s *State) { s.Gate.Direction = Exit },
		"zone gone":      func(s *State) { s.Zones = nil },
	} {
		if err := SelfTest(withCanary(t, vectorSite(t), change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
