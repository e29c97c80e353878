import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestGateway } from '../../testing/gateway.fixture';

describe('POST /ingests', () => {
  let gateway: TestGateway;
  let projectId: number;
  let cards: string;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    projectId = await gateway.project();
    cards = join(gateway.folder, 'cards');
    await mkdir(join(cards, 'DCIM'));
    await mkdir(join(gateway.folder, 'private'));
    await mkdir(join(gateway.folder, 'cards-of-others'));
    await writeFile(join(cards, 'picture.jpg'), 'x');
    await symlink(join(gateway.folder, 'private'), join(cards, 'escape'));
    await symlink(join(gateway.folder, 'nothing-there'), join(cards, 'dangling'));
    await symlink(join(cards, 'DCIM'), join(gateway.folder, 'alias'));
  });
  afterAll(() => gateway.stop());

  it('requires a registered model, and creates nothing without', async () => {
    const answer = await gateway.post('/ingests', { projectId, folder: join(cards, 'DCIM') });
    expect(answer).toMatchObject({ status: 503, body: { detail: 'no model is registered yet: start ml-worker' } });
    expect(answer.headers.get('retry-after')).toBe('10');
    expect(await countOf('ingests')).toBe(0);
    expect(await countOf('runs')).toBe(0);
  });

  it('accepts a folder without a run when detection is not requested', async () => {
    const answer = await gateway.post('/ingests', { projectId, folder: join(cards, 'DCIM'), detect: false });
    expect(answer).toMatchObject({ status: 202, body: { runId: null, state: 'pending' } });
  });

  describe('with a model', () => {
    beforeAll(async () => {
      await gateway.model();
    });

    it('creates run, ingest and scan task, and passes the trace on', async () => {
      const deploymentId = await gateway.deployment(projectId);
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const accepted = await gateway.post(
        '/ingests',
        { projectId, deploymentId, folder: `${cards}/DCIM/../DCIM/`, mode: 'copy' },
        { traceparent },
      );
      expect(accepted.status).toBe(202);
      expect(accepted.headers.get('location')).toBe(`/api/v1/ingests/${accepted.body.id}`);
      const task = await gateway.db
        .selectFrom('tasks')
        .selectAll()
        .where('kind', '=', 'scan')
        .where('subject_id', '=', accepted.body.id)
        .executeTakeFirstOrThrow();
      expect(task).toMatchObject({ state: 'waiting', run_id: null, traceparent });
      expect((await gateway.get(`/ingests/${accepted.body.id}`)).body).toEqual({
        id: accepted.body.id,
        projectId,
        deploymentId,
        runId: accepted.body.runId,
        source: 'folder',
        mode: 'copy',
        folder: join(cards, 'DCIM'),
        state: 'pending',
        filesSeen: 0,
        imagesAdded: 0,
        duplicates: 0,
        skipped: 0,
        bytesAdded: 0,
        error: null,
        createdAt: expect.any(String),
      });
      expect((await gateway.get(`/runs/${accepted.body.runId}`)).body).toMatchObject({
        state: 'active',
        counts: { total: 0 },
      });
    });

    it.each([
      'garbage',
      '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
      '01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    ])('starts a new trace instead of accepting %j', async (traceparent) => {
      const { body } = await gateway.post('/ingests', { projectId, folder: cards, detect: false }, { traceparent });
      const task = await gateway.db
        .selectFrom('tasks')
        .select('traceparent')
        .where('kind', '=', 'scan')
        .where('subject_id', '=', body.id)
        .executeTakeFirstOrThrow();
      expect(task.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    });

    it('accepts another path to the same folder', async () => {
      expect((await gateway.post('/ingests', { projectId, folder: join(gateway.folder, 'alias') })).status).toBe(202);
    });

    it.each([
      ['a missing folder', 'cards/nowhere', 'folder_missing'],
      ['a file', 'cards/picture.jpg', 'not_a_folder'],
      ['a folder outside the roots', 'private', 'folder_not_allowed'],
      ['a folder whose name begins like a root', 'cards-of-others', 'folder_not_allowed'],
      ['a path that leaves the root', 'cards/../private', 'folder_not_allowed'],
      ['a symbolic link that leaves the root', 'cards/escape', 'folder_not_allowed'],
      ['a dangling link', 'cards/dangling', 'folder_missing'],
      ['a missing folder outside the roots, like an existing one', 'not-there-at-all', 'folder_not_allowed'],
    ])('refuses %s', async (_what, path, code) => {
      const before = await countOf('ingests');
      // Not `join`, which would resolve the `..` under test.
      const answer = await gateway.post('/ingests', { projectId, folder: `${gateway.folder}/${path}` });
      expect(answer).toMatchObject({
        status: 422,
        body: { type: `urn:pugmark:problem:${code}`, errors: [{ field: 'folder' }] },
      });
      expect(JSON.stringify(answer.body)).not.toContain(gateway.folder);
      expect(await countOf('ingests')).toBe(before);
    });

    it('refuses a relative folder', async () => {
      expect((await gateway.post('/ingests', { projectId, folder: 'cards' })).body.type).toBe(
        'urn:pugmark:problem:folder_not_absolute',
      );
    });

    it('refuses an unknown project or deployment, and the deployment of another project', async () => {
      const foreign = await gateway.deployment(await gateway.project());
      expect(await gateway.post('/ingests', { projectId: 999_999, folder: cards })).toMatchObject({
        status: 422,
        body: { errors: [{ field: 'projectId' }] },
      });
      for (const deploymentId of [999_999, foreign]) {
        expect(await gateway.post('/ingests', { projectId, deploymentId, folder: cards })).toMatchObject({
          status: 422,
          body: { errors: [{ field: 'deploymentId' }] },
        });
      }
    });

    it.each([
      [{ folder: undefined }, 'folder'],
      [{ folder: 'a\u0000b' }, 'folder'],
      [{ mode: 'move' }, 'mode'],
      [{ detect: 'yes' }, 'detect'],
      [{ projectId: '1' }, 'projectId'],
      [{ projectId: 1.5 }, 'projectId'],
      [{ recursive: true }, 'recursive'],
    ])('refuses %j', async (change, field) => {
      const answer = await gateway.post('/ingests', { projectId, folder: cards, ...change });
      expect(answer.status).toBe(400);
      expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
    });
  });

  async function countOf(table: 'ingests' | 'runs'): Promise<number> {
    const { n } = await gateway.db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(n);
  }
});

