// Blurred, translucent discs that drift over one another.
import { script } from '/recorder.js';

export default {
  size: [240, 160], rate: 60, frames: 60,
  async start(width, height) {
    await script('/node_modules/pixi.js/dist/pixi.min.js');
    const app = new PIXI.Application();
    await app.init({ width, height, background: '#101028', antialias: true, autoStart: false, preference: 'webgl',
      preserveDrawingBuffer: true });
    const discs = Array.from({ length: 18 }, () => {
      const color = Math.floor(Math.random() * 0xffffff);
      const disc = new PIXI.Graphics().circle(0, 0, 12 + 26 * Math.random()).fill({ color, alpha: 0.45 });
      disc.filters = [new PIXI.BlurFilter({ strength: 2 + 6 * Math.random() })];
      app.stage.addChild(disc);
      return { disc, phase: Math.random() * 7, speed: 0.4 + Math.random() };
    });
    return {
      canvas: app.canvas,
      draw(time) {
        for (const { disc, phase, speed } of discs) {
          disc.position.set(width * (0.5 + 0.45 * Math.sin(phase + time * speed)),
            height * (0.5 + 0.45 * Math.cos(phase * 2 + time * speed * 0.8)));
        }
        app.render();
      },
    };
  },
};
