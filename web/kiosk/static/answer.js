// The answer that fills the screen.

import { words } from './texts.js';

const shown = 3000;
const offered = 12_000; // an offer needs reading and a touch

// Board shows one answer at a time; a new one takes the place of the old.
export class Board {
  // `at` turns an instant into the site's time of day, `take` accepts an offer.
  constructor(element, { at, take }) {
    Object.assign(this, { element, at, take });
    element.append(document.getElementById('answer-parts').content.cloneNode(true));
    this.part = (name) => element.querySelector(`[data-part="${name}"]`);
    this.part('offer').addEventListener('click', () => this.take(this.passage, this.offer));
  }

  // answer shows what the back end decided.
  answer({ decision, reason, message, holder, booking, offer, passage_id: passage }) {
    const head = words('reason.' + reason) ?? words('answer.' + decision);
    this.offer = offer;
    this.passage = passage;
    this.fill(head, message, holder?.initials, booking ?? offer);
    this.show(offer ? 'offer' : decision, { decision, offer, for: offer ? offered : shown });
  }

  // trouble says that nobody could answer.
  trouble(last) {
    this.fill(words('trouble.head'), words(last ? 'trouble.body' : 'trouble.trying'));
    this.show('trouble', { for: last ? shown * 2 : shown * 3 });
  }

  // say shows a sentence of the page's own, such as that a seat was taken.
  say(decision, head, body, booking) {
    this.fill(words(head), body && words(body), '', booking);
    this.show(decision, { decision, for: shown });
  }

  fill(head, body, who, booking) {
    this.part('who').textContent = who ?? '';
    for (const lang of ['ja', 'en']) {
      this.part('head-' + lang).textContent = head?.[lang] ?? '';
      this.part('body-' + lang).textContent = without(head?.[lang], body?.[lang]);
    }
    this.part('place').replaceChildren(...this.facts(booking));
  }

  // facts returns where the holder sits and until when.
  facts(booking) {
    if (!booking) return [];
    const place = booking.name ?? booking.space?.name ?? booking.space ?? booking.title ?? '';
    const until = booking.ends_at ? this.at(booking.ends_at) : '';
    const list = [fact('seat', place)];
    if (until) list.push(fact('until', `${until} ${words('answer.until').ja}`), fact('until-en', `${words('answer.until').en} ${until}`, 'en'));
    return list;
  }

  show(look, { decision = '', offer, for: length }) {
    clearTimeout(this.timer);
    const { element } = this;
    element.dataset.decision = decision;
    element.dataset.look = look;
    element.toggleAttribute('data-offer', Boolean(offer));
    element.style.setProperty('--shown', length + 'ms');
    const spent = element.querySelector('.spent');
    spent.replaceWith(spent.cloneNode()); // begins its movement anew
    this.timer = setTimeout(() => this.clear(), length);
  }

  clear() {
    clearTimeout(this.timer);
    this.element.dataset.decision = '';
    this.element.dataset.look = '';
    this.element.removeAttribute('data-offer');
    this.fill();
  }
}

// without returns body without the headline it begins with: a message has both,
// for readers that show nothing but it.
function without(head, body = '') {
  return head && body.startsWith(head) ? body.slice(head.length).replace(/^[\s.\u3002]+/, '') : body;
}

function fact(name, text, lang) {
  const element = document.createElement('span');
  element.className = name;
  element.textContent = text;
  if (lang) element.lang = lang;
  return element;
}
