// Keyboard-type scanners, and people who type. A scanner types like a very fast
// person, under whatever layout and input method the device has; only digits and
// letters come through all of them, and codes have nothing else.

// letterOf returns the digit or letter of a key by its place on the keyboard,
// which is the same under a Japanese and a US layout and with an input method on.
export function letterOf(code) {
  const found = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(code ?? '');
  return found ? found[1] : '';
}

// whole finds a code at the end of a text, by the lengths that codes have.
const whole = [/K2[0-9A-Z]{327}$/, /K1[0-9A-Z]{165}$/]; // a live code may have the look of the other at its end

// fold returns typed text as a code is spelt: full-width forms made narrow,
// letters made large, everything else dropped, and what stands before a whole code
// too: a scanner's own mark, or half a code that was never ended.
export function fold(text) {
  const letters = text.normalize('NFKC').toUpperCase().replace(/[^0-9A-Z]/g, '');
  for (const form of whole) if (form.test(letters)) return form.exec(letters)[0];
  return letters;
}

// choose returns the code out of what a field holds and what the keys said. An
// input method turns keys into kana, and a first letter may miss a field that
// had no focus yet; then the keys are right. Pasted text has no keys.
export function choose(value, keys) {
  const narrow = value.normalize('NFKC');
  const mangled = /[^\x00-\x7f]/.test(narrow);
  return keys && (mangled || keys.endsWith(narrow.toUpperCase())) ? fold(keys) : fold(narrow);
}

const most = 1000; // no code is near as long
const quick = 150; // between two letters of a scanner, at the most
const surely = 6; // so many of them one after the other nobody types
const over = 400; // after a whole code: a scanner that is set to send no key behind it
const idle = 5000; // a person may walk through the buttons by keyboard for so long

// Keyboard listens on the whole page, so that a scanner is heard whatever has
// the focus, and brings the focus back to its field.
export class Keyboard {
  // `on` has take(code) and makeRoom(), which closes a dialog that was left open
  // and reports whether there is a gate to scan for.
  constructor(form, field, on) {
    Object.assign(this, { form, field, on, keys: '', run: '', typed: 0 });
    document.addEventListener('keydown', (event) => this.press(event), true);
    document.addEventListener('pointerup', () => setTimeout(() => this.focus(), 0));
    form.addEventListener('submit', (event) => { event.preventDefault(); this.finish(); });
    field.addEventListener('blur', () => { this.field.inputMode = 'none'; this.focusLater(); });
    field.addEventListener('compositionend', () => { if (this.done) this.clear(); });
    this.focus();
  }

  // open shows a tablet's own keyboard, which the field otherwise keeps away.
  open() {
    this.field.inputMode = 'text';
    this.field.blur();
    this.field.inputMode = 'text';
    this.field.focus();
  }

  // elsewhere reports whether the focus is where a person types something else.
  elsewhere() {
    return document.querySelector('dialog[open]') !== null;
  }

  focus() {
    if (!this.elsewhere() && document.activeElement !== this.field) this.field.focus({ preventScroll: true });
  }

  focusLater() {
    clearTimeout(this.back);
    this.back = setTimeout(() => this.focus(), idle);
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || (this.elsewhere() && !this.scanned(event))) return;
    this.done = false;
    this.focusLater();
    const letter = letterOf(event.code);
    if (letter) {
      this.focus(); // before the letter is typed, so that the field gets it
      this.keys = (this.keys + letter).slice(-most);
      this.finishLater();
    } else if (event.key === 'Backspace') {
      this.keys = this.keys.slice(0, -1);
    } else if (this.ends(event)) {
      event.preventDefault();
      this.finish();
    }
  }

  // scanned reports whether a scanner types over a dialog that somebody left open.
  // Its letters so far are kept.
  scanned(event) {
    const letter = letterOf(event.code);
    this.run = letter && event.timeStamp - this.typed < quick ? this.run + letter : letter;
    this.typed = event.timeStamp;
    if (this.run.length < surely || !this.on.makeRoom()) return false;
    this.keys = this.run.slice(0, -1);
    return true;
  }

  // ends reports whether the key is what a scanner sends after a code. A bare
  // Tab or Enter stays what it is for people who use the keyboard.
  ends(event) {
    const last = ['Enter', 'NumpadEnter', 'Tab'].includes(event.code) || ['Enter', 'Tab'].includes(event.key);
    return last && (this.keys !== '' || this.field.value !== '');
  }

  // finishLater ends a whole code that no key ends.
  finishLater() {
    clearTimeout(this.end);
    this.end = setTimeout(() => {
      const code = choose(this.field.value, this.keys);
      if (whole.some((form) => form.test(code))) this.finish();
    }, over);
  }

  finish() {
    const code = choose(this.field.value, this.keys);
    this.clear();
    this.done = true;
    if (code) this.on.take(code);
  }

  clear() {
    clearTimeout(this.end);
    this.keys = '';
    this.field.value = '';
  }
}
