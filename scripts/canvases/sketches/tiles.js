// Sharp pixel art: a world of tiles that scrolls by whole pixels, and a figure that walks through it.
import { p5Sketch } from '/recorder.js';

const PALETTE = ['#1a1c2c', '#5d275d', '#b13e53', '#ef7d57', '#ffcd75', '#a7f070', '#38b764', '#257179', '#29366f',
  '#3b5dc9', '#41a6f6', '#73eff7', '#f4f4f4', '#94b0c2', '#566c86', '#333c57'];

export default {
  size: [240, 160], rate: 60, frames: 60,
  start(width, height) {
    const tile = kind => Array.from({ length: 64 }, () => PALETTE[(kind * 3 + Math.floor(Math.random() ** 2 * 3)) % 16]);
    const tiles = Array.from({ length: 8 }, (_, kind) => tile(kind));
    const ground = Array.from({ length: 64 }, () => 2 + Math.floor(Math.random() * 6));
    return p5Sketch(width, height, {
      setup(p) { p.noSmooth(); p.noStroke(); },
      draw(p, time) {
        p.background(PALETTE[9]);
        const scroll = Math.floor(time * 40);
        for (let column = 0; column <= width / 8; column++) {
          const at = column + Math.floor(scroll / 8);
          for (let row = 0; row < ground[at % 64]; row++) {
            const kind = tiles[row + 1 === ground[at % 64] ? 2 : (at * 7 + row * 3) % 8];
            kind.forEach((color, i) => {
              p.fill(color);
              p.rect(column * 8 - scroll % 8 + i % 8, height - 8 - row * 8 + Math.floor(i / 8), 1, 1);
            });
          }
        }
        const step = Math.floor(time * 12) % 4;
        p.fill(PALETTE[4]);
        p.rect(100, 60 + step % 2, 8, 8);
        p.fill(PALETTE[2]);
        p.rect(98, 68, 12, 10);
        p.fill(PALETTE[0]);
        p.rect(99 + 2 * step, 78, 3, 5);
        p.rect(107 - 2 * step, 78, 3, 5);
      },
    });
  },
};
