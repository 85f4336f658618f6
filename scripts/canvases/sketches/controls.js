// Controls as an interface has them: round corners, sliders, a pointer, labels, all of it anti-aliased.
import { plain } from '/recorder.js';

export default {
  size: [320, 240], rate: 60, frames: 60,
  start(width, height) {
    const { canvas, context } = plain(width, height);
    const box = (x, y, w, h, radius, color) => {
      context.fillStyle = color;
      context.beginPath();
      context.roundRect(x, y, w, h, radius);
      context.fill();
    };
    return {
      canvas,
      draw(time) {
        context.fillStyle = '#e9edf2';
        context.fillRect(0, 0, width, height);
        box(16, 16, 288, 208, 12, '#ffffff');
        context.font = '14px sans-serif';
        ['tempo', 'pitch', 'echo', 'drive'].forEach((label, i) => {
          const value = 0.5 + 0.45 * Math.sin(time * (1 + i * 0.6) + i);
          const y = 48 + i * 34;
          context.fillStyle = '#333a45';
          context.fillText(label, 32, y + 5);
          box(96, y - 3, 180, 6, 3, '#d4dae2');
          box(96, y - 3, 180 * value, 6, 3, '#3a7bd5');
          context.fillStyle = '#ffffff';
          context.strokeStyle = '#3a7bd5';
          context.lineWidth = 2;
          context.beginPath();
          context.arc(96 + 180 * value, y, 8, 0, 7);
          context.fill();
          context.stroke();
        });
        const pressed = time % 0.6 < 0.15;
        box(32, 180, 90, 30, 15, pressed ? '#2a5ba5' : '#3a7bd5');
        context.fillStyle = '#ffffff';
        context.fillText('play', 64, 200);
        const [x, y] = [200 + 70 * Math.cos(time * 2), 160 + 40 * Math.sin(time * 2.6)];
        context.fillStyle = '#000000';
        context.beginPath();
        context.moveTo(x, y);
        context.lineTo(x + 11, y + 11);
        context.lineTo(x + 4, y + 12);
        context.lineTo(x, y + 17);
        context.fill();
      },
    };
  },
};
