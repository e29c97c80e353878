import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { PermanentError, RetryableError } from '@pugmark/domain';
import { readImageHeader } from './read-image-header';
import { fileWriter, flat, orientedJpeg, texture } from './test-images';

const LIMIT = { pixelLimit: 1_000_000 };
const NOTHING_KNOWN = { capturedLocal: null, cameraMake: null, cameraModel: null, cameraSerial: null, gps: null };
let folder: string;
let file: ReturnType<typeof fileWriter>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pugmark-header-'));
  file = fileWriter(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Tags = Parameters<ReturnType<typeof flat>['withExif']>[0];
async function headerWith(exif: Tags) {
  return readImageHeader(await file('exif.jpg', await flat(1, 2, 3).withExif(exif).jpeg().toBuffer()), LIMIT);
}

describe('format and size', () => {
  it.each(['jpeg', 'png', 'webp', 'tiff'] as const)(
    'detects a %s by its content, whatever its name',
    async (format) => {
      const path = await file('misnamed.txt', await flat(1, 2, 3).toFormat(format).toBuffer());
      expect(await readImageHeader(path, LIMIT)).toEqual({
        format,
        width: 64,
        height: 48,
        orientation: 1,
        ...NOTHING_KNOWN,
      });
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('returns the size of the upright image for orientation %i', async (orientation) => {
    const path = await file(`o${orientation}.jpg`, await orientedJpeg(orientation));
    expect(await readImageHeader(path, LIMIT)).toMatchObject({ width: 120, height: 80, orientation });
  });

  it('reads the header of a truncated image', async () => {
    const content = await texture(400, 300).jpeg().toBuffer();
    const path = await file('cut.jpg', content.subarray(0, content.length / 3));
    expect(await readImageHeader(path, LIMIT)).toMatchObject({ format: 'jpeg', width: 400, height: 300 });
  });
});

describe('camera metadata', () => {
  it('includes time, camera and position', async () => {
    const header = await headerWith({
      IFD0: { Make: 'RECONYX', Model: 'HC550 HYPERFIRE    ' },
      IFD2: {
        DateTimeOriginal: '2015:11:30 15:55:56',
        DateTimeDigitized: '2016:01:01 00:00:00',
        BodySerialNumber: 'H500\u0001HG1',
      },
      IFD3: {
        GPSLatitudeRef: 'S',
        GPSLatitude: '51/1 30/1 3230/100',
        GPSLongitudeRef: 'E',
        GPSLongitude: '179/1 30/1 0/1',
      },
    });
    expect(header).toMatchObject({
      capturedLocal: '2015-11-30T15:55:56',
      cameraMake: 'RECONYX',
      cameraModel: 'HC550 HYPERFIRE',
      cameraSerial: 'H500 HG1',
    });
    expect(header.gps?.latitude).toBeCloseTo(-51.508972, 5);
    expect(header.gps?.longitude).toBeCloseTo(179.5, 5);
  });

  it('takes the time of digitisation if there is no original one, and never the time of the last change', async () => {
    expect(await headerWith({ IFD2: { DateTimeDigitized: '2016:01:01 00:00:00' } })).toMatchObject({
      capturedLocal: '2016-01-01T00:00:00',
    });
    expect(await headerWith({ IFD0: { DateTime: '2016:01:01 00:00:00' } })).toMatchObject({ capturedLocal: null });
  });

  it.each([
    '0000:00:00 00:00:00',
    '    :  :     :  :  ',
    '2023:02:31 10:00:00',
    '2023:01:01 25:00:00',
    '0001:01:01 00:00:00',
    'yesterday',
  ])('has no time for %p', async (text) => {
    expect(await headerWith({ IFD2: { DateTimeOriginal: text } })).toMatchObject({ capturedLocal: null });
  });

  it.each([
    [
      'a latitude over 90',
      { GPSLatitudeRef: 'N', GPSLatitude: '91/1 0/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '10/1 0/1 0/1' },
    ],
    ['no hemisphere', { GPSLatitude: '51/1 0/1 0/1', GPSLongitude: '10/1 0/1 0/1' }],
    [
      'no fix: all zeros',
      { GPSLatitudeRef: 'N', GPSLatitude: '0/1 0/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '0/1 0/1 0/1' },
    ],
    [
      'a division by zero',
      { GPSLatitudeRef: 'N', GPSLatitude: '51/0 0/0 0/0', GPSLongitudeRef: 'E', GPSLongitude: '10/1 0/1 0/1' },
    ],
  ])('has no position for %s', async (_name, tags) => {
    expect(await headerWith({ IFD3: tags })).toMatchObject({ gps: null });
  });

  it('ignores a damaged EXIF block', async () => {
    const content = await flat(1, 2, 3)
      .withExif({ IFD0: { Make: 'ACME' }, IFD2: { DateTimeOriginal: '2016:01:01 00:00:00' } })
      .jpeg()
      .toBuffer();
    const block = content.indexOf('Exif\0\0', 0, 'latin1') + 6;
    for (const [from, to] of [
      [0, 8],
      [4, 8],
      [8, 60],
      [20, 140],
    ] as const) {
      const damaged = Buffer.from(content).fill(0xee, block + from, block + to);
      expect(await readImageHeader(await file('damaged.jpg', damaged), LIMIT)).toMatchObject({
        width: 64,
        height: 48,
        orientation: 1,
      });
    }
  });
});

describe('files that are refused', () => {
  it.each([
    ['an empty file', Buffer.alloc(0), 'empty_file'],
    ['text', Buffer.from('Thumbs of yesterday'), 'not_an_image'],
    ['only the first bytes of a JPEG', Buffer.from('ffd8ffe000104a46494600', 'hex'), 'not_an_image'],
    ['an AVI video', Buffer.from('RIFF\0\0\0\0AVI LIST', 'latin1'), 'unsupported_format'],
    ['an MP4 video', Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), 'unsupported_format'],
    ['an iPhone image', Buffer.from('\0\0\0\x18ftypheic', 'latin1'), 'unsupported_format'],
    ['a GIF', Buffer.from('GIF89a', 'latin1'), 'unsupported_format'],
    ['an SVG drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'unsupported_format'],
  ])('%s', async (_name, content, code) => {
    const refused = readImageHeader(await file('bad.jpg', content), LIMIT);
    await expect(refused).rejects.toBeInstanceOf(PermanentError);
    await expect(refused).rejects.toMatchObject({ code });
  });

  it('an image over the pixel limit, with its size', async () => {
    const path = await file('big.png', await flat(0, 0, 0, 2000, 1000).png().toBuffer());
    await expect(readImageHeader(path, LIMIT)).rejects.toMatchObject({
      code: 'too_many_pixels',
      message: expect.stringContaining('2000 × 1000 = 2000000 pixels, the limit is 1000000'),
    });
  });

  it('a missing file, and a path below a file', async () => {
    await expect(readImageHeader(join(folder, 'missing.jpg'), LIMIT)).rejects.toMatchObject({ code: 'file_missing' });
    const path = await file('plain.jpg', Buffer.from('x'));
    await expect(readImageHeader(join(path, 'x.jpg'), LIMIT)).rejects.toMatchObject({ code: 'file_missing' });
  });

  it('a folder, and a named pipe without a writer', async () => {
    await expect(readImageHeader(folder, LIMIT)).rejects.toMatchObject({ code: 'file_unreadable' });
    const pipe = join(folder, 'pipe.jpg');
    execFileSync('mkfifo', [pipe]);
    await expect(readImageHeader(pipe, LIMIT)).rejects.toMatchObject({ code: 'file_unreadable' });
  });

  it('a link to itself', async () => {
    const loop = join(folder, 'loop.jpg');
    await symlink(loop, loop);
    await expect(readImageHeader(loop, LIMIT)).rejects.toMatchObject({ code: 'file_unreadable' });
  });

  it('a disk error, as retryable', async () => {
    const failed = readImageHeader('/proc/self/mem', LIMIT);
    await expect(failed).rejects.toBeInstanceOf(RetryableError);
    await expect(failed).rejects.toMatchObject({ code: 'io_error' });
  });
});
