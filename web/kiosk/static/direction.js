// Which way people go: fixed at a one-way gate, a switch at others.

const usualKey = 'kyoten.kiosk.direction';
const away = 60_000; // so long the switch stays where a visitor left it

export class Direction {
  constructor(element, changed) {
    Object.assign(this, { element, changed, fixed: '' });
    element.addEventListener('change', () => { this.stay(); changed(); });
    this.choose(this.usual);
  }

  // way is the direction to ask about, undefined where the gate's own counts.
  get way() { return this.fixed ? undefined : this.element.querySelector(':checked').value; }

  get usual() { return localStorage.getItem(usualKey) === 'exit' ? 'exit' : 'entry'; }

  set usual(way) {
    localStorage.setItem(usualKey, way);
    this.choose(way);
  }

  // of takes the gate's own direction.
  of(direction) {
    this.fixed = direction === 'both' ? '' : direction;
    this.element.hidden = this.fixed !== '';
  }

  choose(way) {
    this.element.querySelector(`[value="${way}"]`).checked = true;
    this.changed();
  }

  // stay keeps the switch where it is for a while, then lets it go back.
  stay() {
    clearTimeout(this.back);
    this.back = setTimeout(() => { if (this.way && this.way !== this.usual) this.choose(this.usual); }, away);
  }
}
