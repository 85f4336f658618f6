// Flat ground with a few small sprites that move by whole pixels.
import { plain } from '/recorder.js';

export default {
  size: [337, 160], rate: 60, frames: 60,
  start(width, height) {
    const { canvas, context } = plain(width, height);
    const shape = () => Array.from({ length: 8 }, () => Math.floor(Math.random() * 16));
    const sprites = Array.from({ length: 9 }, (_, i) =>
      ({ color: `hsl(${i * 40}, 70%, 60%)`, rows: shape(), x: i * 37, y: 20 + i * 31 % 120, vx: 20 + i * 9, vy: (i - 4) * 11 }));
    return {
      canvas,
      draw(time) {
        context.fillStyle = '#70a9a1';
        context.fillRect(0, 0, width, height);
        context.fillStyle = '#40798c';
        context.fillRect(0, 110, width, 50);
        for (const { color, rows, x, y, vx, vy } of sprites) {
          context.fillStyle = color;
          const [left, top] = [Math.floor(x + vx * time) % width, Math.floor(y + vy * time + height) % height];
          rows.forEach((row, dy) => {
            for (let bit = 0; bit < 4; bit++) {
              if (row >> bit & 1) {
                context.fillRect(left + bit, top + dy, 1, 1);
                context.fillRect(left + 7 - bit, top + dy, 1, 1);
              }
            }
          });
        }
      },
    };
  },
};
