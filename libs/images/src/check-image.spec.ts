import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkImage } from './check-image';
import { fileWriter, flat, texture } from './test-images';

const LIMIT = { pixelLimit: 1_000_000 };
const PHP = "<?php system($_GET['c']); ?>";
let folder: string;
let file: ReturnType<typeof fileWriter>;
let jpeg: Buffer;
let png: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pugmark-check-'));
  file = fileWriter(folder);
  jpeg = await texture(200, 100).jpeg().toBuffer();
  png = await texture(64, 48).png().toBuffer();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const check = async (content: Buffer) => checkImage(await file('picture', content), LIMIT);
const jpegSegment = (marker: number, text: string): Buffer =>
  Buffer.concat([
    Buffer.from([0xff, marker, (text.length + 2) >> 8, (text.length + 2) & 0xff]),
    Buffer.from(text, 'latin1'),
  ]);
/** Inserts a segment right after the start of the image. */
const withSegment = (marker: number, text: string): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), jpegSegment(marker, text), jpeg.subarray(2)]);
const followedBy = (image: Buffer, ...rest: (string | Buffer)[]): Buffer =>
  Buffer.concat([image, ...rest.map((one) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : one))]);

/**
 * A stored entry and its directory, placed after `before` bytes; with offsets from the start of the archive, or of the
 * file.
 */
function zipAfter(before: number, comment = ''): Buffer {
  const local = Buffer.alloc(31);
  local.write('PK\x03\x04', 'latin1');
  local.writeUInt16LE(1, 26);
  const central = Buffer.alloc(47);
  central.write('PK\x01\x02', 'latin1');
  central.writeUInt16LE(1, 28);
  const end = Buffer.alloc(22 + comment.length);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(before + local.length, 16);
  end.writeUInt16LE(comment.length, 20);
  end.write(comment, 22, 'latin1');
  return Buffer.concat([local, central, end]);
}

describe('images that are accepted', () => {
  it.each(['jpeg', 'png', 'webp', 'tiff'] as const)('a plain %s', async (format) => {
    expect(await check(await texture(64, 48).toFormat(format).toBuffer())).toBe(format);
  });

  it.each([
    ['zeros', () => Buffer.alloc(100_000)],
    ['another image, as for a preview', () => jpeg],
    ["a camera's own data", () => Buffer.from('TRAILCAM\0\x01T=-4C;MOON=3;<bat>85</bat>\xff\xd9\xff\xd9', 'latin1')],
    ['the signature of a ZIP without a directory', () => Buffer.from(`PK\x05\x06${'\0'.repeat(18)}`, 'latin1')],
  ])('a JPEG with %s after its end', async (_what, rest) => {
    expect(await check(followedBy(jpeg, rest()))).toBe('jpeg');
  });

  it('a JPEG with a comment, EXIF, XMP, and a progressive one', async () => {
    expect(await check(withSegment(0xfe, 'shot by <John Smith> at 5 < 6'))).toBe('jpeg');
    expect(
      await check(
        withSegment(
          0xe1,
          'http://ns.adobe.com/xap/1.0/\0<?xpacket begin="" id="W5M0"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta><?xpacket end="w"?>',
        ),
      ),
    ).toBe('jpeg');
    expect(
      await check(
        await texture(64, 48)
          .withExif({ IFD0: { Make: 'RECONYX' } })
          .jpeg({ progressive: true })
          .toBuffer(),
      ),
    ).toBe('jpeg');
  });

  it('a truncated JPEG, wherever its header is complete', async () => {
    for (const part of [0.4, 0.6, 0.9, 0.999])
      expect(await check(jpeg.subarray(0, Math.floor(jpeg.length * part)))).toBe('jpeg');
  });

  it('one with garbage between its segments', async () => {
    expect(
      await check(
        Buffer.concat([jpeg.subarray(0, 2), jpegSegment(0xfe, 'x'), Buffer.from([0xff, 0xff]), jpeg.subarray(3)]),
      ),
    ).toBe('jpeg');
  });
});

