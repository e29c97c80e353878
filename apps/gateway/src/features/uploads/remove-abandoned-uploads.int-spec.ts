import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { UploadStorage } from '@pugmark/storage';
import { testLogger } from '@pugmark/testing';
import { TestGateway } from '../../testing/gateway.fixture';
import { createIngest } from '../ingests/create-ingest';
import { removeAbandonedUploads } from './remove-abandoned-uploads';

describe('removeAbandonedUploads', () => {
  it('removes abandoned uploads, and none that is recent or referenced by an ingest, also after the storage moved', async () => {
    const gateway = await TestGateway.start();
    const uploads = new UploadStorage(join(gateway.folder, 'storage'));
    const projectId = await gateway.project();
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
    await finished('orphan.jpg', 48);
    await finished('young.jpg', 1);
    const folder = await finished('taken.jpg', 48);
    await gateway.db.transaction().execute((tx) =>
      createIngest(tx, gateway.repositories, {
        projectId,
        deploymentId: null,
        source: 'upload',
        mode: 'copy',
        folder,
        detect: false,
        traceparent: '',
      }),
    );
    const left = async (): Promise<unknown[]> =>
      (await gateway.storedFiles()).map((file) => file.split('/').at(-1)).sort();
    await removeAbandonedUploads(gateway.repositories, uploads, testLogger());
    expect(await left()).toEqual(['taken.jpg', 'young.jpg']);

    // The ingest still names the folder at its old place.
    await gateway.db
      .updateTable('ingests')
      .set({ folder: folder.replace('/storage/', '/older-storage/') })
      .execute();
    await finished('orphan.jpg', 48);
    await removeAbandonedUploads(gateway.repositories, uploads, testLogger());
    expect(await left()).toEqual(['taken.jpg', 'young.jpg']);
    await gateway.stop();
  });
});
