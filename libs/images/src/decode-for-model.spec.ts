import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { PermanentError, RetryableError } from '@pugmark/domain';
import { configureImages } from './configure-images';
import { decodeForModel, type DecodedImage } from './decode-for-model';
import { fileWriter, flat, orientedJpeg, texture } from './test-images';

const TO_MODEL = { width: 64, height: 64, resize: 'letterbox', pixelLimit: 1_000_000 } as const;
let folder: string;
let file: ReturnType<typeof fileWriter>;

beforeAll(async () => {
  configureImages();
  folder = await mkdtemp(join(tmpdir(), 'pugmark-decode-'));
  file = fileWriter(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function pixel(image: DecodedImage, x: number, y: number): number[] {
  return [...image.rgb.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3)];
}

function expectColour(image: DecodedImage, x: number, y: number, expected: readonly number[], tolerance = 3): void {
  const got = pixel(image, x, y);
  expect({ x, y, got, near: got.every((value, index) => Math.abs(value - expected[index]!) <= tolerance) }).toEqual({
    x,
    y,
    got,
    near: true,
  });
}

describe('the geometry', () => {
  it('centres a wide image between black bars and returns its placement', async () => {
    const path = await file('wide.png', await flat(200, 100, 50, 100, 50).png().toBuffer());
    const image = await decodeForModel(path, TO_MODEL);
    expect(image).toMatchObject({
      width: 64,
      height: 64,
      imageWidth: 100,
      imageHeight: 50,
      placement: { left: 0, top: 16, width: 64, height: 32 },
      warning: null,
    });
    expect(image.rgb).toHaveLength(64 * 64 * 3);
    expectColour(image, 32, 15, [0, 0, 0]);
    expectColour(image, 32, 16, [200, 100, 50]);
    expectColour(image, 32, 47, [200, 100, 50]);
    expectColour(image, 32, 48, [0, 0, 0]);
  });

  it('enlarges a small image', async () => {
    const path = await file('tiny.png', await flat(9, 9, 9, 1, 1).png().toBuffer());
    expect(await decodeForModel(path, TO_MODEL)).toMatchObject({
      placement: { left: 0, top: 0, width: 64, height: 64 },
    });
  });

  it('leaves at least one row of an image that is a thousand times as wide as high', async () => {
    const path = await file('strip.png', await flat(250, 250, 250, 2000, 2).png().toBuffer());
    const image = await decodeForModel(path, TO_MODEL);
    expect(image.placement).toEqual({ left: 0, top: 31, width: 64, height: 1 });
    expectColour(image, 10, 31, [250, 250, 250]);
  });

  it('fills the input for a stretching model', async () => {
    const path = await file('stretch.png', await flat(200, 100, 50, 100, 50).png().toBuffer());
    const image = await decodeForModel(path, { ...TO_MODEL, width: 32, resize: 'stretch' });
    expect(image.placement).toEqual({ left: 0, top: 0, width: 32, height: 64 });
    expect(image.rgb).toHaveLength(32 * 64 * 3);
    expectColour(image, 0, 0, [200, 100, 50]);
    expectColour(image, 31, 63, [200, 100, 50]);
  });
});

describe('EXIF orientation', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i gives the upright image', async (orientation) => {
    const path = await file(`o${orientation}.jpg`, await orientedJpeg(orientation));
    const image = await decodeForModel(path, { ...TO_MODEL, width: 60, height: 60 });
    expect(image).toMatchObject({
      imageWidth: 120,
      imageHeight: 80,
      placement: { left: 0, top: 10, width: 60, height: 40 },
    });
    expectColour(image, 5, 15, [254, 0, 0], 8);
    expectColour(image, 55, 15, [0, 0, 254], 8);
    expectColour(image, 5, 45, [0, 0, 254], 8);
    expectColour(image, 55, 45, [0, 0, 254], 8);
  });
});