describe('a file that is an image and something else', () => {
  it.each([
    ['a PHP comment', () => withSegment(0xfe, PHP)],
    ['a short PHP tag in a comment', () => withSegment(0xfe, '<?=`$_GET[0]`?>')],
    ['a script in EXIF', () => withSegment(0xe1, `Exif\0\0${'x'.repeat(30_000)}<script>alert(1)</script>`)],
    ['a web page after the end', () => followedBy(jpeg, '\r\n<HTML><body onload=alert(1)>')],
    ['PHP after the end, and another end after that', () => followedBy(jpeg, PHP, '\xff\xd9')],
    ['PHP after a megabyte', () => followedBy(jpeg, Buffer.alloc(1_200_000, 0x20), PHP)],
    ['PHP across two chunks', () => followedBy(jpeg, Buffer.alloc(256 * 1024 - (jpeg.length - 2) - 5, 0x20), PHP)],
    ['a PDF', () => withSegment(0xfe, '%PDF-1.4\n1 0 obj')],
    [
      'JavaScript by the length of its first segment',
      () =>
        Buffer.concat([
          jpeg.subarray(0, 2),
          jpegSegment(0xe0, `JFIF\0\x01\x01${'x'.repeat(0x2f2a - 9)}`),
          jpeg.subarray(2),
        ]),
    ],
    ['a ZIP archive', () => followedBy(jpeg, zipAfter(0))],
    ['a ZIP archive with the offsets of the whole file', () => followedBy(jpeg, zipAfter(jpeg.length))],
    ['a ZIP archive with a long comment', () => followedBy(jpeg, zipAfter(0, 'x'.repeat(60_000)))],
    ['a ZIP archive followed by a few bytes', () => followedBy(jpeg, zipAfter(0), '\xff\xd9')],
    ['a RAR archive', () => followedBy(jpeg, 'Rar!\x1a\x07\x01\0')],
    ['a 7z archive', () => followedBy(jpeg, '7z\xbc\xaf\x27\x1c')],
    ['an SVG drawing', () => followedBy(jpeg, '<svg onload="alert(1)">')],
    ['PHP in a PNG after its end', () => followedBy(png, PHP)],
    [
      'PHP in a text chunk just before the end of a PNG',
      () => Buffer.concat([png.subarray(0, -12), pngChunk('tEXt', `Comment\0${PHP}`), png.subarray(-12)]),
    ],
    ['a ZIP archive after a PNG', () => followedBy(png, zipAfter(0))],
  ])('%s', async (_what, content) => {
    await expect(check(content())).rejects.toMatchObject({ name: 'PermanentError', code: 'polyglot' });
  });

  it('a WebP and a TIFF with PHP in them', async () => {
    const webp = await flat(1, 2, 3).webp().toBuffer();
    const tiff = await flat(1, 2, 3).tiff().toBuffer();
    for (const content of [followedBy(webp, PHP), followedBy(tiff, PHP)])
      await expect(check(content)).rejects.toMatchObject({ code: 'polyglot' });
  });
});

describe('a file that is not an accepted image', () => {
  it.each([
    ['a ZIP archive', () => zipAfter(0), 'not_an_image'],
    ['a web page', () => Buffer.from('<!doctype html><script>alert(1)</script>'), 'not_an_image'],
    ['PHP after the signature of a GIF', () => Buffer.from(`GIF89a;${PHP}`), 'unsupported_format'],
    [
      'an SVG drawing',
      () => Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
      'unsupported_format',
    ],
    ['an empty file', () => Buffer.alloc(0), 'empty_file'],
  ])('%s', async (_what, content, code) => {
    await expect(check(content())).rejects.toMatchObject({ name: 'PermanentError', code });
  });

  it('an image with too many pixels', async () => {
    await expect(check(await flat(1, 2, 3, 1_100, 1_000).png().toBuffer())).rejects.toMatchObject({
      code: 'too_many_pixels',
    });
  });

  it('one of a million parts, without reading them all', async () => {
    const parts = Buffer.alloc(2 * 1_000_000);
    for (let i = 0; i < parts.length; i += 2) parts.writeUInt16BE(0xffd0, i);
    await expect(check(Buffer.concat([jpeg.subarray(0, 2), parts, jpeg.subarray(2)]))).rejects.toMatchObject({
      code: 'not_an_image',
    });
  });
});

function pngChunk(type: string, text: string): Buffer {
  const chunk = Buffer.alloc(12 + text.length);
  chunk.writeUInt32BE(text.length);
  chunk.write(type + text, 4, 'latin1');
  return chunk;
}
