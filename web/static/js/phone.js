// What a phone keeps to show live codes without the network: a key that cannot be
// taken out of it, the passes signed for that key, and how far its clock is off.
// All of it belongs to one member; another one who signs in begins anew.

import { compress, fromBase64url, toBase64url } from "./code-format.js";

const curve = { name: "ECDSA", namedCurve: "P-256" };

// A clock that moved by no more than this was not set.
const jumpsFrom = 2_000;

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("kyoten", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("phone");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// transact runs one request on the store and waits until it is safe on disk.
async function transact(mode, act) {
  const db = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction("phone", mode);
      const request = act(transaction.objectStore("phone"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

// possible says whether this browser can keep a key: not on a page without TLS.
export const possible = () => Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);

// kept returns what the phone has for the member, or undefined.
export async function kept(member) {
  const phone = await transact("readonly", (store) => store.get("phone"));
  return phone?.member === member ? phone : undefined;
}

// forget drops everything: at sign-out.
export const forget = () => transact("readwrite", (store) => store.delete("phone"));

// Retired says that another phone has taken this one's place.
export class Retired extends Error {}

// enrol makes a key where there is none, has the server sign the passes for it,
// and keeps them. It needs the network. With renew it only goes on: a phone that
// was retired stays so until its owner enrols it anew.
export async function enrol(member, { renew = false } = {}) {
  const before = await kept(member);
  const key = before?.key ?? (await crypto.subtle.generateKey(curve, false, ["sign", "verify"]));
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", key.publicKey));
  const asked = Date.now();
  const response = await fetch("/api/v1/me/device", {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ public_key: toBase64url(compress(raw)), renew }),
  });
  if (response.status === 409) throw new Retired();
  if (!response.ok) throw new Error(`enrol: ${response.status}`);
  const answer = await response.json();
  const phone = {
    member,
    key,
    passes: answer.passes.map((pass) => ({ ...pass, signed: fromBase64url(pass.pass) })),
    offset: Date.parse(answer.server_time) - (asked + Date.now()) / 2,
  };
  drifted = drift();
  await transact("readwrite", (store) => store.put(phone, "phone"));
  return phone;
}

// How far the phone's clock is from one that nobody sets; it changes when the clock
// is corrected, and grows while the phone sleeps, where that one stands still.
const drift = () => Date.now() - performance.now();
let drifted = drift();

// now is the server's time as this phone knows it, in milliseconds. Without the
// network the phone's clock may be corrected while the page is open: what was kept of
// how far it is off ends with that. A clock never sleeps backwards; one that has
// jumped ahead by just what it was behind was set right.
export function now(phone) {
  const jump = drift() - drifted;
  if (Math.abs(jump) > jumpsFrom) {
    drifted += jump;
    if (jump < 0 || Math.abs(phone.offset - jump) < jumpsFrom) {
      phone.offset -= jump;
      transact("readwrite", (store) => store.put(phone, "phone")).catch(() => {}); // it is known to this page, at least
    }
  }
  return Date.now() + phone.offset;
}

// passFor returns the live pass for what the page shows: of the same site, good
// now, the one that ends last; undefined when the phone has none.
export function passFor(phone, site, from, to) {
  const at = now(phone);
  const good = phone.passes.filter((pass) => pass.site === site && Date.parse(pass.not_after) > at);
  const same = good.find((pass) => Date.parse(pass.not_before) === from && Date.parse(pass.not_after) === to);
  if (same) return same;
  const running = good.filter((pass) => Date.parse(pass.not_before) <= at);
  return running.sort((a, b) => Date.parse(b.not_after) - Date.parse(a.not_after))[0];
}

// signer signs with the phone's key, in the form the gates expect (r and s).
export const signer = (phone) => async (message) =>
  new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, phone.key.privateKey, message));
