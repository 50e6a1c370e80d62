// The QR decoder, in a worker of its own so that the picture stays smooth. To
// use another decoder, change load and read; nothing else knows which it is.

'use strict';

importScripts('zxing/zxing_reader.js');

// Only what an entry code can be: one QR code, as plain text.
const options = { formats: ['QRCode'], maxNumberOfSymbols: 1, textMode: 'Plain' };

// load makes the decoder ready. Without locateFile it would ask a foreign host.
function load() {
  return ZXingWASM.prepareZXingModule({
    overrides: { locateFile: (name) => new URL('zxing/' + name, self.location.href).href },
    fireImmediately: true,
  });
}

// read returns the text of the code in an ImageData, or '' when there is none.
async function read(image) {
  const found = await ZXingWASM.readBarcodes(image, options);
  return found.length > 0 ? found[0].text : '';
}

// brightest returns the greatest green among a thousand pixels all over the
// picture: 0 to 255. A lens that is covered, or a camera that died, gives black.
function brightest({ data }) {
  const step = Math.max(4, (data.length >> 12) << 2);
  let most = 0;
  for (let i = 1; i < data.length; i += step) if (data[i] > most) most = data[i];
  return most;
}

const ready = load();

self.onmessage = async ({ data: { pixels, width, height } }) => {
  try {
    await ready;
    const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
    self.postMessage({ text: await read(image), light: brightest(image) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
