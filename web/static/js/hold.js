// How long a hold is still kept. The server says so in seconds when it draws the
// page; the clock of the phone may be wrong.
const line = document.querySelector("[data-hold]");
const left = line?.querySelector("[data-left]");
const end = performance.now() + Number(line?.dataset.hold) * 1000;

function tick() {
  const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
  left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (seconds > 0) return;
  clearInterval(timer);
  line.querySelector("span").textContent = line.dataset.gone;
  document.getElementById("said").textContent = line.dataset.gone;
}

const timer = line && setInterval(tick, 250);
