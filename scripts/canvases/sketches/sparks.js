// Sparks on black at 120 Hz: a pixel each, thrown up and falling.
import { plain } from '/recorder.js';

export default {
  size: [200, 200], rate: 120, frames: 120,
  start(width, height) {
    const { canvas, context } = plain(width, height);
    const sparks = Array.from({ length: 400 }, () => ({ born: Math.random() * 3 - 2, vx: Math.random() * 120 - 60,
      vy: 80 + Math.random() * 120, color: `hsl(${20 + Math.random() * 40}, 100%, ${50 + Math.random() * 40}%)` }));
    return {
      canvas,
      draw(time) {
        context.fillStyle = '#000000';
        context.fillRect(0, 0, width, height);
        for (const { born, vx, vy, color } of sparks) {
          const age = ((time - born) % 2 + 2) % 2;
          context.fillStyle = color;
          context.fillRect(Math.floor(width / 2 + vx * age), Math.floor(height - 5 - vy * age + 90 * age * age), 1, 1);
        }
      },
    };
  },
};
