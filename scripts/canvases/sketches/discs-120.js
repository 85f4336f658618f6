// The discs on a display of 120 Hz.
import sketch from '/sketches/discs.js';

export default { ...sketch, rate: 120, frames: 96 };
