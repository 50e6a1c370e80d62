// From a code that was read to an answer that is shown.

import { Away, Refused, Stranger, newKey } from './backend.js';

const same = 3000; // a code that is still in the picture is not a new scan
const held = 8000; // but one that is held there for long is asked about again
const tries = [0, 400, 1000, 2000, 3000]; // pauses before each try of one scan

// Sieve lets each code through once. It keeps the last code alone, so a
// different one passes at once.
export class Sieve {
  constructor() { this.reset(); }

  reset() { this.text = ''; }

  // passes reports whether text, seen at now (milliseconds), is a new scan.
  passes(text, now) {
    const fresh = text !== this.text || now - this.seen > same || now - this.asked > held;
    this.seen = now;
    if (fresh) Object.assign(this, { text, asked: now });
    return fresh;
  }
}

// Scans asks the back end about codes and tells `on`: answer(answer, ms since
// the code was seen), trouble(last), stranger(). Only the newest scan speaks.
export class Scans {
  constructor(backend, on) {
    Object.assign(this, { backend, on });
    this.sieve = new Sieve();
    this.newest = 0;
  }

  // forget makes the code in the picture a new scan, as after a change of the
  // direction.
  forget() { this.sieve.reset(); }

  // see takes a code the camera shows, again and again.
  see(text, direction, at) {
    if (this.sieve.passes(text, at)) this.ask(text, direction, at);
  }

  // ask asks about one scan. A lost answer is asked for again under the same
  // key; the tries end while the person still stands there, or a door might open
  // for nobody.
  async ask(text, direction, at = performance.now()) {
    const scan = ++this.newest;
    const key = newKey();
    for (const [i, pause] of tries.entries()) {
      await sleep(pause);
      if (scan !== this.newest) return;
      try {
        const answer = await this.backend.check(text, direction, key);
        if (scan === this.newest) this.on.answer(answer, performance.now() - at);
        return;
      } catch (error) {
        if (scan !== this.newest) return;
        if (!(error instanceof Away)) return this.fail(error, at);
        this.on.trouble(i === tries.length - 1);
      }
    }
    this.forget();
  }

  fail(error, at) {
    this.forget();
    if (error instanceof Stranger) return this.on.stranger();
    if (!(error instanceof Refused)) throw error;
    // A text no code can be, such as one that is too long, is no code either.
    return this.on.answer({ decision: 'deny', reason: 'bad_format' }, performance.now() - at);
  }
}

export function sleep(ms) { return ms > 0 ? new Promise((done) => setTimeout(done, ms)) : Promise.resolve(); }
