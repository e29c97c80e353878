import { TestGateway } from '../../../testing/gateway.fixture';
import { paddedTo, tinyJpeg } from '../../../testing/test-images.fixture';
import { zipOf, type TestEntry } from '../../../testing/zip.fixture';

describe('a hostile archive', () => {
  let gateway: TestGateway;
  let projectId: number;
  let image: Buffer;
  let before: Readonly<Record<string, number>>;
  beforeAll(async () => {
    image = await tinyJpeg(7);
    gateway = await TestGateway.start({
      settings: {
        uploadMaxFiles: 50,
        uploadMaxBytes: 1024 ** 2,
        uploadMaxTotalBytes: 4 * 1024 ** 2,
        uploadMaxZipRatio: 100,
      },
    });
    projectId = await gateway.project();
    await gateway.model();
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    before = await gateway.storedCounts();
  });
  afterEach(async () => expect(await gateway.storedCounts()).toEqual(before));

  const upload = (body: Buffer) =>
    gateway.request('POST', `/uploads/zip?projectId=${projectId}`, {
      body,
      headers: { 'content-type': 'application/zip' },
    });
  const refused = async (body: Buffer, status: number, code: string): Promise<void> =>
    expect(await upload(body)).toMatchObject({ status, body: { type: `urn:pugmark:problem:${code}` } });
  /** After a valid entry. */
  const refusedEntry = (entry: TestEntry, status: number, code: string): Promise<void> =>
    refused(zipOf([{ name: 'fine.jpg', content: image }, entry]), status, code);

  it.each([
    '../../etc/cron.d/x',
    'DCIM/../../x.jpg',
    '..',
    '/etc/passwd',
    '//server/share/x.jpg',
    'C:/Windows/x.jpg',
    'c:x.jpg',
    '..\\..\\x.jpg',
    'DCIM\\x.jpg',
    'a\0.jpg',
    'a\r\nSet-Cookie: x.jpg',
    '\u009b31m.jpg',
    '',
    `${'d/'.repeat(30)}x.jpg`,
    `${'x'.repeat(2_000)}.jpg`,
    '../evil/',
    '__MACOSX/../../x',
  ])('with the path %j', async (name) => {
    await refusedEntry({ name, content: image }, 422, 'zip_unsafe_path');
  });

  it.each([
    ['a symbolic link', { name: 'a.jpg', content: '/etc/passwd', mode: 0o120777 }, 422, 'zip_symlink'],
    ['a symbolic link to a folder', { name: 'DCIM/', content: '/etc', mode: 0o120777 }, 422, 'zip_symlink'],
    ['a device', { name: 'a.jpg', mode: 0o20666 }, 422, 'zip_not_a_file'],
    ['a pipe', { name: 'a.jpg', mode: 0o10666 }, 422, 'zip_not_a_file'],
    ['an encrypted entry', { name: 'a.jpg', content: 'secret', flags: 0x1 }, 422, 'zip_encrypted'],
    ['a strongly encrypted entry', { name: 'a.jpg', content: 'secret', flags: 0x41 }, 400, 'bad_zip'],
    ['a masked directory', { name: 'a.jpg', content: 'secret', flags: 0x2000 }, 422, 'zip_encrypted'],
    ['an unknown method', { name: 'a.jpg', content: 'x', claims: { method: 98 } }, 422, 'zip_unsupported_method'],
  ] as [string, TestEntry, number, string][])('with %s', async (_what, entry, status, code) => {
    await refusedEntry(entry, status, code);
  });

  describe('by its size', () => {
    it('a file of zeros that is a thousand times its entry', async () => {
      await refusedEntry({ name: 'a.jpg', content: paddedTo(1024 ** 2, image) }, 422, 'zip_bomb');
    });

    it('an entry that claims to be larger than allowed', async () => {
      await refusedEntry({ name: 'a.jpg', content: image, claims: { bytes: 0xfffffff0 } }, 413, 'file_too_large');
    });

    it('an entry that claims to be small, and is not', async () => {
      await refusedEntry(
        { name: 'a.jpg', content: paddedTo(1024 ** 2, image), claims: { bytes: image.length } },
        422,
        'zip_size_mismatch',
      );
      await refusedEntry(
        { name: 'a.jpg', content: paddedTo(1024 ** 2, image), stored: true, claims: { bytes: image.length } },
        422,
        'zip_size_mismatch',
      );
    });

    it('an entry that claims to be larger than it is', async () => {
      await refusedEntry(
        { name: 'a.jpg', content: image, claims: { bytes: image.length + 1 } },
        422,
        'zip_size_mismatch',
      );
    });

    it('valid images that are too large together', async () => {
      const content = await noise(900_000);
      await refused(
        zipOf(Array.from({ length: 5 }, (_, i) => ({ name: `${i}.jpg`, content }))),
        413,
        'upload_too_large',
      );
    });

    it('twenty thousand entries, and one less than its end claims', async () => {
      await refused(zipOf(Array.from({ length: 20_000 }, (_, i) => ({ name: `${i}/` }))), 413, 'too_many_files');
      await refused(zipOf([{ name: 'a.jpg', content: image }], { entries: 2 }), 400, 'bad_zip');
      await refused(zipOf([{ name: 'a.jpg', content: image }], { entries: 60_000 }), 413, 'too_many_files');
    });

    it('entries that share their bytes', async () => {
      await refused(
        zipOf([
          { name: 'a.jpg', content: image },
          { name: 'b.jpg', content: image, claims: { offset: 0 } },
        ]),
        422,
        'zip_overlap',
      );
    });

    it('entries of which each contains the next (the better bomb)', async () => {
      await refused(quotedOverlap(20), 422, 'zip_overlap');
    });

    it('an entry that overlaps the directory, or ends beyond the file', async () => {
      await refusedEntry(
        { name: 'a.jpg', content: image, claims: { compressedBytes: image.length * 50 } },
        422,
        'zip_overlap',
      );
    });
  });

  describe('by its damage', () => {
    it.each([
      ['not an archive', () => Buffer.from('not an archive at all')],
      ['an empty body', () => Buffer.alloc(0)],
      ['half an archive', () => zipOf([{ name: 'a.jpg', content: image }]).subarray(0, -40)],
      [
        'an archive with bytes after its end',
        () => Buffer.concat([zipOf([{ name: 'a.jpg', content: image }]), Buffer.from('more')]),
      ],
      ['an entry at an invalid offset', () => zipOf([{ name: 'a.jpg', content: image, claims: { offset: 20 } }])],
    ])('%s', async (_what, body) => {
      const answer = await upload(body());
      expect(answer).toMatchObject({ status: 400, body: { type: 'urn:pugmark:problem:bad_zip' } });
      expect(JSON.stringify(answer.body)).not.toMatch(/storage|tmp\//);
    });

    it('an entry with a wrong checksum, and one whose bytes are not deflated', async () => {
      await refusedEntry({ name: 'a.jpg', content: image, claims: { crc32: 1 } }, 422, 'zip_damaged');
      await refusedEntry(
        { name: 'a.jpg', content: 'x'.repeat(500), stored: true, claims: { method: 8, bytes: 500 } },
        422,
        'zip_damaged',
      );
    });
  });
});

/** An image, followed by incompressible bytes. */
async function noise(bytes: number): Promise<Buffer> {
  const rest = Buffer.alloc(bytes);
  let state = 7;
  for (let i = 0; i < bytes; i += 1) rest[i] = (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) >> 16;
  return Buffer.concat([await tinyJpeg(8), rest]);
}

/**
 * https://www.usenix.org/conference/woot19/presentation/fifield: each entry is stored and contains the headers and
 * bytes of all that follow.
 */
function quotedOverlap(layers: number): Buffer {
  const headerBytes = 30 + '000.jpg'.length;
  return zipOf(
    Array.from({ length: layers }, (_, i) => {
      const bytes = (layers - 1 - i) * headerBytes + 1_000;
      return {
        name: `${String(i).padStart(3, '0')}.jpg`,
        content: i === layers - 1 ? 'x'.repeat(1_000) : '',
        stored: true,
        claims: { bytes, compressedBytes: bytes },
      };
    }),
  );
}
