// A gradient that moves with p5's noise(), pixel by pixel.
import { p5Sketch } from '/recorder.js';

export default {
  size: [240, 160], rate: 60, frames: 60,
  start: (width, height) => p5Sketch(width, height, {
    draw(p, time) {
      p.loadPixels();
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const value = p.noise(x * 0.012, y * 0.012, time * 0.9);
          const at = 4 * (y * width + x);
          p.pixels[at] = 255 * value;
          p.pixels[at + 1] = 255 * Math.abs(Math.sin(value * 6 + time));
          p.pixels[at + 2] = 255 * (1 - x / width * value);
          p.pixels[at + 3] = 255;
        }
      }
      p.updatePixels();
    },
  }),
};
