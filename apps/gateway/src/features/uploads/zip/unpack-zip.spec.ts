import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UploadTarget } from '../accept-upload';
import { zipOf } from '../../../testing/zip.fixture';
import { unpackZip } from './unpack-zip';

describe('unpackZip', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pugmark-zip-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([true, false])('writes no more of an entry than the archive declares (stored: %s)', async (stored) => {
    const path = join(folder, 'bomb.zip');
    await writeFile(
      path,
      zipOf([{ name: 'a.jpg', content: Buffer.alloc(5_000_000), stored, claims: { bytes: 100_000 } }]),
    );
    let written = 0;
    const reception = {
      maxBytes: 1_000_000,
      maxFiles: 10,
      maxTotalBytes: 1_000_000,
      maxZipRatio: 1_000,
      upload: {
        add: async (_name: string, content: AsyncIterable<Uint8Array>) => {
          for await (const chunk of content) written += chunk.length;
        },
      },
    } as unknown as UploadTarget;
    await expect(unpackZip(path, reception)).rejects.toMatchObject({ status: 422, code: 'zip_size_mismatch' });
    expect(written).toBeLessThanOrEqual(100_000);
  });
});
