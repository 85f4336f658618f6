// What a camera would see: a soft scene under a hand that trembles, with the noise of a sensor in every frame.
import { plain } from '/recorder.js';

export default {
  size: [240, 160], rate: 30, frames: 45,
  start(width, height) {
    const { canvas, context } = plain(width, height, { willReadFrequently: true });
    const bell = () => (Math.random() + Math.random() + Math.random() + Math.random() - 2) * 1.7;
    return {
      canvas,
      draw(time) {
        const [dx, dy] = [4 * Math.sin(time * 3.1) + 12 * time, 3 * Math.sin(time * 4.3)];
        const sky = context.createLinearGradient(0, 0, 0, height);
        sky.addColorStop(0, '#7a93b8');
        sky.addColorStop(0.6, '#d8c8b0');
        sky.addColorStop(1, '#5d5040');
        context.filter = 'none';
        context.fillStyle = sky;
        context.fillRect(0, 0, width, height);
        context.filter = 'blur(0.8px)';
        for (let i = 0; i < 12; i++) {
          context.fillStyle = `hsl(${i * 31}, 25%, ${25 + i % 5 * 9}%)`;
          context.fillRect(i * 34 - dx - 20, 60 + i * 37 % 40 + dy, 26, 120);
          context.fillStyle = `hsl(${i * 47}, 45%, 60%)`;
          context.beginPath();
          context.arc(i * 41 - dx, 130 + dy + i * 13 % 20, 9, 0, 7);
          context.fill();
        }
        const image = context.getImageData(0, 0, width, height);
        for (let i = 0; i < image.data.length; i += 4) {
          const luma = 5 * bell();
          for (let c = 0; c < 3; c++) image.data[i + c] += luma + 2 * bell();
        }
        context.putImageData(image, 0, 0);
      },
    };
  },
};
