// What every page gets from script: small conveniences over forms and links that
// work without it.

// A second press of a button must not book twice while the first is under way.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method === "post") {
    form.dataset.sent = "yes";
    form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
  }
});
// Coming back with the browser's own button, the form can be sent again.
addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
  });
});

// A browser has one session for all its tabs. Each page notes for whom it was drawn;
// one that was drawn for somebody else says that it is out of date.
const reader = document.body.dataset.member;
const outOfDate = document.getElementById("reader-changed");
const compare = () => {
  try {
    const now = localStorage.getItem("kyoten-reader");
    outOfDate.hidden = now === null || now === reader;
  } catch {
    // a browser that keeps nothing: the server still refuses to mix people up
  }
};
if (outOfDate && reader !== undefined && !document.documentElement.dataset.kept) {
  try {
    localStorage.setItem("kyoten-reader", reader);
  } catch {
    // the same
  }
  addEventListener("storage", compare);
  addEventListener("pageshow", compare);
  document.addEventListener("visibilitychange", compare);
}

addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

// From now on nothing waits to be drawn (see .later in the style sheet).
addEventListener("load", () => document.body.classList.add("there"));

// htmx draws parts of such a page anew. It is fetched once the page is there: on a
// slow line it would hold up the style sheet, and the page works without it. (It
// begins only before a page is ready or after it is complete, not in between.)
const fetchFollower = () => {
  const script = document.createElement("script");
  script.src = new URL("../vendor/htmx.min.js", import.meta.url);
  document.head.append(script);
};
if (document.body.hasAttribute("data-follows")) {
  if (document.readyState === "complete") fetchFollower();
  else addEventListener("load", fetchFollower);
}

// Parts of a page that are drawn anew (htmx) keep the place their reader has
// scrolled to and the seat that has the focus, and are announced.
const frames = ".plan-frame, .timeline-frame";
let places = [];
let focused = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  // The session is over or somebody else's: the whole page says so, no part of this one.
  if (!event.detail.serverResponse.includes(`data-member="${reader}"`)) {
    event.detail.shouldSwap = false;
    location.assign(event.detail.xhr.responseURL);
    return;
  }
  places = [...document.querySelectorAll(frames)].map((frame) => [frame.scrollLeft, frame.scrollTop]);
  focused = document.activeElement?.closest("[data-space], a.bar, a.seat")?.getAttribute("href") ?? null;
});
document.addEventListener("htmx:afterSettle", (event) => {
  document.querySelectorAll(frames).forEach((frame, i) => {
    if (places[i]) [frame.scrollLeft, frame.scrollTop] = places[i];
  });
  // Who chose a seat goes on to the button that books it; nobody walks past all the others.
  const next = document.querySelector("#confirm button:not(:disabled)") ?? (focused && document.querySelector(`a[href="${CSS.escape(focused)}"]`));
  if (focused) next?.focus({ preventScroll: true });
  const words = event.target.closest?.("[data-say]") ?? document.querySelector("[data-say]");
  if (words) document.getElementById("said").textContent = words.dataset.say;
});

// htmx leaves links inside a drawing to the browser; they follow like the others.
addEventListener("click", (event) => {
  const link = event.target.closest("svg a[href]");
  const part = link?.closest("[hx-select]");
  if (!part || !window.htmx || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const address = link.getAttribute("href");
  if (new URL(address, location).pathname !== location.pathname) return;
  event.preventDefault();
  const target = part.getAttribute("hx-select");
  htmx.ajax("GET", address, { source: part, target, select: target, swap: "outerHTML show:none" })
    .then(() => history.replaceState(history.state, "", address));
});

// Wide drawings open where it matters: at what was chosen, else at the present hour.
document.querySelectorAll(frames).forEach((frame) => {
  const target = frame.querySelector(".chosen") ?? frame.querySelector(".now-line");
  if (!target || frame.scrollWidth <= frame.clientWidth) return;
  const box = target.getBoundingClientRect();
  frame.scrollLeft += box.left - frame.getBoundingClientRect().left - frame.clientWidth / 3;
});

// Clocks of a site, for the board in its lobby.
// They go by the server's time: a tablet on a wall may have any.
const ahead = new WeakMap();
const tick = () => document.querySelectorAll("[data-clock]").forEach((clock) => {
  if (!ahead.has(clock)) ahead.set(clock, Date.parse(clock.dateTime) - Date.now());
  clock.textContent = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: clock.dataset.clock }).format(Date.now() + ahead.get(clock));
});
if (document.querySelector("[data-clock]")) setInterval(tick, 1000);
