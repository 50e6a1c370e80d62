// The kiosk page: a camera, a keyboard and one question, "may this person pass?".
// Everything is built here and told about each other here.

import { Board } from './answer.js';
import { Agent, Away, Server, Stranger, newKey } from './backend.js';
import { Camera } from './camera.js';
import { Clock } from './clock.js';
import { Direction } from './direction.js';
import { Keyboard } from './keys.js';
import { Reader } from './reader.js';
import { Scans } from './scans.js';
import { Setup } from './setup.js';
import { Sound } from './sound.js';
import { say, settings, words } from './texts.js';

const byId = (id) => document.getElementById(id);
const pulse = 5000; // how often the network is looked after
const gateKey = 'kyoten.kiosk.gate'; // what is known of the door
const renewal = 10 * 60_000; // how often a new version of the page is looked for
const shortly = 30_000; // and how soon again once there is one

const backend = settings.backend === 'agent' ? new Agent() : new Server();
takeToken();

const clock = new Clock(byId('clock'), byId('day'));
const sound = new Sound((on) => { byId('unmute').hidden = on; });
const board = new Board(byId('answer'), { at: (instant) => clock.at(instant), take: useSeat });

const scans = new Scans(backend, {
  answer(answer, took) {
    setup.makeRoom();
    sound.play(answer.decision);
    board.answer(answer);
    byId('speed').textContent = `${Math.round(took)} ${words('setup.speed.unit').ja}`;
  },
  trouble(last) {
    setup.makeRoom();
    if (last) sound.play('deny');
    board.trouble(last);
    setNet('offline');
  },
  stranger: refused,
});

const direction = new Direction(byId('ways'), () => scans.forget());

const camera = new Camera(byId('picture'), new Reader(), {
  text: (code, at) => { if (setup.enrolled) scans.see(code, direction.way, at); },
  state(name) {
    byId('camera').dataset.state = name;
    if (name !== 'live') say(byId('blind'), 'camera.' + name);
    say(byId('ask'), ['denied', 'missing', 'insecure'].includes(name) ? 'prompt.scanner' : 'prompt');
  },
  rate: (frames) => { byId('rate').textContent = `${frames} ${words('setup.rate.unit').ja}`; },
});
camera.lens = localStorage.getItem('kyoten.kiosk.lens') ?? '';
byId('camera-again').addEventListener('click', () => camera.restart());

const setup = new Setup(backend, {
  joined: look,
  forgotten() { localStorage.removeItem(gateKey); known = false; board.clear(); setNet('unset'); },
  lens(id) { localStorage.setItem('kyoten.kiosk.lens', id); camera.lens = id; camera.restart(); },
  usual: (way) => { direction.usual = way; },
  async sounds() { for (const name of ['allow', 'warn', 'deny']) { sound.play(name); await new Promise((done) => setTimeout(done, 900)); } },
});
byId('usual').value = direction.usual;

const keyboard = new Keyboard(byId('typing'), byId('code'), {
  take: (code) => { if (setup.enrolled) scans.see(code, direction.way, performance.now()); },
  makeRoom: () => setup.makeRoom(),
});
byId('keyboard').addEventListener('click', () => keyboard.open());

// takeToken keeps the token a link brought along and takes it out of sight.
function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('gate');
  if (!token) return;
  backend.keep(token);
  history.replaceState(null, '', location.pathname);
}

// A link for another gate, opened where the page already stands, changes nothing
// but the fragment: begin anew, or the tablet would go on as the old gate.
addEventListener('hashchange', () => {
  if (new URLSearchParams(location.hash.slice(1)).get('gate')) location.reload();
});

