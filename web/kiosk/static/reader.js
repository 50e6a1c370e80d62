// Turns frames of a video into texts, by the decoder in its worker.

// A frame is given this many pixels: enough for a code at arm's length, few
// enough for 15 frames a second on a cheap tablet.
const area = 1280 * 720;
// A small picture is enlarged at most this much: it reads better so.
const enlarge = 1.5;
// The decoder's time for one frame. It needs a hundredth of it; beyond, the
// worker is dead and a new one is made.
const patience = 5000;

export class Reader {
  constructor() {
    this.canvas = document.createElement('canvas'); // one for all frames, for weeks
    this.pen = this.canvas.getContext('2d', { willReadFrequently: true });
    this.turn = 0;
    this.busy = false;
    this.worker = null;
  }

  // read returns {text, light} for the video's present frame. It throws when
  // the decoder failed; the next call begins with a new one.
  async read(video) {
    this.busy = true;
    try {
      this.draw(video);
      const { width, height } = this.canvas;
      const pixels = this.pen.getImageData(0, 0, width, height).data.buffer;
      return await this.ask({ pixels, width, height });
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      this.busy = false;
    }
  }

  // draw puts the frame on the canvas: every third time its middle alone, twice
  // as large. So a code is found wherever it is, and a small one in the frame on
  // the screen too (docs/adr has the figures).
  draw(video) {
    const { videoWidth: w, videoHeight: h } = video;
    const scale = Math.min(enlarge, Math.sqrt(area / (w * h)));
    const width = Math.round(w * scale), height = Math.round(h * scale);
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.turn = (this.turn + 1) % 3;
    if (this.turn === 0) this.pen.drawImage(video, w / 4, h / 4, w / 2, h / 2, 0, 0, width, height);
    else this.pen.drawImage(video, 0, 0, width, height);
  }

  ask(frame) {
    this.worker ??= new Worker(new URL('decoder.js', import.meta.url));
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the decoder does not answer')), patience);
      const settle = (done, value) => { clearTimeout(late); done(value); };
      this.worker.onmessage = ({ data }) => (data.error ? settle(reject, new Error(data.error)) : settle(resolve, data));
      this.worker.onerror = (event) => settle(reject, new Error(event.message || 'the decoder did not load'));
      this.worker.postMessage(frame, [frame.pixels]);
    });
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
  }
}
