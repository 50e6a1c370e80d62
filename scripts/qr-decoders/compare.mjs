// Reads the films of main.go from standard input and asks both decoders for
// every frame. Prints one Markdown row per scene, size and code.
import { readFileSync } from 'node:fs';
import { decodeQR } from './node_modules/qr/decode.js';
import { prepareZXingModule, readBarcodes } from './node_modules/zxing-wasm/dist/es/reader/index.js';

const wasm = readFileSync('./node_modules/zxing-wasm/dist/reader/zxing_reader.wasm');
prepareZXingModule({ overrides: { wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length) } });

const options = { formats: ['QRCode'], maxNumberOfSymbols: 1, textMode: 'Plain' };
const zxing = async (img) => (await readBarcodes(img, options))[0]?.text ?? '';
// A decoder gets the picture and its number in the film.
const decoders = {
  'qr': (img) => { try { return decodeQR(img); } catch { return ''; } },
  'zxing': zxing,
  'zxing as on the page': (img, n) => zxing(onThePage(img, n)),
};

// onThePage scales a picture as web/kiosk/static/reader.js does: a small one is
// enlarged by half, and every third time only its middle is taken.
function onThePage(img, n) {
  const scale = Math.min(1.5, Math.sqrt((1280 * 720) / (img.width * img.height)));
  const width = Math.round(img.width * scale), height = Math.round(img.height * scale);
  const middle = n % 3 === 2;
  if (scale === 1 && !middle) return img;
  const zoom = middle ? scale * 2 : scale;
  const left = middle ? img.width / 4 : 0, top = middle ? img.height / 4 : 0;
  const out = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++, o += 4) out[o] = out[o + 1] = out[o + 2] = between(img, left + (x + 0.5) / zoom - 0.5, top + (y + 0.5) / zoom - 0.5);
  }
  return { data: out, width, height, colorSpace: 'srgb' };
}

// between returns the grey level between pixels, as a canvas interpolates.
function between({ data, width, height }, x, y) {
  x = Math.min(Math.max(x, 0), width - 1.001);
  y = Math.min(Math.max(y, 0), height - 1.001);
  const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
  const i = (y0 * width + x0) * 4, j = i + width * 4;
  return (data[i] * (1 - fx) + data[i + 4] * fx) * (1 - fy) + (data[j] * (1 - fx) + data[j + 4] * fx) * fy;
}

async function* bytes(stream) {
  let buf = Buffer.alloc(0);
  const it = stream[Symbol.asyncIterator]();
  const fill = async () => {
    const { value, done } = await it.next();
    if (!done) buf = Buffer.concat([buf, value]);
    return !done;
  };
  for (;;) {
    while (buf.indexOf(10) < 0) if (!(await fill())) return;
    const end = buf.indexOf(10);
    const head = JSON.parse(buf.subarray(0, end));
    buf = buf.subarray(end + 1);
    const size = head.width * head.height;
    const list = [];
    for (let i = 0; i < head.frames; i++) {
      const parts = [buf];
      let have = buf.length;
      while (have < size) {
        const { value, done } = await it.next();
        if (done) throw new Error('film ends early');
        parts.push(value);
        have += value.length;
      }
      buf = Buffer.concat(parts);
      list.push(buf.subarray(0, size));
      buf = buf.subarray(size);
    }
    yield { head, list };
  }
}

const rgba = (grey, width, height) => {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0, j = 0; i < grey.length; i++, j += 4) {
    data[j] = data[j + 1] = data[j + 2] = grey[i];
    data[j + 3] = 255;
  }
  return { data, width, height, colorSpace: 'srgb' };
};

const names = Object.keys(decoders);
const sum = {};
console.log(`| scene | size | code | ${names.join(' | ')} |`);
console.log(`| --- | --- | --- |${' ---: |'.repeat(names.length)}`);
for await (const { head, list } of bytes(process.stdin)) {
  const row = [];
  for (const name of names) {
    let read = 0, wrong = 0, ms = 0, worst = 0;
    for (const [n, grey] of list.entries()) {
      const img = rgba(grey, head.width, head.height);
      const began = performance.now();
      const text = await decoders[name](img, n);
      const took = performance.now() - began;
      ms += took;
      worst = Math.max(worst, took);
      if (text === head.text) read++;
      else if (text) wrong++;
    }
    const s = (sum[name] ??= { read: 0, films: 0, of: 0, count: 0, ms: 0, worst: 0, wrong: 0 });
    s.read += read; s.of += list.length; s.films += read > 0; s.count++; s.ms += ms; s.wrong += wrong;
    s.worst = Math.max(s.worst, worst);
    row.push(`${read}/${list.length}, ${(ms / list.length).toFixed(1)} ms`);
  }
  console.log(`| ${head.scene} | ${head.width}×${head.height} | ${head.code} | ${row.join(' | ')} |`);
}
console.log('');
for (const name of names) {
  const s = sum[name];
  console.log(`${name}: ${s.read} of ${s.of} frames, ${s.films} of ${s.count} films, ${(s.ms / s.of).toFixed(1)} ms a frame, ${s.worst.toFixed(0)} ms the slowest, ${s.wrong} wrong`);
}
