import { readdir, utimes } from 'node:fs/promises';
import { IngestRepository } from '@pugmark/db';
import { UploadStorage } from '@pugmark/storage';
import { testLogger } from '@pugmark/testing';
import { TestStudy } from '../testing/test-study.fixture';
import { removeAbandonedUploads } from './remove-abandoned-uploads';

describe('removeAbandonedUploads', () => {
  let study: TestStudy;
  let storage: string;
  beforeAll(async () => {
    study = await TestStudy.start();
    ({ storage } = study);
  });
  afterAll(() => study.stop());

  it('removes abandoned uploads, and none that is recent or referenced by an ingest, also after the storage moved', async () => {
    const uploads = new UploadStorage(storage);
    const ingests = new IngestRepository();
    const finished = async (name: string, ageHours: number): Promise<string> => {
      const upload = await uploads.begin();
      await upload.add(
        name,
        (async function* () {
          yield Buffer.from('x');
        })(),
      );
      const folder = await upload.finish();
      const time = new Date(Date.now() - ageHours * 3_600_000);
      await utimes(folder, time, time);
      return folder;
    };
    const left = async (): Promise<string[]> =>
      (await readdir(storage, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort();
    const remove = () => removeAbandonedUploads({ db: study.db, ingests }, uploads, testLogger());
    await finished('orphan.jpg', 48);
    await finished('young.jpg', 1);
    const folder = await finished('taken.jpg', 48);
    const projectId = await study.project();
    const ingest = { project_id: projectId, source: 'upload', mode: 'copy', folder } as const;
    await ingests.create(study.db, ingest);
    await remove();
    expect(await left()).toEqual(['taken.jpg', 'young.jpg']);

    // The ingest still names the folder at its old place.
    const moved = folder.replace(storage, '/srv/older-storage');
    await study.db.updateTable('ingests').set({ folder: moved }).execute();
    await finished('orphan.jpg', 48);
    await remove();
    expect(await left()).toEqual(['taken.jpg', 'young.jpg']);
  });
});