describe('pixel formats', () => {
  const centre = async (name: string, content: Buffer) => decodeForModel(await file(name, content), TO_MODEL);

  it('converts grey to three equal channels', async () => {
    expectColour(
      await centre('grey.jpg', await flat(90, 90, 90).toColourspace('b-w').jpeg().toBuffer()),
      32,
      32,
      [90, 90, 90],
    );
  });

  it('converts CMYK to RGB', async () => {
    const content = await flat(200, 200, 200).toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(content).metadata()).space).toBe('cmyk');
    expectColour(await centre('cmyk.jpg', content), 32, 32, [200, 200, 200], 15);
  });

  it.each(['png', 'tiff'] as const)('scales a 16 bit %s to 8 bits', async (format) => {
    const pixels = new Uint16Array(64 * 48 * 3);
    for (let index = 0; index < pixels.length; index += 3) pixels.set([65_535, 32_896, 257], index);
    const content = await sharp(pixels, { raw: { width: 64, height: 48, channels: 3 } })
      .toColourspace('rgb16')
      .toFormat(format, { compression: 'none', compressionLevel: 1 })
      .toBuffer();
    expect((await sharp(content).metadata()).depth).toBe('ushort');
    expectColour(await centre(`deep.${format}`, content), 32, 32, [255, 128, 1], 1);
  });

  it('renders transparency on black', async () => {
    const content = await sharp({
      create: { width: 64, height: 48, channels: 4, background: { r: 200, g: 100, b: 0, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    expectColour(await centre('alpha.png', content), 32, 32, [100, 50, 0]);
  });

  it('takes the first page of an animation', async () => {
    const frames = [await flat(250, 0, 0).png().toBuffer(), await flat(0, 250, 0).png().toBuffer()];
    const content = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    expect((await sharp(content).metadata()).pages).toBe(2);
    const image = await centre('moving.webp', content);
    expect(image).toMatchObject({ imageWidth: 64, imageHeight: 48 });
    expectColour(image, 32, 32, [250, 0, 0]);
  });
});

describe('damaged images', () => {
  it('decodes the readable part of a truncated JPEG, with a warning', async () => {
    const whole = await texture(400, 300).jpeg({ quality: 95 }).toBuffer();
    const image = await decodeForModel(await file('cut.jpg', whole.subarray(0, whole.length / 2)), TO_MODEL);
    const original = await decodeForModel(await file('whole.jpg', whole), TO_MODEL);
    expect([image.warning, original.warning]).toEqual(['truncated', null]);
    expect(image).toMatchObject({ imageWidth: 400, imageHeight: 300 });
    // The upper quarter is intact, the lowest row is not.
    expectColour(image, 10, 12, pixel(original, 10, 12));
    expectColour(image, 50, 12, pixel(original, 50, 12));
    expect(pixel(image, 50, 54)).not.toEqual(pixel(original, 50, 54));
  });

  it('warns of a truncated PNG', async () => {
    const whole = await texture(200, 100).png().toBuffer();
    expect((await decodeForModel(await file('cut.png', whole.subarray(0, whole.length / 2)), TO_MODEL)).warning).toBe(
      'truncated',
    );
  });

  it('warns of a JPEG with missing data in its middle', async () => {
    const content = await texture(400, 300).jpeg().toBuffer();
    const middle = Math.floor(content.length / 2);
    content.fill(0xff, middle, middle + 200);
    expect((await decodeForModel(await file('hole.jpg', content), TO_MODEL)).warning).toBe('truncated');
  });

  it('does not warn of stray bytes that affect no pixel', async () => {
    const content = await texture(400, 300).jpeg().toBuffer();
    const stray = Buffer.concat([content.subarray(0, -2), Buffer.from([1, 2, 3, 4]), content.subarray(-2)]);
    expect((await decodeForModel(await file('stray.jpg', stray), TO_MODEL)).warning).toBeNull();
  });

  it.each([
    ['nothing in it', Buffer.alloc(0), 'empty_file'],
    ['text in it', Buffer.from('this is not an image'), 'not_an_image'],
    ['only the first bytes of a JPEG', Buffer.from('ffd8ffe000104a46494600', 'hex'), 'not_an_image'],
  ])('refuses a file with %s', async (_name, content, code) => {
    const refused = decodeForModel(await file('bad.jpg', content), TO_MODEL);
    await expect(refused).rejects.toBeInstanceOf(PermanentError);
    await expect(refused).rejects.toMatchObject({ code });
  });

  it('refuses a decompression bomb without decoding it', async () => {
    const bomb = await flat(0, 0, 0, 12_000, 12_000).png({ compressionLevel: 9 }).toBuffer();
    expect(bomb.length).toBeLessThan(1_000_000);
    const refused = decodeForModel(await file('bomb.png', bomb), { ...TO_MODEL, pixelLimit: 143_999_999 });
    await expect(refused).rejects.toBeInstanceOf(PermanentError);
    await expect(refused).rejects.toMatchObject({
      code: 'too_many_pixels',
      message: expect.stringContaining('144000000 pixels'),
    });
  });

  it('reports a disk error as retryable', async () => {
    // Reading this at offset 0 is an I/O error on every Linux.
    const failed = decodeForModel('/proc/self/mem', TO_MODEL);
    await expect(failed).rejects.toBeInstanceOf(RetryableError);
    await expect(failed).rejects.toMatchObject({ code: 'io_error' });
  });
});
