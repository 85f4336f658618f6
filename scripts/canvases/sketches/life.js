// Conway's game of life, a pixel for a cell, with dying cells that glow.
import { plain } from '/recorder.js';

export default {
  size: [240, 160], rate: 60, frames: 60,
  start(width, height) {
    const { canvas, context } = plain(width, height);
    let cells = Uint8Array.from({ length: width * height }, () => Math.random() < 0.3);
    const glow = new Float32Array(width * height);
    const image = context.createImageData(width, height);
    return {
      canvas,
      draw(_, frame) {
        const next = new Uint8Array(cells.length);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            let near = 0;
            for (let dy = -1; dy <= 1; dy++) {
              for (let dx = -1; dx <= 1; dx++) {
                if (dx || dy) near += cells[(y + dy + height) % height * width + (x + dx + width) % width];
              }
            }
            const at = y * width + x;
            next[at] = near === 3 || near === 2 && cells[at];
            glow[at] = next[at] ? 255 : glow[at] * 0.8;
          }
        }
        if (frame % 2 === 0) cells = next;
        glow.forEach((value, i) => image.data.set(cells[i] ? [230, 255, 200, 255] : [value * 0.2, value * 0.4, value * 0.7, 255], 4 * i));
        context.putImageData(image, 0, 0);
      },
    };
  },
};
