import sharp, { type OverlayOptions } from 'sharp';
import { HEIGHT, WIDTH } from './backdrop';
import { infoBar } from './info-bar';
import { seededRandom } from './random';
import type { Figure, Scene } from './scenes';
import type { SubjectName } from './subjects';

/** Renders one picture as a camera would have written it: JPEG with date, maker and model in its EXIF. */
export async function renderScene(
  scene: Scene,
  backdrop: Buffer,
  subjects: Readonly<Record<SubjectName, Buffer>>,
): Promise<Buffer> {
  const layers: OverlayOptions[] = [];
  for (const figure of scene.figures) layers.push(...(await figureLayers(figure, subjects[figure.subject])));
  const composed = await sharp(backdrop).composite(layers).removeAlpha().png({ compressionLevel: 1 }).toBuffer();
  const seed = scene.takenAt.getTime() % 2 ** 31;
  const lit = scene.night ? await atNight(composed, scene, seed) : await byDay(composed, scene, seed);
  return sharp(lit)
    .composite([{ input: infoBar(scene) }])
    .withExif({
      // libvips counts the EXIF block as IFD2.
      IFD0: { Make: 'PUGMARK', Model: 'DEMO TRAIL CAMERA' },
      IFD2: { DateTimeOriginal: exifTime(scene.takenAt) },
    })
    .jpeg({ quality: 86 })
    .toBuffer();
}

/** Formats a time as EXIF does, without a time zone: `2025:09:14 07:03:00`. */
export function exifTime(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');
}

async function figureLayers(figure: Figure, subject: Buffer): Promise<readonly OverlayOptions[]> {
  const height = Math.round(figure.height * HEIGHT);
  const { data, info } = await sharp(subject)
    .resize({ height })
    .modulate({ brightness: 0.86, saturation: 0.85 })
    .png()
    .toBuffer({ resolveWithObject: true });
  const left = Math.max(0, Math.min(WIDTH - info.width, Math.round(figure.x * WIDTH - info.width / 2)));
  const top = Math.max(0, Math.min(HEIGHT - height, Math.round(figure.y * HEIGHT) - height));
  const ellipse =
    `<ellipse cx="${left + info.width / 2}" cy="${top + height * 0.97}" ` +
    `rx="${info.width * 0.55}" ry="${height * 0.045}" fill="#000" opacity="0.55"/>`;
  const shadow = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${ellipse}</svg>`;
  return [{ input: await sharp(Buffer.from(shadow)).blur(9).png().toBuffer() }, { input: data, left, top }];
}

async function byDay(image: Buffer, scene: Scene, seed: number): Promise<Buffer> {
  return sharp(image)
    .modulate({ brightness: scene.brightness })
    .composite([{ input: grain(seed, 7), raw: { width: WIDTH, height: HEIGHT, channels: 4 } }])
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** Simulates an infrared flash: no colour, bright near the middle, dark at the edges and far away, coarse grain. */
async function atNight(image: Buffer, scene: Scene, seed: number): Promise<Buffer> {
  const flash = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><defs>
    <radialGradient id="flash" cx="0.5" cy="0.68" r="0.75">
      <stop offset="0" stop-color="#fff"/><stop offset="0.55" stop-color="#999"/><stop offset="1" stop-color="#1c1c1c"/>
    </radialGradient>
    </defs><rect width="${WIDTH}" height="${HEIGHT}" fill="url(#flash)"/></svg>`;
  const grey = await sharp(image)
    .grayscale()
    .toColourspace('srgb')
    .linear(scene.brightness * 1.15, 6)
    .png({ compressionLevel: 1 })
    .toBuffer();
  return sharp(grey)
    .composite([
      { input: Buffer.from(flash), blend: 'multiply' },
      { input: grain(seed, 14), raw: { width: WIDTH, height: HEIGHT, channels: 4 } },
    ])
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** Faint black and white specks, as sensor noise. Opacity at most `strength` of 255. */
function grain(seed: number, strength: number): Buffer {
  const random = seededRandom(seed);
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 4);
  for (let at = 0; at < pixels.length; at += 4) {
    const value = random();
    pixels.fill(value < 0.5 ? 0 : 255, at, at + 3);
    pixels[at + 3] = Math.abs(value - 0.5) * 2 * strength;
  }
  return pixels;
}
