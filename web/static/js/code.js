// The page of the entry code: a code that lives on this phone alone and changes
// every 15 seconds, where the member asked for it; else the picture of the static
// code that came with the page.

import { encodeQR } from "../vendor/qr-encode.min.js";
import { step, stepLength, text } from "./code-format.js";
import * as phone from "./phone.js";

const card = document.querySelector("[data-code]");
const picture = card?.querySelector("img");
const drawing = card?.querySelector("[data-live] svg");
const seconds = card?.querySelector("[data-seconds]");
const live = card?.querySelector("[data-live]");
const start = document.querySelector("[data-enrol]");
const stop = document.querySelector("[data-static]");

let shownStep = 0;
let running = false;

// A page that comes from the phone itself (js/worker.js) shows the code that was
// first when it was kept. It holds the others, too: the one that was asked for is
// shown, else the first that is not over.
const keptAt = Number(document.documentElement.dataset.kept);
const skew = card ? Date.parse(card.dataset.now) - (keptAt || Date.now()) : 0;
const serverNow = () => Date.now() + skew;
const choices = [...document.querySelectorAll("a[data-pass]")];

function choose() {
  const query = new URLSearchParams(location.search);
  const asked = query.get("pass") ?? query.get("booking");
  const found = asked && choices.find(({ dataset }) => [dataset.pass, dataset.booking].includes(asked));
  card.querySelector("[data-missing]").hidden = !asked || Boolean(found);
  const chosen = found || choices.find(({ dataset }) => Date.parse(dataset.to) > serverNow());
  if (chosen) turnTo(chosen);
}

function turnTo(choice) {
  const { site, from, to, alt } = choice.dataset;
  Object.assign(card.dataset, { site, from, to });
  for (const part of ["where", "when", "note"]) {
    const element = card.querySelector(`[data-${part}]`);
    if (element) element.textContent = choice.dataset[part];
  }
  picture.src = choice.dataset.picture;
  picture.alt = alt;
  drawing.setAttribute("aria-label", alt);
  document.querySelectorAll(".choices [aria-current]").forEach((link) => link.removeAttribute("aria-current"));
  choice.setAttribute("aria-current", "page");
}

// tellOver says that the door will not take this code any more: a page may stand
// open, or be kept, for longer than that.
function tellOver() {
  card.querySelector("[data-over]").hidden = Date.parse(card.dataset.to) > serverNow();
}

// draw shows a text as a QR code, one path in the drawing's own units.
function draw(code) {
  const rows = encodeQR(code, "raw", { ecc: "low", border: 4 });
  drawing.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  let path = "";
  rows.forEach((row, y) => row.forEach((dark, x) => { if (dark) path += `M${x} ${y}h1v1h-1z`; }));
  drawing.querySelector("path").setAttribute("d", path);
}

async function refresh(kept, pass) {
  const at = phone.now(kept);
  if (step(at) !== shownStep) {
    shownStep = step(at);
    const code = await text(pass.signed, shownStep, phone.signer(kept));
    draw(code);
    drawing.dataset.text = code;
  }
  seconds.textContent = String(Math.ceil((stepLength - (at % stepLength)) / 1000));
}

async function show(kept) {
  const pass = phone.passFor(kept, card.dataset.site, Date.parse(card.dataset.from), Date.parse(card.dataset.to));
  if (!pass) return false;
  running = true;
  shownStep = 0;
  await refresh(kept, pass);
  picture.hidden = true;
  live.hidden = false;
  start.hidden = true;
  stop.hidden = false;
  const timer = setInterval(() => {
    if (!running) clearInterval(timer);
    else refresh(kept, pass).catch(showStatic);
  }, 250);
  stayAwake();
  return true;
}

function showStatic() {
  running = false;
  picture.hidden = false;
  live.hidden = true;
  stop.hidden = true;
  start.hidden = !phone.possible();
}

// stayAwake keeps the screen on while the code is shown, where the browser can.
async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // refused on low battery, say: the code works without
  }
}

async function begin() {
  const member = card.dataset.member;
  let kept = await phone.kept(member);
  if (!kept) return showStatic();
  try {
    kept = await phone.enrol(member, { renew: true });
  } catch (error) {
    if (error instanceof phone.Retired) {
      await phone.forget();
      return showStatic();
    }
    // no network: what is kept is good for days
  }
  if (!(await show(kept))) showStatic();
}

start?.addEventListener("click", async () => {
  start.disabled = true;
  try {
    if (!(await show(await phone.enrol(card.dataset.member)))) showStatic();
  } catch {
    document.getElementById("said").textContent = start.dataset.failed;
  } finally {
    start.disabled = false;
  }
});
stop?.addEventListener("click", showStatic);
document.addEventListener("visibilitychange", () => {
  if (running && !document.hidden) stayAwake();
});

if (card && keptAt) choose();
if (card) {
  tellOver();
  setInterval(tellOver, 1000);
}
if (card && phone.possible()) begin().catch(showStatic);
