// Text that scrolls smoothly, by fractions of a pixel.
import { plain } from '/recorder.js';

const WORDS = 'a tape is a zip of frames and each frame was on show once for a moment that nobody measured twice'.split(' ');

export default {
  size: [240, 160], rate: 60, frames: 60,
  start(width, height) {
    const { canvas, context } = plain(width, height);
    const lines = Array.from({ length: 40 }, (_, i) =>
      Array.from({ length: 6 }, (_, j) => WORDS[(i * 5 + j * 3) % WORDS.length]).join(' '));
    return {
      canvas,
      draw(time) {
        context.fillStyle = '#f6f1e4';
        context.fillRect(0, 0, width, height);
        context.font = '13px serif';
        context.fillStyle = '#1d1d1d';
        lines.forEach((line, i) => context.fillText(line, 8, 20 + i * 17 - time * 45));
        context.fillStyle = '#a02020';
        context.fillRect(0, 0, 3, height);
      },
    };
  },
};