// useSeat takes the seat that was offered to a member without a booking, once
// however often it is tapped.
async function useSeat(passage, seat) {
  if (taking === passage) return;
  taking = passage;
  try {
    const answer = await backend.walkIn(passage, newKey());
    sound.play(answer.decision ?? 'allow');
    if (answer.decision) board.answer(answer);
    else board.say('allow', 'walk_in.done', '', seat);
  } catch (error) {
    sound.play('deny');
    if (error instanceof Away) board.trouble(true);
    else board.say('deny', 'walk_in.gone', 'walk_in.again');
  } finally {
    taking = '';
  }
}
let taking = '';

// refused says that the back end does not take the token. It is kept, and tried
// again with every beat: a mistake at the other end must not cost a visit here.
function refused() {
  setup.refused = true;
  board.clear();
  setNet('unset');
  setup.open('setup.lost');
}

function setNet(state) {
  const net = byId('net');
  if (net.dataset.state === state) return;
  net.dataset.state = state;
  say(net, 'net.' + state);
}

// look asks which door this is and shows it; it comes again until it knows.
async function look() {
  if (!setup.enrolled && !setup.refused) return;
  try {
    const gate = await backend.describe();
    setup.accept();
    localStorage.setItem(gateKey, JSON.stringify(gate));
    show(gate);
    known = true;
  } catch (error) {
    if (error instanceof Stranger && !setup.refused) refused();
  }
}
let known = false;

function show(gate) {
  direction.of(gate.direction);
  clock.zone(gate.timeZone);
  byId('site').textContent = gate.site.ja;
  byId('gate').textContent = [gate.site.en, gate.name].filter(Boolean).join(' · ');
  byId('setup-gate').textContent = gate.name ?? '';
  byId('usual').hidden = byId('usual-label').hidden = gate.direction !== 'both';
}

// recall shows the door this was when it was last known, before any answer.
function recall() {
  const gate = localStorage.getItem(gateKey);
  if (gate && setup.enrolled) show(JSON.parse(gate));
}

// beat asks for the time: it keeps the clock right and shows the network.
async function beat() {
  const sent = performance.now();
  try {
    const { net, now } = await backend.pulse();
    clock.set(now, sent);
    setNet(setup.enrolled ? net : 'unset');
    if (!known || setup.refused) await look();
  } catch (error) {
    if (!(error instanceof Stranger)) setNet('offline');
    else if (!setup.refused) refused(); // once: somebody may be typing by now
  }
  setTimeout(beat, pulse);
}

// renew loads a new version of the page while nobody stands before it.
async function renew() {
  let pause = renewal;
  try {
    const page = await (await fetch('/kiosk', { cache: 'no-store' })).text();
    const newer = page.includes('data-version=') && !page.includes(`data-version="${document.documentElement.dataset.version}"`);
    if (newer) pause = shortly;
    if (newer && await complete(page) && !byId('answer').dataset.look && !setup.dialog.open) location.reload();
  } catch { /* away: the page stays as it is */ }
  setTimeout(renew, pause);
}

// complete reports whether the worker has fetched the files of a new page, all or
// none: a page whose scripts do not come, while the network falters, stays dead.
async function complete(page) {
  const worker = await navigator.serviceWorker?.getRegistration('/kiosk');
  if (!worker?.active) return true; // nothing is fetched beforehand here
  await worker.update();
  const [, script] = /src="([^"]+\/main\.js)"/.exec(page);
  return Boolean(await caches.match(script));
}

// stayAwake keeps the screen on; the browser lets go when the page is hidden.
async function stayAwake() {
  if (document.hidden) return;
  try {
    await navigator.wakeLock?.request('screen');
  } catch { /* a low battery refuses; the device's own setting then decides */ }
}

document.addEventListener('visibilitychange', stayAwake);
window.addEventListener('offline', () => setNet('offline'));
navigator.serviceWorker?.register('/kiosk/sw.js', { scope: '/kiosk', updateViaCache: 'none' }).catch(() => {});
say(byId('net'), 'net.starting');
say(byId('blind'), 'camera.starting');
stayAwake();
camera.open();
if (!setup.enrolled) setup.open();
recall();
beat();
setTimeout(renew, renewal);
