// The time at the door: the back end's, in the site's own zone.

export class Clock {
  constructor(time, day) {
    Object.assign(this, { time, day, offset: 0 });
    this.zone(undefined);
    setInterval(() => this.show(), 1000);
  }

  // set takes the back end's time, asked for at `sent` and here now; half of the
  // way is taken off.
  set(now, sent) {
    const theirs = Date.parse(now);
    if (Number.isNaN(theirs)) return;
    const way = (performance.now() - sent) / 2;
    this.offset = theirs + way - Date.now();
    this.show();
  }

  now() { return new Date(Date.now() + this.offset); }

  zone(timeZone) {
    this.hours = new Intl.DateTimeFormat('ja', { timeZone, hour: '2-digit', minute: '2-digit', hour12: false });
    this.days = ['ja', 'en-GB'].map((lang) => new Intl.DateTimeFormat(lang, { timeZone, month: 'short', day: 'numeric', weekday: 'short' }));
    this.show();
  }

  // at returns the time of day of an instant.
  at(instant) {
    const date = new Date(instant);
    return Number.isNaN(date.getTime()) ? '' : this.hours.format(date);
  }

  show() {
    const now = this.now();
    const text = this.hours.format(now);
    if (this.time.textContent === text) return;
    this.time.textContent = text;
    this.time.dateTime = text;
    this.day.textContent = this.days.map((day) => day.format(now)).join('  ');
  }
}
