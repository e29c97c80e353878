import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { readCameraMetadata } from './camera-metadata';
import { configureImages } from './configure-images';
import { flat } from './test-images';
import { readTiffExif } from './tiff-exif';

describe('readTiffExif', () => {
  let folder: string;
  beforeAll(async () => {
    configureImages();
    folder = await mkdtemp(join(tmpdir(), 'pugmark-tiff-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function exifOf(path: string): Promise<Buffer | null> {
    const file = await open(path);
    try {
      return await readTiffExif(file);
    } finally {
      await file.close();
    }
  }

  it('reads what the whole file holds', async () => {
    const path = join(folder, 'exif.tif');
    const exif = {
      IFD0: { Make: 'RECONYX', Model: 'HC550 HYPERFIRE' },
      IFD2: { DateTimeOriginal: '2015:11:30 15:55:56', BodySerialNumber: 'H500HG1' },
      IFD3: {
        GPSLatitudeRef: 'S',
        GPSLatitude: '24/1 59/1 4422/100',
        GPSLongitudeRef: 'E',
        GPSLongitude: '31/1 35/1 1234/100',
      },
    };
    // The EXIF block of a JPEG is a TIFF file without an image, behind a mark of six bytes (EXIF 2.32, section 4.7.2).
    const { exif: block } = await sharp(await flat(1, 2, 3).withExif(exif).jpeg().toBuffer()).metadata();
    await writeFile(path, block!.subarray(6));
    const whole = readCameraMetadata(await readFile(path));
    expect(whole).toMatchObject({
      cameraMake: 'RECONYX',
      capturedLocal: '2015-11-30T15:55:56',
      gps: { latitude: expect.closeTo(-24.9956) },
    });
    expect(readCameraMetadata((await exifOf(path))!)).toEqual(whole);
    // However large the file is.
    await truncate(path, 4 * 2 ** 30);
    const begin = performance.now();
    const part = await exifOf(path);
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(part!.length).toBeLessThan(10_000);
    expect(readCameraMetadata(part!)).toEqual(whole);
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['another file', Buffer.from('GIF89a..........')],
    ['a directory outside the file', Buffer.from([0x49, 0x49, 42, 0, 0xff, 0xff, 0xff, 0x7f])],
    [
      'a directory that contains itself',
      Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0]),
    ],
  ])('returns no metadata for %s', async (_what, content) => {
    const path = join(folder, 'other');
    await writeFile(path, content);
    expect(readCameraMetadata((await exifOf(path)) ?? undefined)).toMatchObject({
      cameraMake: null,
      capturedLocal: null,
    });
  });
});
