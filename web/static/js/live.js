// Keeps what others change fresh on an open page. The server says where something
// changed; each part of the page that shows it is asked for again and put in
// place of the old one. Forms outside these parts keep what was typed.
//
// <section id="seats-now" data-live="/book?..." data-sites="colabo" data-from data-to>
//
// A screen on a wall (data-line names its own line) shows what the clock changes,
// too: it is asked for at each full minute (data-next, in seconds) and, while it
// has no line, every ten seconds.

const parts = () => [...document.querySelectorAll("[data-live]")];

// concerns says whether a change is about what the part shows.
function concerns(part, kind, change) {
  const sites = part.dataset.sites;
  if (sites && !sites.split(" ").includes(change.site)) return false;
  if (part.dataset.from === undefined) return true;
  if (kind === "occupancy") return false;
  return !change.spaces || change.spaces.some((s) => s.from < Number(part.dataset.to) && s.to > Number(part.dataset.from));
}

// mark finds an element again after its part was replaced.
function mark(element) {
  if (!element?.closest("[data-live]")) return null;
  for (const name of ["id", "href", "action"]) {
    const value = element.getAttribute(name);
    if (value) return `[${name}="${CSS.escape(value)}"]`;
  }
  const form = element.closest("form")?.getAttribute("action");
  return form ? `form[action="${CSS.escape(form)}"] button` : null;
}

// inUse says whether somebody has opened a form in the part, which is not taken
// from under their hands.
const inUse = (part) => part.querySelector("details[open] form") !== null;

// drawnFor is the reader a page was drawn for. A screen on a wall is for everybody.
const drawnFor = (page) => (page.getElementById("reader-changed") ? page.body.dataset.member : null);

async function refresh(address) {
  const answer = await fetch(address, { headers: { "X-Part": "live" }, redirect: "error" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (drawnFor(fresh) !== drawnFor(document)) return; // somebody else has signed in: js/app.js says so
  const focus = mark(document.activeElement);
  const places = new Map(parts().flatMap((part) => [...part.querySelectorAll(".plan-frame, .timeline-frame")].map((f, i) => [part.id + i, f.scrollLeft])));
  for (const part of parts().filter((p) => p.dataset.live === address)) {
    const next = fresh.getElementById(part.id);
    if (!next || next.innerHTML === part.innerHTML) continue;
    if (inUse(part)) {
      setTimeout(() => later(address), 3000);
      continue;
    }
    part.replaceWith(document.adoptNode(next));
    globalThis.htmx?.process(next);
    next.querySelectorAll(".plan-frame, .timeline-frame").forEach((f, i) => { f.scrollLeft = places.get(next.id + i) ?? 0; });
  }
  if (focus && document.activeElement === document.body) document.querySelector(focus)?.focus({ preventScroll: true });
}

// What comes within a moment is one change; pages do not all ask at once.
const waiting = new Set();
function later(address) {
  if (waiting.has(address)) return;
  waiting.add(address);
  setTimeout(() => {
    waiting.delete(address);
    refresh(address).catch(() => setTimeout(() => later(address), 3000)).finally(onTheMinute);
  }, 50 + Math.random() * 200);
}

let minute = null;
function onTheMinute() {
  clearTimeout(minute);
  const screen = document.querySelector("[data-next]");
  const on = document.documentElement.dataset.line === "on";
  if (screen && !document.hidden) minute = setTimeout(() => later(screen.dataset.live), on ? screen.dataset.next * 1000 + 200 : 10000);
}

let line = null;
let lost = false;
function follow() {
  const shown = parts();
  if (line || document.hidden || !shown.length) return;
  onTheMinute();
  const sites = shown.every((p) => p.dataset.sites) ? shown.flatMap((p) => p.dataset.sites.split(" ")) : [];
  line = new EventSource(shown[0].dataset.line ?? "/live?" + new URLSearchParams(sites.map((s) => ["site", s])));
  for (const kind of ["availability", "occupancy"]) {
    line.addEventListener(kind, (event) => {
      const change = JSON.parse(event.data);
      parts().filter((p) => concerns(p, kind, change)).forEach((p) => later(p.dataset.live));
    });
  }
  line.addEventListener("open", () => {
    if (lost) parts().forEach((p) => later(p.dataset.live)); // what changed meanwhile was not heard
    lost = false;
    document.documentElement.dataset.line = "on";
    onTheMinute();
  });
  line.addEventListener("error", () => {
    lost = true;
    document.documentElement.dataset.line = "off";
    onTheMinute();
    if (line?.readyState === EventSource.CLOSED) { // refused: the browser does not try again by itself
      stop();
      parts().filter((p) => p.dataset.next).forEach((p) => later(p.dataset.live));
      setTimeout(follow, 5000 + Math.random() * 5000);
    }
  });
}

function stop() {
  clearTimeout(minute);
  line?.close();
  line = null;
  lost = true;
}

// A page nobody looks at needs no line; a browser has six of them for a site.
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : follow()));
addEventListener("pagehide", stop);
addEventListener("pageshow", follow);
document.addEventListener("htmx:afterSettle", () => { // another site or day is looked at
  stop();
  lost = false;
  follow();
});
follow();
