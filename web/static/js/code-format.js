// The text of a live entry code (K2), as docs/access describes it. Pure: no page,
// no storage; the test holds it to the same vectors as the Go side.

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// A live code is good for one step of this many milliseconds, and a little longer.
export const stepLength = 15_000;

// base32 writes bytes with our alphabet, without padding.
export function base32(bytes) {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text;
}

// step returns the number of the step in which an instant (in ms) lies.
export const step = (now) => Math.floor(now / stepLength);

// compress turns the public key WebCrypto exports (04, X, Y) into its short form.
export function compress(raw) {
  const short = raw.slice(0, 33);
  short[0] = 2 + (raw[64] & 1);
  return short;
}

export function fromBase64url(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

export function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

// message returns what the phone signs: the pass's body and key (B, D), hashed,
// and the step.
export async function message(pass, number) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", pass.slice(0, 72)));
  return concat(new TextEncoder().encode("kyoten-live-v1\0"), digest, stepBytes(number));
}

// text returns the code for a step. pass is B, D, S as the server signed it;
// sign makes the phone's signature over the message.
export async function text(pass, number, sign) {
  const signature = await sign(await message(pass, number));
  return "K2" + base32(concat(pass, stepBytes(number), signature));
}

function stepBytes(number) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function concat(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
