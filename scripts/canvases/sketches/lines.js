// Translucent lines over one another, faded a little in every frame.
import { p5Sketch } from '/recorder.js';

export default {
  size: [240, 160], rate: 60, frames: 60,
  start: (width, height) => p5Sketch(width, height, {
    setup(p) { p.background(8, 10, 24); },
    draw(p, time) {
      p.background(8, 10, 24, 18);
      p.strokeWeight(1.5);
      for (let i = 0; i < 24; i++) {
        const turn = i * 0.26 + time * 0.8;
        p.stroke(128 + 127 * Math.sin(turn), 128 + 127 * Math.sin(turn + 2), 128 + 127 * Math.sin(turn + 4), 90);
        p.line(width / 2 + 110 * Math.cos(turn * 1.3), height / 2 + 70 * Math.sin(turn),
          width / 2 + 110 * Math.cos(turn + 2.4), height / 2 + 70 * Math.sin(turn * 0.7 + 1));
      }
    },
  }),
};
