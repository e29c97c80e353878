import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ModelInput } from '@pugmark/domain';
import { configureImages } from './configure-images';
import { decodeCropsForModel } from './decode-crops-for-model';
import { fileWriter, orientedJpeg } from './test-images';

const TO_MODEL = { width: 16, height: 16, resize: 'stretch', pixelLimit: 10_000_000 } as const;
let folder: string;
let file: ReturnType<typeof fileWriter>;

beforeAll(async () => {
  configureImages();
  folder = await mkdtemp(join(tmpdir(), 'pugmark-crops-'));
  file = fileWriter(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function pixel({ rgb, width }: ModelInput, x: number, y: number): number[] {
  return [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

function expectNear(found: readonly number[], expected: readonly number[], tolerance = 12): void {
  expect(found.every((value, index) => Math.abs(value - expected[index]!) <= tolerance) || { found, expected }).toBe(
    true,
  );
}

/** Four fields of one colour each, 400 × 200 pixels in total. */
async function fields(): Promise<string> {
  const field = (r: number, g: number, b: number) =>
    sharp({ create: { width: 200, height: 100, channels: 3, background: { r, g, b } } })
      .png()
      .toBuffer();
  const [red, green, blue, grey] = await Promise.all([
    field(255, 0, 0),
    field(0, 255, 0),
    field(0, 0, 255),
    field(128, 128, 128),
  ]);
  const image = sharp({ create: { width: 400, height: 200, channels: 3, background: 'black' } }).composite([
    { input: red!, left: 0, top: 0 },
    { input: green!, left: 200, top: 0 },
    { input: blue!, left: 0, top: 100 },
    { input: grey!, left: 200, top: 100 },
  ]);
  return file('fields.png', await image.png().toBuffer());
}

describe('decodeCropsForModel', () => {
  it('cuts the crops from the upright image, in order', async () => {
    const { inputs, imageWidth, imageHeight, warning } = await decodeCropsForModel(
      await fields(),
      [
        { x: 0.5, y: 0, width: 0.5, height: 0.5 },
        { x: 0, y: 0.5, width: 0.5, height: 0.5 },
        { x: 0, y: 0, width: 1, height: 0.5 },
      ],
      TO_MODEL,
    );
    expect({ imageWidth, imageHeight, warning }).toEqual({ imageWidth: 400, imageHeight: 200, warning: null });
    expectNear(pixel(inputs[0]!, 8, 8), [0, 255, 0]);
    expectNear(pixel(inputs[1]!, 8, 8), [0, 0, 255]);
    expectNear(pixel(inputs[2]!, 2, 8), [255, 0, 0]);
    expectNear(pixel(inputs[2]!, 13, 8), [0, 255, 0]);
  });

  it('keeps the aspect ratio of the crop and pads, for a letterbox model', async () => {
    const { inputs } = await decodeCropsForModel(await fields(), [{ x: 0, y: 0, width: 0.5, height: 0.5 }], {
      ...TO_MODEL,
      resize: 'letterbox',
    });
    expect(inputs[0]!.placement).toEqual({ left: 0, top: 4, width: 16, height: 8 });
    expectNear(pixel(inputs[0]!, 8, 1), [0, 0, 0]);
    expectNear(pixel(inputs[0]!, 8, 8), [255, 0, 0]);
  });

  it.each([1, 3, 6, 8])('rotates the image before cutting (EXIF orientation %d)', async (orientation) => {
    const path = await file(`turned-${orientation}.jpg`, await orientedJpeg(orientation));
    const { inputs } = await decodeCropsForModel(
      path,
      [
        { x: 0, y: 0, width: 0.45, height: 0.45 },
        { x: 0.55, y: 0.55, width: 0.4, height: 0.4 },
      ],
      TO_MODEL,
    );
    expectNear(pixel(inputs[0]!, 8, 8), [255, 0, 0], 40);
    expectNear(pixel(inputs[1]!, 8, 8), [0, 0, 255], 40);
  });

  it('takes at least one pixel, and none beyond the edge', async () => {
    const { inputs } = await decodeCropsForModel(
      await fields(),
      [
        { x: 0.999999, y: 0.999999, width: 0.0000001, height: 0.0000001 },
        { x: 0.75, y: 0.75, width: 0.25, height: 0.25 },
      ],
      TO_MODEL,
    );
    expectNear(pixel(inputs[0]!, 8, 8), [128, 128, 128]);
    expectNear(pixel(inputs[1]!, 15, 15), [128, 128, 128]);
  });

  it('is exact for a small crop of a large image, which is decoded no larger than necessary', async () => {
    // One white pixel per 1,600, in the middle of a field of 40 × 40 that is cut out.
    const pixels = Buffer.alloc(2_000 * 1_000 * 3);
    for (let y = 480; y < 520; y += 1)
      for (let x = 980; x < 1_020; x += 1) pixels.set([255, 255, 255], (y * 2_000 + x) * 3);
    const path = await file(
      'large.png',
      await sharp(pixels, { raw: { width: 2_000, height: 1_000, channels: 3 } })
        .png()
        .toBuffer(),
    );
    const { inputs } = await decodeCropsForModel(path, [{ x: 0.48, y: 0.46, width: 0.04, height: 0.08 }], TO_MODEL);
    // 80 × 80 pixels, the white ones in its middle half.
    expectNear(pixel(inputs[0]!, 8, 8), [255, 255, 255]);
    expectNear(pixel(inputs[0]!, 1, 1), [0, 0, 0]);
    expectNear(pixel(inputs[0]!, 14, 14), [0, 0, 0]);
  });

  it('reports a damaged file as decodeForModel does', async () => {
    const path = await file('text.jpg', Buffer.from('not an image'));
    await expect(decodeCropsForModel(path, [{ x: 0, y: 0, width: 1, height: 1 }], TO_MODEL)).rejects.toMatchObject({
      code: 'not_an_image',
    });
  });
});
