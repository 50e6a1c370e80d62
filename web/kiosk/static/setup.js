// The dialog where a browser becomes a gate, and where it is adjusted.

import { Away, Refused } from './backend.js';
import { lenses } from './camera.js';
import { settings, words } from './texts.js';

const forgotten = 60_000; // adjustments that nobody touches for so long were left open

const byId = (id) => document.getElementById(id);

export class Setup {
  // `on` has joined(), forgotten(), lens(id), usual(direction) and sounds().
  constructor(backend, on) {
    Object.assign(this, { backend, on, dialog: byId('setup') });
    for (const button of document.querySelectorAll('#setup button[disabled], #typing button[disabled]')) button.disabled = false;
    byId('join').addEventListener('submit', (event) => { event.preventDefault(); this.join(byId('token').value); });
    byId('open-setup').addEventListener('click', () => this.open());
    byId('close-setup').addEventListener('click', () => this.dialog.close());
    byId('forget').addEventListener('click', () => this.forget());
    byId('try-sound').addEventListener('click', () => on.sounds());
    byId('fullscreen').addEventListener('click', () => document.documentElement.requestFullscreen?.({ navigationUI: 'hide' }).catch(() => {}));
    for (const touch of ['pointerdown', 'keydown', 'input']) this.dialog.addEventListener(touch, () => this.wait());
    byId('lens').addEventListener('change', ({ target }) => on.lens(target.value));
    byId('usual').addEventListener('change', ({ target }) => on.usual(target.value));
  }

  // enrolled says whether codes can be asked about. `refused` is set while the
  // back end does not take the token that is kept here.
  get enrolled() { return !this.refused && (!settings.needs_token || this.backend.token !== ''); }

  // accept ends a refusal: the back end knows this device again.
  accept() {
    if (this.refused) this.dialog.close();
    this.refused = false;
  }

  // open shows the part that fits: enrolling, or the adjustments.
  open(error = '') {
    byId('join-part').hidden = this.enrolled;
    byId('device-part').hidden = !this.enrolled;
    byId('forget').hidden = !settings.needs_token;
    byId('forget-sure').hidden = true;
    this.complain(error);
    this.list();
    if (!this.dialog.open) this.dialog.showModal();
    this.wait();
  }

  // makeRoom closes the adjustments, which stand before the answer to a scan, and
  // reports whether codes can be asked about.
  makeRoom() {
    if (this.enrolled && this.dialog.open) this.dialog.close();
    return this.enrolled;
  }

  wait() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.makeRoom(), forgotten);
  }

  complain(key) {
    const text = key && words(key);
    byId('join-error').textContent = text ? `${text.ja} ${text.en}` : '';
    byId('token').setAttribute('aria-invalid', String(Boolean(text)));
  }

  // join makes this device a gate. What no code has, such as kana of an input
  // method, is not sent: a header cannot even carry it.
  async join(typed) {
    const secret = narrow(typed);
    if (!secret) return;
    if (/[^\x21-\x7e]/.test(secret)) return this.complain('setup.wrong');
    try {
      await this.backend.join(secret);
      byId('token').value = '';
      this.refused = false;
      this.dialog.close();
      this.on.joined();
    } catch (error) {
      this.complain(reasonOf(error));
    }
  }

  // forget asks once more before it does so: people touch everything.
  forget() {
    if (byId('forget-sure').hidden) {
      byId('forget-sure').hidden = false;
      return;
    }
    this.backend.forget();
    this.on.forgotten();
    this.open();
  }

  async list() {
    const any = new Option(`${words('setup.camera.any').ja} / ${words('setup.camera.any').en}`, '');
    const found = (await lenses()).map((lens) => new Option(lens.label || lens.deviceId.slice(0, 6), lens.deviceId));
    byId('lens').replaceChildren(any, ...found);
    byId('lens').value = localStorage.getItem('kyoten.kiosk.lens') ?? '';
    if (byId('lens').selectedIndex < 0) byId('lens').value = '';
  }
}

// narrow makes full-width letters, digits and hyphens what they stand for.
function narrow(typed) {
  return typed.normalize('NFKC').replace(/[\u30fc\u2010-\u2015\u2212]/g, '-').replace(/\s/g, '');
}

function reasonOf(error) {
  if (error instanceof Away) return 'setup.away';
  const used = ['enrolment_code_used', 'enrolment_code_expired'].includes(error instanceof Refused && error.problem.code);
  return used ? 'setup.used' : 'setup.wrong';
}
