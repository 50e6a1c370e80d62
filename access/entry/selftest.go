package entry

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// The vectors of the format: what every build must decide as it was specified.
// Their issuer's secret key is published (RFC 8032, 7.1, test 1), so no site may
// ever trust it.
const (
	selfTestStatic = "K12400E0820C20A1G7108H44RM2MB1E6000002M03B0KF0R013500000690000005H8KKRVE7GDE8NR5P3R1J0VNE2DW3ZZ114C5BTBW50TGQJ321BMRAFR42YNVQTFZ3QMJXW1TPQBNQJJQY1AAZY01MWQFPCFEZV1YR0M"
	selfTestLive   = "K22800E8924CJ2A9H7508H44RM2MB1E6000002M43B0K9R029TG000006900001MG3P2H8W5AG839243TNQSX8VD67R3VPCNKVP3MTJ4VSQPBYYQ530S2VQK9KKP5HAX41PNRQ2QEW2TD9QG793H9KBS4VS49JAXG69JAW539P40ZSQEZGRF9G99KQP1VWDFJVB72WWNQ55PRGTZQ5JV28YRA0043J4XBGYATX7PER7X8T0ZVX1VZJDR371ZPMYTT891HVVT43KYXWXV0V9813EVTD9TBA71KNTESHMSEP7FGV2R7EQBMDNJKJ9MCC5A0YN01V1F0"
	selfTestKey    = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
	selfTestUnix   = 1795482000
)

// ErrSelfTest says that this build, machine or state does not decide as it
// should. A gate that sees it must not admit anyone.
var ErrSelfTest = errors.New("entry: the self-test failed")

// SelfTest decides codes whose answers are known: the vectors of the format, as
// they are and with one bit turned, and the canary of the state, when it has one.
// An agent runs it at its start and with every new state.
func SelfTest(site *Site) error {
	public, err := hex.DecodeString(selfTestKey)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSelfTest, err)
	}
	vectors := NewSite(State{
		Site: "self-test", Mode: Normal,
		IssuerKeys: []IssuerKey{{KID: 7, PublicKey: public}}, Zones: []Zone{{ID: 201}},
	})
	for _, text := range []string{selfTestStatic, selfTestLive} {
		if err := expect(vectors, 201, text, Granted); err != nil {
			return err
		}
		if err := expect(vectors, 201, turnOneBit(text), BadSignature); err != nil {
			return err
		}
	}
	if canary := site.state.Canary; canary != "" {
		return checkCanary(site, canary)
	}
	return nil
}

// expect decides text at a gate into zone and compares.
func expect(site *Site, zone ZoneID, text string, want Reason) error {
	in := Input{Text: text, Gate: Gate{ToZone: zone, Direction: Entry}, Now: time.Unix(selfTestUnix, 0), Site: site}
	if got := Decide(in).Reason; got != want {
		return fmt.Errorf("%w: a vector was answered %s instead of %s", ErrSelfTest, got, want)
	}
	return nil
}

// checkCanary proves that the issuer keys of the state verify real codes: the
// canary is authentic, and opens nothing.
func checkCanary(site *Site, canary string) error {
	for _, way := range []Direction{Entry, Exit} {
		in := Input{Text: canary, Gate: site.state.Gate, Now: site.state.GeneratedAt, Site: site}
		in.Gate.Direction, in.Gate.ExitOpens = way, Authentic
		if d := Decide(in); d.Pass == 0 || d.Open {
			return fmt.Errorf("%w: the canary was answered %s", ErrSelfTest, d.Reason)
		}
		in.Text = turnOneBit(canary)
		if d := Decide(in); d.Reason != BadSignature {
			return fmt.Errorf("%w: an altered canary was answered %s", ErrSelfTest, d.Reason)
		}
	}
	return nil
}

// turnOneBit alters the pass id of a code, which only its signature protects.
func turnOneBit(text string) string {
	raw, ok := ParseBase32(text[prefixSize:])
	if !ok || len(raw) < bodySize {
		return ""
	}
	raw[4] ^= 1
	return text[:prefixSize] + Base32(raw)
}

// canaryZone is a zone that no site has, so that a canary opens nothing at all,
// not even an exit that asks for an authentic code.
const canaryZone ZoneID = 1<<32 - 1

// Canary returns a code that is authentic and opens nothing. The server puts one
// of each signing key into the state; it is the same every time.
func (i Issuer) Canary() (string, error) {
	return i.Static(Body{
		Pass: 1, Subject: 1, Zones: [2]ZoneID{canaryZone},
		NotBefore: time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), Lifetime: time.Second,
	})
}
