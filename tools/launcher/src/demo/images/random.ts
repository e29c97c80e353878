/**
 * Creates a small seeded generator (mulberry32, public domain) of values in [0, 1): the same seed gives the same
 * pictures everywhere.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Smooth noise in [0, 1] over the plane: random values on a grid, with smooth interpolation. */
export function valueNoise(seed: number): (x: number, y: number) => number {
  const random = seededRandom(seed);
  const grid = Float32Array.from({ length: 256 * 256 }, random);
  const at = (x: number, y: number): number => grid[((y & 255) << 8) | (x & 255)] ?? 0;
  return (x, y) => {
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const u = ease(x - x0);
    const v = ease(y - y0);
    const top = at(x0, y0) * (1 - u) + at(x0 + 1, y0) * u;
    const bottom = at(x0, y0 + 1) * (1 - u) + at(x0 + 1, y0 + 1) * u;
    return top * (1 - v) + bottom * v;
  };
}

/** Sums noise of several sizes, like leaves on twigs on branches. In [0, 1]. */
export function layeredNoise(seed: number, layers: number): (x: number, y: number) => number {
  const noise = valueNoise(seed);
  return (x, y) => {
    let sum = 0;
    let weight = 0;
    for (let layer = 0; layer < layers; layer += 1) {
      const size = 2 ** layer;
      const share = 0.62 ** layer;
      sum += noise(x * size + layer * 17.3, y * size + layer * 9.1) * share;
      weight += share;
    }
    return sum / weight;
  };
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
