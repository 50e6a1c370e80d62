// Shows the entry code and today's bookings without a network. `version` and
// `shell`, the files to keep, stand before this text when it is served as /sw.js.
//
// A page is asked of the server first, always: what is kept is shown only when
// the server does not answer, and is marked with the time it was loaded.

const files = "files-" + version;
const pages = "pages";
const kept = ["/", "/code", "/bookings"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(files).then((cache) => cache.addAll(shell)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("files-") && name !== files) await caches.delete(name);
    await self.clients.claim();
  })());
});

// Pages ask, when they have been drawn, for the others that may be needed: `keep`
// is the reader's language, `changed` whether something was changed just now.
self.addEventListener("message", (event) => {
  if (event.data.keep) event.waitUntil(keepAll(event.data.keep, event.data.changed).catch(() => {}));
});

// What was kept within the last minute is not asked for again by every page that
// is opened, unless something has changed. The page for "no network" was kept in
// the language of whoever came first, before the reader signed in or chose another.
async function keepAll(language, changed) {
  const old = async (page) => changed || !(await keptAt(page) > Date.now() - 60_000);
  for (const page of ["/", "/code"]) if (await old(page)) await keep(page);
  if ((await nothing())?.headers.get("Content-Language") !== language) await keep("/offline");
}

async function keptAt(page) {
  return Number((await (await caches.open(pages)).match(page))?.headers.get("X-Kept-At"));
}

// nothing is the page for what was not kept: the reader's own before the one that
// came with the worker.
async function nothing() {
  return (await (await caches.open(pages)).match("/offline")) ?? caches.match("/offline");
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === "POST" && /^\/(sign-|links\/)/.test(pathname)) event.waitUntil(caches.delete(pages)); // whoever is next may be somebody else
  if (request.method !== "GET" || pathname.startsWith("/kiosk")) return;
  if (pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (/^\/api\/v1\/passes\/[^/]+\/qr\.(svg|png)$/.test(pathname)) event.respondWith(picture(request));
  else if (request.mode === "navigate") event.respondWith(page(event, pathname));
});

async function file(request) {
  return (await caches.match(request)) ?? fetch(request).catch(() => caches.match(request, { ignoreSearch: true }).then((f) => f ?? Response.error()));
}

async function picture(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(request)) ?? Response.error();
  }
}

async function page(event, pathname) {
  const { request } = event;
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(8000) });
    if (kept.includes(pathname)) event.waitUntil(store(new URL(request.url), answer.clone()).catch(() => {}));
    return answer;
  } catch {
    const found = kept.includes(pathname) && ((await caches.match(request)) ?? (await caches.match(pathname)));
    return found ? marked(found) : ((await nothing()) ?? Response.error());
  }
}

async function keep(path) {
  await store(new URL(path, location), await fetch(path, { credentials: "same-origin" }));
}

// store keeps a page with the time and the codes on it; the page of somebody who
// is not signed in ends what was kept.
async function store(url, answer) {
  if (answer.redirected && new URL(answer.url).pathname === "/sign-in") return void (await caches.delete(pages));
  if (!answer.ok || url.searchParams.has("done")) return;
  const text = await answer.text();
  const cache = await caches.open(pages);
  const headers = new Headers(answer.headers);
  for (const name of ["content-encoding", "content-length", "vary"]) headers.delete(name);
  headers.set("X-Kept-At", String(Date.now()));
  await cache.put(url.pathname + url.search, new Response(text, { headers }));
  for (const [, how, code] of text.matchAll(/(src|data-picture)="(\/api\/v1\/passes\/[^"]+)"/g)) {
    if (how !== "src" && fresh(await cache.match(code))) continue;
    const drawn = await fetch(code);
    if (drawn.ok) await cache.put(code, drawn);
  }
}

// fresh says that the picture of a code need not be drawn again: it changes only
// where a key had to be given up.
const fresh = (drawn) => Date.parse(drawn?.headers.get("Date")) > Date.now() - 12 * 3600_000;

// marked says on the page when it was loaded: js/offline.js shows it.
async function marked(answer) {
  const text = await answer.text();
  const { headers } = answer;
  return new Response(text.replace("<html ", `<html data-kept="${Number(headers.get("X-Kept-At"))}" `), { headers });
}
