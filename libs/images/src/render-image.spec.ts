import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { renderImage, type RenderOptions } from './render-image';
import { fileWriter, flat, orientedJpeg, texture } from './test-images';

const PLAIN: RenderOptions = { longestSide: 320, boxes: [], boxesToBlur: [], pixelLimit: 10_000_000 };

describe('renderImage', () => {
  let folder: string;
  let file: ReturnType<typeof fileWriter>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pugmark-render-'));
    file = fileWriter(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function pixels(
    jpeg: Buffer,
  ): Promise<{ at: (x: number, y: number) => number[]; width: number; height: number }> {
    const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
    return {
      at: (x, y) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)],
      width: info.width,
      height: info.height,
    };
  }

  it.each([
    [1920, 1080, 320, 180],
    [1080, 1920, 180, 320],
    [100, 50, 100, 50],
  ])('fits %d × %d pixels into %d × %d', async (width, height, shownWidth, shownHeight) => {
    const path = await file('plain.png', await flat(10, 200, 30, width, height).png().toBuffer());
    const shown = await pixels(await renderImage(path, PLAIN));
    expect([shown.width, shown.height]).toEqual([shownWidth, shownHeight]);
    expect(shown.at(20, 20)).toEqual([expect.closeTo(10, -1), expect.closeTo(200, -1), expect.closeTo(30, -1)]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'rotates an image of orientation %d upright and removes its metadata',
    async (orientation) => {
      const jpeg = await renderImage(await file('turned.jpg', await orientedJpeg(orientation)), PLAIN);
      const shown = await pixels(jpeg);
      expect([shown.width, shown.height]).toEqual([120, 80]);
      expect(shown.at(20, 20)[0]).toBeGreaterThan(200);
      expect(shown.at(100, 60)[2]).toBeGreaterThan(200);
      expect((await sharp(jpeg).metadata()).exif).toBeUndefined();
    },
  );

  it('draws frames around boxes', async () => {
    const path = await file('grey.png', await flat(128, 128, 128, 320, 200).png().toBuffer());
    const shown = await pixels(
      await renderImage(path, {
        ...PLAIN,
        boxes: [{ box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 }, category: 'person' }],
      }),
    );
    // #56b4e9 on the left edge, grey inside and outside.
    expect(shown.at(80, 100)[2]).toBeGreaterThan(180);
    expect(shown.at(160, 100)).toEqual([128, 128, 128].map((value) => expect.closeTo(value, -1)));
    expect(shown.at(40, 100)).toEqual([128, 128, 128].map((value) => expect.closeTo(value, -1)));
  });

  it('makes the content of a blurred box unrecognisable, and nothing else', async () => {
    const path = await file('texture.png', await texture(320, 200).png().toBuffer());
    const [plain, blurred] = await Promise.all(
      [
        renderImage(path, PLAIN),
        renderImage(path, { ...PLAIN, boxesToBlur: [{ x: 0.1, y: 0.2, width: 0.3, height: 0.6 }] }),
      ].map(async (jpeg) => pixels(await jpeg)),
    );
    const roughness = (shown: typeof plain, from: number, to: number): number => {
      let sum = 0;
      for (let x = from; x < to; x++) sum += Math.abs(shown!.at(x + 1, 100)[0]! - shown!.at(x, 100)[0]!);
      return sum / (to - from);
    };
    expect(roughness(plain, 34, 126)).toBeGreaterThan(8);
    expect(roughness(blurred, 34, 126)).toBeLessThan(2);
    expect(roughness(blurred, 200, 300)).toBeCloseTo(roughness(plain, 200, 300));
  });

  it('blurs a box that is smaller than a pixel or at the edge', async () => {
    const path = await file('small.png', await texture(320, 200).png().toBuffer());
    const blurred = [
      { x: 0.999, y: 0.999, width: 0.001, height: 0.001 },
      { x: 0, y: 0, width: 1, height: 1 },
    ];
    expect((await renderImage(path, { ...PLAIN, boxesToBlur: blurred })).length).toBeGreaterThan(100);
  });

  it('renders the readable part of a truncated image', async () => {
    const whole = await texture(640, 400).jpeg().toBuffer();
    const shown = await pixels(await renderImage(await file('cut.jpg', whole.subarray(0, whole.length / 2)), PLAIN));
    expect([shown.width, shown.height]).toEqual([320, 200]);
  });

  it('refuses images that are too large, files that are not images, and missing files', async () => {
    const path = await file('large.png', await flat(0, 0, 0, 400, 400).png().toBuffer());
    await expect(renderImage(path, { ...PLAIN, pixelLimit: 100_000 })).rejects.toMatchObject({
      code: 'too_many_pixels',
    });
    await expect(
      renderImage(await file('text.jpg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')), PLAIN),
    ).rejects.toMatchObject({ code: 'unsupported_format' });
    await expect(renderImage(join(folder, 'missing.jpg'), PLAIN)).rejects.toMatchObject({ code: 'file_missing' });
  });
});
