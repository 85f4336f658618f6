// Clouds on a machine that has too much to do: few frames, at irregular times, with much movement between them.
import sketch from '/sketches/clouds.js';

export default { ...sketch, rate: 6, waver: 1.2 };
