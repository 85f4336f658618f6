// A cellular automaton of many colours: every cell takes the colour that follows its own, if a neighbour has it.
import { plain } from '/recorder.js';

export default {
  size: [160, 120], rate: 30, frames: 60,
  start(width, height) {
    const { canvas, context } = plain(width, height);
    const states = 12;
    let cells = Uint8Array.from({ length: width * height }, () => Math.random() * states);
    const image = context.createImageData(width, height);
    const color = state => [128 + 127 * Math.sin(state * 0.52), 128 + 127 * Math.sin(state * 0.52 + 2), 40 + state * 17, 255];
    const step = () => {
      const next = cells.slice();
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const at = y * width + x;
          const eaten = (cells[at] + 1) % states;
          const near = (dx, dy) => cells[(y + dy + height) % height * width + (x + dx + width) % width] === eaten;
          if (near(1, 0) || near(-1, 0) || near(0, 1) || near(0, -1)) next[at] = eaten;
        }
      }
      cells = next;
    };
    for (let i = 0; i < 120; i++) step();
    return {
      canvas,
      draw() {
        step();
        cells.forEach((state, i) => image.data.set(color(state), 4 * i));
        context.putImageData(image, 0, 0);
      },
    };
  },
};
