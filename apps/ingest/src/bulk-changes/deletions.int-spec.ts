import { createHash, randomBytes } from 'node:crypto';
import { BulkChangeRepository, IngestRepository, inTransaction, keepContents } from '@pugmark/db';
import { ImageStorage, RenditionStorage } from '@pugmark/storage';
import { waitUntil } from '@pugmark/testing';
import { storeChunk } from '../scan/store-chunk';
import { deriveHandler, requestBulkChange } from '../testing/derive-handler.fixture';
import { TestStudy, animal, taskContext } from '../testing/test-study.fixture';
import { removeDeletedFiles } from '../upkeep/remove-deleted-files';

describe('deletions', () => {
  let study: TestStudy;
  let imageFiles: ImageStorage;
  let renditions: RenditionStorage;
  let projectId: number;
  let deploymentId: number;
  beforeAll(async () => {
    study = await TestStudy.start();
    imageFiles = new ImageStorage(study.storage);
    renditions = new RenditionStorage(study.storage);
  });
  afterAll(() => study.stop());
  beforeEach(async () => {
    projectId = await study.project();
    deploymentId = await study.deployment(projectId);
  });

  /** SHA-256 of contents that are stored, with a rendition each. */
  async function stored(count: number): Promise<Buffer[]> {
    const contents = Array.from({ length: count }, () => randomBytes(8));
    return Promise.all(
      contents.map(async (content) => {
        const sha256 = createHash('sha256').update(content).digest();
        const hex = sha256.toString('hex');
        await imageFiles.storeImage(
          (async function* () {
            yield content;
          })(),
          hex,
          'jpeg',
        );
        await renditions.store({ sha256: hex, variant: hex }, content);
        return sha256;
      }),
    );
  }

  const keyOf = (sha256: Buffer): string => {
    const hex = sha256.toString('hex');
    return `images/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex}.jpg`;
  };

  const filesOf = async (sha256: Buffer): Promise<[image: boolean, rendition: boolean]> => {
    const hex = sha256.toString('hex');
    return [await imageFiles.hasImage(keyOf(sha256)), (await renditions.find({ sha256: hex, variant: hex })).stored];
  };

  async function run(
    kind: 'delete_images' | 'delete_deployment' | 'delete_project',
    subjectId: number | null,
    imageIds: readonly number[] = [],
  ) {
    const id = await requestBulkChange(study, { kind, projectId, subjectId, parameters: { selection: { imageIds } } });
    return finish(id);
  }

  async function finish(id: number) {
    const outcomes = await deriveHandler(study).handle([await study.claim('derive', id)], taskContext());
    await study.tasks.commit(outcomes, () => Promise.resolve());
    return outcomes;
  }

  const exists = async (table: 'images' | 'deployments' | 'projects', id: number): Promise<boolean> =>
    (await study.db.selectFrom(table).select('id').where('id', '=', id).executeTakeFirst()) !== undefined;

  it('remove images and their files, unless another project has the same content', async () => {
    const contents = await stored(3);
    const images = await study.addImages(projectId, deploymentId, 3, contents);
    const other = await study.project();
    const [same] = await study.addImages(other, null, 1, [contents[0]!]);
    expect(await run('delete_images', null, images.slice(0, 2))).toMatchObject([{ outcome: 'done' }]);
    expect(await Promise.all(images.map((id) => exists('images', id)))).toEqual([false, false, true]);
    expect(await exists('images', same!)).toBe(true);
    expect(await Promise.all(contents.map(filesOf))).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
    projectId = other;
    await run('delete_images', null, [same!]);
    expect(await filesOf(contents[0]!)).toEqual([false, false]);
  });

  it('of a deployment keep its ingests and the images of others, and resume after being killed', async () => {
    await study.infer(await study.addImages(projectId, deploymentId, 25), await study.model(), [animal(0.9)]);
    const [elsewhere] = await study.addImages(projectId, await study.deployment(projectId), 1);
    const id = await requestBulkChange(study, {
      kind: 'delete_deployment',
      projectId,
      subjectId: deploymentId,
      parameters: {},
    });
    const task = await study.claim('derive', id);
    const killed = deriveHandler(study, (step) =>
      step === 2 ? Promise.reject(new Error('killed')) : Promise.resolve(),
    );
    await expect(killed.handle([task], taskContext())).rejects.toThrow('killed');
    expect(await study.images.countOfDeployment(study.db, deploymentId)).toBe(15);
    await study.tasks.commit([{ task, outcome: 'interrupted', code: 'x', message: 'x' }], () => Promise.resolve());
    expect(await finish(id)).toMatchObject([{ outcome: 'done' }]);
    expect(await exists('deployments', deploymentId)).toBe(false);
    expect(await exists('images', elsewhere!)).toBe(true);
    expect(await new BulkChangeRepository().find(study.db, id)).toMatchObject({ done: 25, task_state: 'done' });
    const ingests = await study.db
      .selectFrom('ingests')
      .select('deployment_id')
      .where('project_id', '=', projectId)
      .execute();
    expect(ingests.filter(({ deployment_id }) => deployment_id === null)).toHaveLength(1);
  });

  it('of a project leave the record of the deletion', async () => {
    await study.infer(await study.addImages(projectId, deploymentId, 15), await study.model(), [animal(0.9)]);
    const id = await requestBulkChange(study, {
      kind: 'delete_project',
      projectId,
      subjectId: projectId,
      parameters: {},
    });
    expect(await finish(id)).toMatchObject([{ outcome: 'done' }]);
    expect(await exists('projects', projectId)).toBe(false);
    expect(await new BulkChangeRepository().find(study.db, id)).toMatchObject({
      project_id: null,
      subject_id: projectId,
    });
  });

  it('remove no file that an ingest is about to refer to', async () => {
    const [content] = await stored(1);
    await study.db
      .insertInto('deleted_contents')
      .values({ sha256: content!, location: keyOf(content!) })
      .execute();
    const remove = () => removeDeletedFiles(study.db, imageFiles, renditions);
    let removing: Promise<boolean> | undefined;
    await inTransaction(study.db, async (tx) => {
      await keepContents(tx);
      removing = remove();
      await waitUntil('the removal to wait', async () => (await study.waiting('advisory')) > 0);
      expect(await imageFiles.hasImage(keyOf(content!))).toBe(true);
      const ingestId = await study.ingest(projectId);
      await study.images.insertNew(tx, { projectId, deploymentId: null, ingestId, mode: 'copy' }, [
        study.newImage(content!, keyOf(content!)),
      ]);
    });
    await removing;
    expect(await filesOf(content!)).toEqual([true, true]);
  });

  it('make an ingest store a file again that was removed after it had found it', async () => {
    const ingests = new IngestRepository();
    const id = await study.ingest(projectId);
    await study.db.transaction().execute((tx) => study.tasks.create(tx, { kind: 'scan', subjectId: id }));
    const task = await study.claim('scan', id);
    const image = study.newImage(randomBytes(32), 'images/aa/bb/removed.jpg');
    const stores = { db: study.db, tasks: study.tasks, ingests, images: study.images };
    const step = storeChunk(
      stores,
      task,
      (await ingests.find(study.db, id))!,
      [{ path: 'a.jpg', image }],
      async (all) => {
        for (const { location } of all)
          if (!(await imageFiles.hasImage(location))) throw new Error('the file is missing');
      },
    );
    await expect(step).rejects.toThrow('the file is missing');
    expect(await study.images.findIdsByHash(study.db, projectId, [image.sha256])).toEqual(new Map());
  });
});
