//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"kyoten/e2e/harness"
)

// device is what a browser holds passkeys in, as a phone would. It sees its owner
// whenever it asks; whether somebody touches it is for the test to say.
type device struct {
	page *harness.Page
	id   webauthn.AuthenticatorID
}

func giveDevice(page *harness.Page) device {
	id := harness.Get(page, func(ctx context.Context, tab *chromedp.Target) (webauthn.AuthenticatorID, error) {
		if _, err := cdp.Call(ctx, tab, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return "", err
		}
		made, err := cdp.Call(ctx, tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
				HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
			},
		})
		return made.AuthenticatorID, err
	})
	return device{page, id}
}

// touched says whether somebody has a finger on the device.
func (d device) touched(yes bool) {
	d.page.Do(send(webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: d.id, Enabled: yes}))
}

// TestAPasskeyIsAddedAndSignsIn adds a passkey on the account's page, signs out,
// comes back by one press, then by choosing what the field offers, and removes it.
func TestAPasskeyIsAddedAndSignsIn(t *testing.T) {
	browser := harness.StartBrowser(t)
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			server := harness.StartDemo(t, database)
			base := strings.Replace(server.Base, "127.0.0.1", "localhost", 1) // a number has no passkeys
			page := browser.Page(t, base, harness.Look{Screen: harness.Phone, Lang: "en"})
			speak(page.SignIn(member), "en")
			finger := giveDevice(page)
			page.Open("/account").Settle()
			page.Fill(`#passkey-name`, "Test phone").Go(`form[data-passkey=create] [type=submit]`).Settle()
			page.WaitText(`.notice`, "passkey was added").WaitText(`[aria-labelledby=passkeys]`, "Test phone")
			page.Inspect("account-passkey")
			// The device knows that it holds one already.
			page.Click(`form[data-passkey=create] [type=submit]`).WaitText(`form[data-passkey=create] [data-said]`, "already")

			finger.touched(false)
			signOut(page)
			page.Open("/sign-in?next=/bookings").Settle().Inspect("sign-in-passkey")
			finger.touched(true) // for what is asked from now on
			page.Click(`form[data-passkey=get] [type=submit]`)
			page.Wait(`location.pathname === '/bookings'`).Settle()

			signOut(page)
			page.Open("/sign-in?next=/account") // what the field offers is chosen at once
			page.Wait(`location.pathname === '/account'`).Settle().WaitText(`[aria-labelledby=passkeys]`, "Last used")
			page.Click(`details:has(> form[action$='/remove']) > summary`).Inspect("remove-passkey") // asked once: it cannot be undone
			page.Go(`form[action^='/account/passkeys/'][action$='/remove'] button`).Settle().WaitText(`.notice`, "was removed")
		})
	}
}

func signOut(page *harness.Page) { page.Go(`form[action='/sign-out'] button`).Settle() }
