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

addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

// A part of the page that is drawn anew keeps the place its reader has scrolled to.
const frames = ".plan-frame, .timeline-frame";
let places = [];
document.addEventListener("htmx:beforeSwap", () => {
  places = [...document.querySelectorAll(frames)].map((frame) => [frame.scrollLeft, frame.scrollTop]);
});
document.addEventListener("htmx:afterSettle", () => {
  document.querySelectorAll(frames).forEach((frame, i) => {
    if (places[i]) [frame.scrollLeft, frame.scrollTop] = places[i];
  });
});

// Wide drawings open where it matters: at what was chosen, else at the present hour.
document.querySelectorAll(frames).forEach((frame) => {
  const target = frame.querySelector(".chosen") ?? frame.querySelector(".now-line");
  if (!target || frame.scrollWidth <= frame.clientWidth) return;
  const box = target.getBoundingClientRect();
  frame.scrollLeft += box.left - frame.getBoundingClientRect().left - frame.clientWidth / 3;
});

// Clocks of a site, for the board in its lobby.
const clocks = document.querySelectorAll("[data-clock]");
const tick = () => clocks.forEach((clock) => {
  clock.textContent = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: clock.dataset.clock }).format();
});
if (clocks.length) setInterval(tick, 1000);
