// The camera: opens itself, feeds the reader, and mends itself for weeks.

const frozen = 4000; // no new picture for so long: the camera hangs
const black = 16; // the brightest pixel of a picture with nothing in it
const starting = 10_000; // a camera that opened and gives no picture for so long has none to give
const patient = 3000; // a black picture, or a muted camera, may last so long
const slowest = 60_000; // the longest pause between two tries

// Camera tells `on`: text(code, at) for what it read, state(name) for how it
// is (live, starting, dark, denied, missing, busy, insecure, decoder), and
// rate(n), the frames read in the last second.
export class Camera {
  constructor(video, reader, on) {
    Object.assign(this, { video, reader, on });
    this.lens = ''; // the device a person chose, '' for any
    this.stream = null;
    this.frames = 0;
    this.tries = 0;
    this.retryAt = 0;
    this.opening = false;
    setInterval(() => this.watch(), 1000);
    navigator.mediaDevices?.addEventListener('devicechange', () => { if (!this.stream) this.restart(); });
    document.addEventListener('visibilitychange', () => { if (!document.hidden && !this.stream) this.restart(); });
  }

  // restart opens the camera anew, at once.
  restart() {
    this.tries = 0;
    return this.open();
  }

  async open() {
    if (this.opening) return;
    this.opening = true;
    this.close();
    if (this.state !== 'dark') this.tell('starting');
    try {
      this.stream = await request(this.lens);
      this.follow(this.stream.getVideoTracks()[0]);
      this.video.srcObject = this.stream;
      await within(starting, this.video.play());
      this.lastFrame = this.lastLight = performance.now();
      this.loop(this.stream);
    } catch (error) {
      this.close();
      this.later(reasonOf(error));
    } finally {
      this.opening = false;
    }
  }

  close() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  tell(state) {
    if (state === this.state) return;
    this.state = state;
    this.on.state(state);
  }

  // later plans another try, each after a longer pause.
  later(state) {
    this.tell(state);
    this.retryAt = performance.now() + Math.min(slowest, 2000 * 2 ** this.tries);
    this.tries = Math.min(this.tries + 1, 5);
  }

  // follow reacts to what happens to the camera itself.
  follow(track) {
    const mirror = track.getSettings().facingMode !== 'environment';
    this.video.classList.toggle('mirrored', mirror);
    track.addEventListener('ended', () => { if (this.owns(track)) { this.close(); this.later('busy'); } });
    track.applyConstraints({ advanced: [{ focusMode: 'continuous' }] }).catch(() => {}); // most have no such choice
  }

  owns(track) { return this.stream?.getVideoTracks()[0] === track; }

  // loop hands each new frame to the reader, and skips those that come while it
  // is busy.
  loop(stream) {
    const next = () => {
      if (stream !== this.stream) return;
      whenNextFrame(this.video, next);
      this.lastFrame = performance.now();
      if (!this.reader.busy && this.video.videoWidth > 0) this.take();
    };
    whenNextFrame(this.video, next);
  }

  async take() {
    const at = performance.now();
    try {
      const { text, light } = await this.reader.read(this.video);
      this.frames++;
      this.see(light);
      if (text) this.on.text(text, at);
    } catch {
      this.close();
      this.later('decoder');
    }
  }

  see(light) {
    if (light <= black) return;
    this.lastLight = performance.now();
    this.tries = 0;
    this.tell('live');
  }

  // watch runs every second and opens the camera again when it is gone, hangs,
  // is muted or shows only black.
  watch() {
    this.on.rate(this.frames);
    this.frames = 0;
    const now = performance.now();
    if (this.opening || document.hidden) return;
    if (!this.stream) {
      if (now >= this.retryAt) this.open();
      return;
    }
    const dark = now - this.lastLight > patient;
    if (dark) this.tell('dark');
    const lost = now - this.lastFrame > frozen || (dark && now >= this.retryAt);
    if (lost) {
      this.later('dark');
      this.open();
    }
  }
}

// request asks the browser for a camera, best one that faces the visitor.
function request(lens) {
  if (!navigator.mediaDevices) throw new DOMException('', 'InsecureContext');
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  if (lens) video.deviceId = { ideal: lens };
  else video.facingMode = { ideal: 'user' };
  return navigator.mediaDevices.getUserMedia({ audio: false, video });
}

// within waits for a promise, but no longer than so many milliseconds.
function within(limit, promise) {
  const late = new Promise((_, refuse) => { setTimeout(() => refuse(new DOMException('', 'TimeoutError')), limit); });
  return Promise.race([promise, late]);
}

// reasonOf names a failure in the words of the catalogue.
function reasonOf(error) {
  switch (error.name) {
    case 'InsecureContext': return 'insecure';
    case 'NotAllowedError': return 'denied';
    case 'NotFoundError': return 'missing';
  }
  return 'busy';
}

function whenNextFrame(video, then) {
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(then);
  else setTimeout(() => requestAnimationFrame(then), 15);
}

// lenses returns the cameras of this device; their names are known once one was
// allowed.
export async function lenses() {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return all.filter((device) => device.kind === 'videoinput' && device.deviceId);
}
