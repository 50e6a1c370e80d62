// Keeps the kiosk page up while its server is away. `version` and `shell`, the
// addresses to keep, stand before this text when it is served.

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open('kiosk-' + version).then((cache) => cache.addAll(shell)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('kiosk-') && name !== 'kiosk-' + version) await caches.delete(name);
    await self.clients.claim();
  })());
});

// The page comes from the server while it answers, its files from the cache.
// Everything else, the questions above all, is none of this worker's business.
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (pathname === '/kiosk') event.respondWith(fresh(request));
  else if (pathname.startsWith('/kiosk/static/')) event.respondWith(kept(request));
});

async function fresh(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(4000) });
    if (answer.ok) return answer;
  } catch { /* away */ }
  return (await caches.match('/kiosk')) ?? Response.error();
}

async function kept(request) {
  return (await caches.match(request)) ?? fetch(request);
}
