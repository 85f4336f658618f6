// Chance that repeats: sketches and libraries draw from here, and every recording has the same pictures.
{
  let state = 0x7e1ec1;
  // mulberry32, by Tommy Ettinger (public domain).
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
