// Soft glows on flat ground: gradients that end, and nothing around them.
import { plain } from '/recorder.js';

export default {
  size: [320, 200], rate: 60, frames: 60,
  start(width, height) {
    const { canvas, context } = plain(width, height);
    const glows = Array.from({ length: 5 }, (_, i) => ({ hue: i * 67, phase: i * 1.9, radius: 25 + i * 7 }));
    return {
      canvas,
      draw(time) {
        context.fillStyle = '#2b2d42';
        context.fillRect(0, 0, width, height);
        for (const { hue, phase, radius } of glows) {
          const x = width * (0.5 + 0.4 * Math.sin(phase + time * 0.7));
          const y = height * (0.5 + 0.35 * Math.cos(phase * 1.7 + time * 0.9));
          const gradient = context.createRadialGradient(x, y, 0, x, y, radius);
          gradient.addColorStop(0, `hsla(${hue}, 80%, 70%, 1)`);
          gradient.addColorStop(1, `hsla(${hue}, 80%, 50%, 0)`);
          context.fillStyle = gradient;
          context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
        }
      },
    };
  },
};
