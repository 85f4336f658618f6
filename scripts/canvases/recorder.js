// Records a sketch as the site records a piece: every drawn frame a PNG, its time beside it, all of it zipped in the
// page by JSZip. The clock is stepped, since a machine without a display is too slow to draw 120 frames a second and
// since pictures have to repeat; its steps waver and skip as those of a browser do.

// When the recording began: a Unix time in ms, with the fraction that `performance.now` leaves.
const BEGIN = 1764115200000.3;

// Times of frames in ms. A browser's clock has steps of 0.1 ms; one frame in 30 comes a period late; each period is
// longer or shorter by up to half of `waver`, in parts of it.
function* clock(rate, waver) {
  const period = 1000 / rate;
  for (let time = 0; ; time += period * ((Math.random() < 1 / 30 ? 2 : 1) + (Math.random() - 0.5) * waver)) {
    yield Math.round(time * 10) / 10;
  }
}

const blob = canvas => new Promise(resolve => canvas.toBlob(resolve, 'image/png'));

export async function record(name, { size: [width, height], rate, waver = 0.06, frames, start }) {
  const times = clock(rate, waver).take(frames).toArray();
  const film = Object.assign(document.createElement('canvas'), { width, height });
  const context = film.getContext('2d');
  const { canvas, draw } = await start(width, height);
  const zip = new JSZip();
  const timing = [];
  for (const [frame, time] of times.entries()) {
    await draw(time / 1000, frame);
    context.clearRect(0, 0, width, height);
    context.drawImage(canvas, 0, 0);
    const filename = `frame-${String(frame).padStart(5, '0')}.png`;
    zip.file(filename, await blob(film));
    const duration = frame + 1 < frames ? Math.max(10, times[frame + 1] - time) : 16.67;
    timing.push({ frame, filename, duration, timestamp: BEGIN + time });
  }
  zip.file('timing.json', JSON.stringify(timing, null, 2));
  const metadata = { resolution: { width, height }, frameCount: frames, totalDuration: times.at(-1) / 1000, piece: name };
  zip.file('metadata.json', JSON.stringify(metadata, null, 2));
  return zip.generateAsync({ type: 'blob' });
}

// A plain canvas and what draws on it.
export function plain(width, height, options) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  return { canvas, context: canvas.getContext('2d', { alpha: false, ...options }) };
}

export function script(source) {
  return new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement('script'), { src: source, onload: resolve, onerror: reject }));
  });
}

// p5 that draws when it is told to: `setup` and `draw` of a sketch in p5's instance mode.
export async function p5Sketch(width, height, { setup = () => {}, draw }) {
  await script('/node_modules/p5/lib/p5.min.js');
  let time = 0;
  const p = await new Promise(resolve => new p5(p => {
    p.setup = () => {
      p.pixelDensity(1);
      p.createCanvas(width, height);
      p.noLoop();
      p.noiseSeed(7);
      p.randomSeed(7);
      setup(p);
    };
    let ready = false;
    p.draw = () => {
      if (!ready) { ready = true; resolve(p); return; }
      draw(p, time);
    };
  }));
  return { canvas: p.canvas, draw: now => { time = now; p.redraw(); } };
}
