// Installs the service worker, and says on a page that comes from it when it was
// loaded: what it shows may have changed since.

const at = Number(document.documentElement.dataset.kept);
const line = document.getElementById("kept");
if (at && line) {
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  line.querySelector("[data-when]").textContent = time.format(at);
  line.querySelector("[data-other-day]").hidden = new Date(at).toDateString() === new Date().toDateString();
  line.hidden = false;
  addEventListener("online", () => location.reload());
}

async function install() {
  await navigator.serviceWorker.register("/sw.js", { scope: "/" });
  const worker = (await navigator.serviceWorker.ready).active;
  if (!at && document.body.dataset.member) worker.postMessage({ keep: document.documentElement.lang, changed: new URLSearchParams(location.search).has("done") });
}

// Another page comes first: the worker is installed when this one is at rest.
if (navigator.serviceWorker) addEventListener("load", () => setTimeout(() => install().catch(() => {}), 1000));
