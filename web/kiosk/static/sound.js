// The three sounds. Each has its own rhythm and height, so that they are told
// apart with the eyes elsewhere: rising, twice the same, low and long.

const tunes = {
  allow: [[660, 0, 0.11], [990, 0.12, 0.22]],
  warn: [[740, 0, 0.14], [740, 0.22, 0.14]],
  deny: [[220, 0, 0.24], [185, 0.28, 0.42]],
};

export class Sound {
  // `changed` is told whether there is sound: browsers allow it after a touch.
  constructor(changed) {
    this.changed = changed;
    this.context = window.AudioContext ? new AudioContext() : null;
    if (!this.context) return;
    this.context.addEventListener('statechange', () => this.report());
    for (const name of ['pointerdown', 'keydown']) document.addEventListener(name, () => this.wake(), { capture: true });
    this.wake();
    this.report();
  }

  report() { this.changed(this.context.state === 'running'); }

  wake() {
    if (this.context && this.context.state !== 'running') this.context.resume().catch(() => {});
  }

  play(name) {
    if (this.context?.state !== 'running') return this.wake();
    for (const [height, start, length] of tunes[name] ?? []) this.beep(height, this.context.currentTime + start, length, name);
  }

  beep(height, start, length, name) {
    const tone = new OscillatorNode(this.context, { type: name === 'deny' ? 'square' : 'triangle', frequency: height });
    const volume = new GainNode(this.context, { gain: 0 });
    volume.gain.setTargetAtTime(name === 'deny' ? 0.18 : 0.5, start, 0.008); // ramps: a step would click
    volume.gain.setTargetAtTime(0, start + length, 0.025);
    tone.connect(volume).connect(this.context.destination);
    tone.start(start);
    tone.stop(start + length + 0.3);
    tone.onended = () => volume.disconnect();
  }
}
