import { createHash } from 'node:crypto';
import fs, { readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PermanentError, RetryableError } from '@pugmark/domain';
import { ImageStorage } from './image-storage';
import { testFolder, untilDiskIsFull } from './test-folder.fixture';

const CONTENT = Buffer.from('a picture of a heron');
const HASH = createHash('sha256').update(CONTENT).digest('hex');
const KEY = `images/${HASH.slice(0, 2)}/${HASH.slice(2, 4)}/${HASH}.jpg`;

describe('ImageStorage', () => {
  let folder: Awaited<ReturnType<typeof testFolder>>;
  let storage: ImageStorage;
  beforeEach(async () => {
    folder = await testFolder();
    storage = new ImageStorage(join(folder.path, 'storage'));
  });
  afterEach(() => folder.drop());

  it('stores a file under the hash of its content and leaves nothing temporary', async () => {
    await writeFile(join(folder.path, 'IMG_0001.JPG'), CONTENT);
    const key = await storage.storeImage(join(folder.path, 'IMG_0001.JPG'), HASH, 'jpeg');
    expect(key).toBe(KEY);
    expect(await readFile(storage.pathOf(key))).toEqual(CONTENT);
    expect(await folder.files()).toEqual(['IMG_0001.JPG', `storage/${KEY}`]);
  });

  it('does not read an image that is stored already', async () => {
    await storage.storeImage(chunks(CONTENT), HASH, 'jpeg');
    const mustNotBeRead = untilDiskIsFull();
    await expect(storage.storeImage(mustNotBeRead, HASH, 'jpeg')).resolves.toBe(KEY);
  });

  it('syncs the folder of an image that is stored already, because its writer may have been killed before', async () => {
    await storage.storeImage(chunks(CONTENT), HASH, 'jpeg');
    const open = jest.spyOn(fs, 'open');
    await storage.storeImage(chunks(CONTENT), HASH, 'jpeg');
    expect(open.mock.calls).toEqual([[dirname(storage.pathOf(KEY)), 'r']]);
    open.mockRestore();
  });

  it('stores one file when the same image is stored twice concurrently', async () => {
    await Promise.all([1, 2, 3].map(() => storage.storeImage(chunks(CONTENT), HASH, 'jpeg')));
    expect(await folder.files()).toEqual([`storage/${KEY}`]);
  });

  it('refuses content that does not match the hash, and leaves nothing', async () => {
    const storing = storage.storeImage(chunks(Buffer.from('changed since')), HASH, 'jpeg');
    await expect(storing).rejects.toMatchObject({ code: 'content_changed', constructor: RetryableError });
    expect(await folder.files()).toEqual([]);
  });

  it('reports what to do about a full disk, and removes what it wrote', async () => {
    const storing = storage.storeImage(untilDiskIsFull(), HASH, 'jpeg');
    await expect(storing).rejects.toMatchObject({
      code: 'disk_full',
      message: expect.stringContaining('free some space'),
      constructor: RetryableError,
    });
    expect(await folder.files()).toEqual([]);
  });

  it.each(['../outside', '/etc/passwd', 'images/../../outside', '', '.', 'images/\0', 'images\\..\\..\\outside'])(
    'refuses the key %j, which is outside the storage',
    (key) => expect(() => storage.pathOf(key)).toThrow(PermanentError),
  );

  it('refuses an invalid hash, which would become part of a path', async () => {
    await expect(storage.storeImage(chunks(CONTENT), '../../evil', 'jpeg')).rejects.toMatchObject({
      code: 'bad_hash',
    });
  });

  it('removes an image, and ignores a missing one', async () => {
    await storage.storeImage(chunks(CONTENT), HASH, 'jpeg');
    await storage.remove(KEY);
    await storage.remove(KEY);
    expect(await folder.files()).toEqual([]);
  });

  it('removes stale temporary files, and keeps files that are being written', async () => {
    await storage.storeImage(chunks(CONTENT), HASH, 'jpeg');
    const temporary = join(folder.path, 'storage', 'tmp');
    await writeFile(join(temporary, 'image-old'), 'x');
    await writeFile(join(temporary, 'image-young'), 'x');
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(temporary, 'image-old'), hourAgo, hourAgo);
    expect(await storage.removeStaleTemporary(60_000)).toBe(1);
    expect(await folder.files()).toEqual([`storage/${KEY}`, 'storage/tmp/image-young']);
  });

  it('removes a link without following it', async () => {
    await storage.storeImage(chunks(CONTENT), HASH, 'jpeg');
    await writeFile(join(folder.path, 'precious'), 'x');
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(folder.path, 'precious'), hourAgo, hourAgo);
    await symlink(join(folder.path, 'precious'), join(folder.path, 'storage', 'tmp', 'link'));
    expect(await storage.removeStaleTemporary(60_000)).toBe(1);
    expect(await folder.files()).toEqual(['precious', `storage/${KEY}`]);
  });
});

async function* chunks(...buffers: Buffer[]): AsyncGenerator<Buffer> {
  yield* buffers;
}
