import sharp from 'sharp';
import { layeredNoise, seededRandom, valueNoise } from './random';

export const WIDTH = 1280;
export const HEIGHT = 960;
/** The line between ground and trees, as a fraction of the height from the top. */
export const HORIZON = 0.46;

type Rgb = readonly [red: number, green: number, blue: number];

export interface Place {
  readonly seed: number;
  readonly leafDark: Rgb;
  readonly leafLight: Rgb;
  readonly groundDark: Rgb;
  readonly groundLight: Rgb;
  readonly trunks: number;
}

interface Trunk {
  readonly x: number;
  readonly width: number;
  readonly foot: number;
  readonly lean: number;
}

const SKY: Rgb = [206, 214, 216];
const BARK: Rgb = [74, 64, 54];

/**
 * Renders the empty view of one camera: trees, some sky between them, trunks, and ground. Cameras do not move, so each
 * has one.
 */
export async function renderBackdrop(place: Place): Promise<Buffer> {
  const leaves = layeredNoise(place.seed, 6);
  const clumps = layeredNoise(place.seed + 1, 3);
  const blades = valueNoise(place.seed + 2);
  const patches = layeredNoise(place.seed + 3, 4);
  const trunks = plantTrunks(place);
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let row = 0; row < HEIGHT; row += 1) {
    for (let column = 0; column < WIDTH; column += 1) {
      const x = column / WIDTH;
      const y = row / HEIGHT;
      const edge = HORIZON + (clumps(x * 9 + 40, 3) - 0.5) * 0.09;
      const colour = y < edge ? treesAt(place, leaves, clumps, x, y) : groundAt(place, blades, patches, x, y, edge);
      const trunk = trunks.find(
        (each) => y < each.foot && Math.abs(x - each.x - each.lean * (each.foot - y)) < each.width / 2,
      );
      const seen = trunk ? barkAt(trunk, leaves, x, y) : colour;
      const at = (row * WIDTH + column) * 3;
      for (let channel = 0; channel < 3; channel += 1)
        pixels[at + channel] = Math.max(0, Math.min(255, seen[channel as 0 | 1 | 2]));
    }
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .blur(0.8)
    .png({ compressionLevel: 2 })
    .toBuffer();
}

type Noise = (x: number, y: number) => number;

function treesAt(place: Place, leaves: Noise, clumps: Noise, x: number, y: number): Rgb {
  const clump = clumps(x * 7, y * 9);
  const leaf = leaves(x * 26, y * 24);
  const light = Math.max(0, Math.min(1, (leaf - 0.28) * 1.7 * (0.45 + clump)));
  // The sky shows through where the crown is thin, more of it higher up.
  const gap = leaves(x * 9 + 50, y * 8) + (0.3 - y) * 0.5;
  const sky = Math.max(0, Math.min(1, (gap - 0.68) * 7));
  return mix(mix(place.leafDark, place.leafLight, light), SKY, sky);
}

function groundAt(place: Place, blades: Noise, patches: Noise, x: number, y: number, edge: number): Rgb {
  const depth = (y - edge) / (1 - edge);
  // Blades of grass are larger near the camera and blur together far away.
  const size = 1 / (0.18 + depth);
  const blade = blades(x * 150 * size, y * 38 * size) * 0.6 + blades(x * 330 * size, y * 70 * size) * 0.4;
  const patch = patches(x * 5, y * 14);
  const light = Math.max(0, Math.min(1, blade * 0.75 + patch * 0.8 - 0.32 + depth * 0.1));
  const shade = Math.min(1, 0.5 + depth * 2.2);
  return scale(mix(place.groundDark, place.groundLight, light), shade);
}

function barkAt(trunk: Trunk, noise: Noise, x: number, y: number): Rgb {
  const across = (x - trunk.x - trunk.lean * (trunk.foot - y)) / trunk.width;
  const ridge = noise(x * 130, y * 16);
  return scale(BARK, (0.55 + ridge * 0.9) * (1 - Math.abs(across - 0.15) * 0.9));
}

function plantTrunks({ seed, trunks }: Place): readonly Trunk[] {
  const random = seededRandom(seed + 9);
  return Array.from({ length: trunks }, (_, index) => ({
    x: (index + 0.2 + random() * 0.6) / trunks,
    width: 0.012 + random() * 0.03,
    foot: HORIZON + 0.01 + random() * 0.09,
    lean: (random() - 0.5) * 0.12,
  })).sort((a, b) => b.foot - a.foot);
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

function scale(colour: Rgb, factor: number): Rgb {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}
