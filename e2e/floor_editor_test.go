//go:build e2e

package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"kyoten/e2e/harness"
)

// layPicture draws a wall plan in the browser and sends it as the picture under
// the floor plan that is open.
const layPicture = `(async () => {
	const canvas = new OffscreenCanvas(1200, 700), pen = canvas.getContext('2d');
	pen.fillStyle = '#fff'; pen.fillRect(0, 0, 1200, 700);
	pen.lineWidth = 12; pen.strokeRect(40, 40, 1120, 620); pen.strokeRect(40, 40, 400, 300); pen.strokeRect(700, 360, 460, 300);
	const blob = await canvas.convertToBlob({ type: 'image/png' });
	const files = new DataTransfer();
	files.items.add(new File([blob], 'floor.png', { type: 'image/png' }));
	const form = document.querySelector('form[action$="/picture"]');
	form.closest('details').open = true;
	form.querySelector('input[type=file]').files = files.files;
	form.requestSubmit();
	return true;
})()`

// middleOf is where on the screen the first seat of the drawing is.
const middleOf = `(() => { const r = document.querySelector('.spot.movable .shape').getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()`

const placeOf = `document.querySelector('[data-place] input').value + ',' + document.querySelectorAll('[data-place] input')[1].value`

// TestAFloorPlanIsDrawnOverAPicture lays a picture under a plan, moves a seat by
// keyboard and by pointer, stores it, and shows the picture to members.
func TestAFloorPlanIsDrawnOverAPicture(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Desktop, Lang: "ja"}).SignIn("admin@kyoten.example")
	page.Open("/admin/sites/colabo").Go(`main a[href^="/admin/floors/"]:not([href*="new"])`).Settle()
	if !harness.Eval[bool](page, layPicture) {
		t.Fatal("no picture was sent")
	}
	page.Wait(`location.search === '?done=stored' && document.querySelector('.plan-picture')`).Settle()

	before := harness.Eval[string](page, placeOf)
	harness.Eval[bool](page, `(document.querySelector('.spot.movable').focus(), true)`)
	page.Do(chromedp.KeyEvent(kb.ArrowRight))
	byKey := harness.Eval[string](page, placeOf)
	if byKey == before {
		t.Errorf("the key leaves the seat at %s", before)
	}
	at := harness.Eval[[]float64](page, middleOf)
	page.Do(chromedp.DragAndDropXY(at[0], at[1], at[0]+60, at[1]+40))
	byHand := harness.Eval[string](page, placeOf)
	if byHand == byKey {
		t.Errorf("the pointer leaves the seat at %s", byKey)
	}
	page.Inspect("floor-editor")
	page.Click(`input[name=picture_shown]`).Go(`#floor-form button[type=submit]`).Settle()
	if stored := harness.Eval[string](page, placeOf); stored != byHand {
		t.Errorf("stored at %s, drawn at %s", stored, byHand)
	}

	member := speak(browser.Page(t, server.Base, harness.Look{Screen: harness.Phone, Lang: "en", Dark: true}).SignIn("m020@kyoten.example"), "en")
	member.Open("/book?site=colabo&day=2026-12-02&from=10:00&to=12:00").Settle()
	if !member.Has(`.plan-picture`) {
		t.Error("members do not see the picture")
	}
	member.Inspect("plan-over-picture")
}