describe('GET /ingests/:id', () => {
  let gateway: TestGateway;
  let projectId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    projectId = await gateway.project();
  });
  afterAll(() => gateway.stop());

  it('reports the scan from pending to done', async () => {
    const { ingestId } = await gateway.images(projectId, ['1.jpg']);
    const state = async (): Promise<string> => (await gateway.get(`/ingests/${ingestId}`)).body.state;
    expect(await state()).toBe('pending');
    const [task] = await gateway.claim('scan', [ingestId]);
    expect(await state()).toBe('running');
    if (task === undefined) throw new Error('nothing was claimed');
    await gateway.repositories.tasks.commit([{ task, outcome: 'done', result: null }], () => Promise.resolve());
    expect(await state()).toBe('done');
  });

  it('says why a scan failed, without the folders of the server', async () => {
    const { ingestId } = await gateway.images(projectId, ['1.jpg']);
    await gateway.finish('scan', [ingestId], {
      code: 'folder_unavailable',
      message: "EIO: i/o error, scandir '/mnt/very secret/cards'",
    });
    expect((await gateway.get(`/ingests/${ingestId}`)).body).toMatchObject({
      state: 'failed',
      error: { code: 'folder_unavailable', message: "EIO: i/o error, scandir '…/cards'" },
    });
  });

  it('lists the outcome of each file, by page and by outcome', async () => {
    const { ingestId, ids } = await gateway.images(projectId, ['b.jpg']);
    await gateway.db.transaction().execute((tx) =>
      gateway.repositories.ingests.record(
        tx,
        ingestId,
        [
          {
            ingest_id: ingestId,
            path: 'a.txt',
            outcome: 'skipped',
            reason_code: 'not_an_image',
            reason: 'neither JPEG nor PNG',
          },
          { ingest_id: ingestId, path: 'b.jpg', outcome: 'added', image_id: ids[0] ?? null },
          {
            ingest_id: ingestId,
            path: 'ö/c.jpg',
            outcome: 'duplicate',
            reason_code: 'duplicate',
            reason: 'known',
            image_id: ids[0] ?? null,
          },
        ],
        { filesSeen: 3, imagesAdded: 1, duplicates: 1, skipped: 1, bytesAdded: 1000 },
      ),
    );
    expect((await gateway.get(`/ingests/${ingestId}`)).body).toMatchObject({
      filesSeen: 3,
      imagesAdded: 1,
      duplicates: 1,
      skipped: 1,
      bytesAdded: 1000,
    });

    const paths: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await gateway.get(`/ingests/${ingestId}/files?limit=1${cursor}`);
      paths.push(...body.items.map((file: { path: string }) => file.path));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(paths).toEqual(['a.txt', 'b.jpg', 'ö/c.jpg']);
    expect((await gateway.get(`/ingests/${ingestId}/files?outcome=skipped`)).body.items).toEqual([
      { path: 'a.txt', outcome: 'skipped', reasonCode: 'not_an_image', reason: 'neither JPEG nor PNG', imageId: null },
    ]);
    expect((await gateway.get(`/ingests/${ingestId}/files?outcome=lost`)).status).toBe(400);
    expect((await gateway.get(`/ingests/${ingestId}/files?cursor=x`)).status).toBe(422);
  });

  it('answers 404 for a missing ingest', async () => {
    expect((await gateway.get('/ingests/999999')).status).toBe(404);
    expect((await gateway.get('/ingests/999999/files')).status).toBe(404);
  });
});
