// A page of text that stands still while a person types: most frames equal the one before.
import { plain } from '/recorder.js';

const TEXT = 'type a word and press return; a list of pieces appears. '.repeat(6);

export default {
  size: [256, 144], rate: 60, frames: 90,
  start(width, height) {
    const { canvas, context } = plain(width, height);
    return {
      canvas,
      draw(time) {
        context.fillStyle = '#222840';
        context.fillRect(0, 0, width, height);
        context.font = '11px monospace';
        context.fillStyle = '#ffd0e0';
        const typed = TEXT.slice(0, 120 + Math.floor(time * 9));
        for (let row = 0; row * 34 < typed.length; row++) {
          context.fillText(typed.slice(row * 34, row * 34 + 34), 8, 18 + row * 14);
        }
        if (time * 2 % 1 < 0.5) context.fillRect(8 + typed.length % 34 * 6.6, 8 + Math.floor(typed.length / 34) * 14, 6, 12);
      },
    };
  },
};
