import { exportJobKey, type Cache } from '@pugmark/cache';
import { findChangedRuns } from '@pugmark/db';
import { waitUntil } from '@pugmark/testing';
import { sql } from 'kysely';
import { TestGateway } from '../../testing/gateway.fixture';
import { writeFeed } from './write-feed';

describe('the feed writer', () => {
  let gateway: TestGateway;
  let projectId: number;
  let modelId: number;
  const cached = new Map<string, unknown>();
  const cache: Cache = {
    get: <T>(key: string) => Promise.resolve(cached.get(key) as T | undefined),
    set: async (key, value) => void cached.set(key, value),
    delete: async (key) => void cached.delete(key),
    state: () => 'up',
    close: () => Promise.resolve(),
  };

  beforeAll(async () => {
    gateway = await TestGateway.start({ cache });
    modelId = (await gateway.model()).id;
  });
  beforeEach(async () => {
    await gateway.db.updateTable('ingests').set({ run_id: null }).execute();
    for (const table of ['feed', 'tasks', 'task_counts', 'runs', 'exports', 'incidents'] as const)
      await gateway.db.deleteFrom(table).execute();
    await gateway.db.updateTable('feed_state').set({ scanned_at: new Date() }).execute();
    projectId = await gateway.project();
  });
  afterAll(() => gateway.stop());

  /** Writes once, as soon as a round is due. */
  const writeRound = () =>
    waitUntil('a round to be due', async () => (await writeFeed({ deps: gateway.repositories, cache }, 0)) !== null);
  const rows = () => gateway.db.selectFrom('feed').selectAll().orderBy('id').execute();
  /** The rows added by one round. */
  const newRows = async (): Promise<
    { topic: string; subject: number; ended: boolean; data: Record<string, unknown> }[]
  > => {
    const before = (await rows()).at(-1)?.id ?? 0;
    await writeRound();
    return (await rows())
      .filter(({ id }) => id > before)
      .map(({ topic, subject_id, ended, data }) => ({
        topic,
        subject: subject_id,
        ended,
        data: data as Record<string, unknown>,
      }));
  };
  const newRun = async (names: readonly string[] = ['a.jpg', 'b.jpg']): Promise<{ id: number; images: number[] }> => {
    const id = await gateway.run(projectId, modelId);
    const { ids } = await gateway.images(projectId, names, { runId: id });
    // Its ingest has ended.
    await gateway.finish('scan', await scansOf(id));
    return { id, images: ids };
  };
  const scansOf = async (runId: number): Promise<number[]> =>
    (await gateway.db.selectFrom('ingests').select('id').where('run_id', '=', runId).execute()).map(({ id }) => id);
  const mayHaveChanged = () => gateway.db.transaction().execute(findChangedRuns);

  it('publishes a run from start to end, as GET returns it, and nothing when nothing changed', async () => {
    const { id, images } = await newRun();
    const [first, ...others] = await newRows();
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      topic: 'run',
      subject: id,
      ended: false,
      data: { state: 'active', counts: { waiting: 2 }, etaSeconds: null },
    });
    expect((await gateway.get(`/runs/${id}`)).body).toMatchObject(first!.data);
    expect(await newRows()).toEqual([]);

    await gateway.claim('detect', images.slice(0, 1));
    expect(await newRows()).toMatchObject([{ subject: id, data: { counts: { waiting: 1, running: 1 } } }]);
    // Back to the old value, without a trace of the change.
    await agoSince(60);
    await gateway.db
      .updateTable('tasks')
      .set({ state: 'waiting', lease_until: null, owner: null, attempt: 0 })
      .where('run_id', '=', id)
      .execute();
    expect(await newRows()).toMatchObject([{ subject: id, data: { counts: { waiting: 2, running: 0 } } }]);
    await gateway.finish('detect', images);
    expect(await newRows()).toMatchObject([
      { subject: id, ended: true, data: { state: 'done', counts: { done: 2 }, etaSeconds: 0 } },
    ]);
    // Although the rate of the last minute decays.
    await gateway.db
      .updateTable('tasks')
      .set({ started_at: sql<Date>`now() - interval '50 seconds'` })
      .execute();
    expect(await newRows()).toEqual([]);
    expect((await gateway.repositories.runs.find(gateway.db, id))?.feed_pending).toBe(false);
  });

  it('does not read runs without progress, however many there are', async () => {
    for (let n = 0; n < 20; n += 1) await newRun();
    await writeRound();
    await agoSince(60);
    expect(await mayHaveChanged()).toEqual([]);
    const { id, images } = await newRun();
    await gateway.finish('detect', images);
    expect(await mayHaveChanged()).toEqual([id]);
  });

  it('publishes a run that started and ended between two rounds, or while no writer was running', async () => {
    const between = await newRun();
    await gateway.finish('detect', between.images);
    expect(await newRows()).toMatchObject([{ subject: between.id, ended: true, data: { state: 'done' } }]);

    const known = await newRun();
    await writeRound();
    await agoSince(7_200);
    await gateway.finish('detect', known.images);
    await gateway.db
      .updateTable('tasks')
      .set({ finished_at: sql<Date>`now() - interval '1 hour'` })
      .where('run_id', '=', known.id)
      .execute();
    expect(await newRows()).toMatchObject([{ subject: known.id, ended: true, data: { state: 'done' } }]);
  });

  it('does not consider a run ended while its ingest adds images, and sees the end when the ingest ends', async () => {
    const id = await gateway.run(projectId, modelId);
    const { ingestId } = await gateway.images(projectId, [], { runId: id });
    expect(await newRows()).toMatchObject([
      { subject: id, ended: false, data: { state: 'active', counts: { total: 0 } } },
    ]);
    await agoSince(60);
    expect(await mayHaveChanged()).toEqual([id]);
    await gateway.finish('scan', [ingestId]);
    // Ended by a clock that was read long before the commit.
    await gateway.db
      .updateTable('tasks')
      .set({ finished_at: sql<Date>`now() - interval '5 minutes'` })
      .where('kind', '=', 'scan')
      .execute();
    expect(await newRows()).toMatchObject([{ subject: id, ended: true, data: { state: 'done' } }]);
  });

  it('publishes a cancellation, and a run that continues after its end', async () => {
    const cancelled = await newRun();
    await writeRound();
    await gateway.post(`/runs/${cancelled.id}/cancel`);
    expect(await newRows()).toMatchObject([
      { subject: cancelled.id, ended: true, data: { state: 'cancelled', counts: { cancelled: 2 } } },
    ]);

    const again = await newRun();
    await gateway.finish('detect', again.images);
    await writeRound();
    await gateway.db
      .updateTable('tasks')
      .set({ state: 'queued', queued_at: new Date() })
      .where('subject_id', '=', again.images[0]!)
      .execute();
    expect(await newRows()).toMatchObject([
      { subject: again.id, ended: false, data: { state: 'active', counts: { queued: 1, done: 1 } } },
    ]);
    expect((await gateway.repositories.runs.find(gateway.db, again.id))?.feed_pending).toBe(true);
  });

  it('publishes requests for a run that waits behind another, with nothing queued or running', async () => {
    const { id, images } = await newRun(['a.jpg', 'b.jpg', 'c.jpg']);
    await gateway.finish('detect', images.slice(0, 1), { code: 'broken', message: 'm' });
    const still = async (): Promise<void> => {
      await writeRound();
      await agoSince(60);
      await writeRound();
      await agoSince(60);
      expect(await mayHaveChanged()).toEqual([]);
    };
    await still();
    await gateway.post(`/runs/${id}/pause`);
    expect(await newRows()).toMatchObject([{ subject: id, ended: false, data: { state: 'paused', etaSeconds: null } }]);
    await still();
    await gateway.patch(`/runs/${id}`, { priority: 7 });
    expect(await newRows()).toMatchObject([{ subject: id, ended: false, data: { state: 'paused', priority: 7 } }]);
    await still();
    await gateway.post(`/runs/${id}/retry`);
    expect(await newRows()).toMatchObject([
      { subject: id, data: { state: 'paused', counts: { waiting: 3, failed: 0 } } },
    ]);
    await still();
    await gateway.post(`/runs/${id}/resume`);
    expect(await newRows()).toMatchObject([{ subject: id, data: { state: 'active', priority: 7 } }]);
    expect(await newRows()).toEqual([]);
  });

  it('publishes the pause of a running run, also to later listeners, and what follows', async () => {
    const [resumed, cancelled, done] = [await newRun(), await newRun(), await newRun()];
    const all = [resumed, cancelled, done];
    for (const { images } of [resumed, cancelled]) await gateway.claim('detect', images.slice(0, 1));
    await gateway.claim('detect', done.images);
    await writeRound();
    for (const { id } of all) await gateway.post(`/runs/${id}/pause`);
    expect(await newRows()).toMatchObject(
      all.map(({ id }) => ({ subject: id, ended: false, data: { state: 'paused' } })),
    );
    const { newest } = await gateway.repositories.feed.readBounds(gateway.db);
    const beginning = await gateway.repositories.feed.listNotEnded(
      gateway.db,
      { topics: ['run'], projectIds: null },
      0,
      newest,
      10,
    );
    expect(beginning.map(({ data }) => data)).toMatchObject(all.map(({ id }) => ({ id, state: 'paused' })));

    await gateway.db
      .updateTable('tasks')
      .set({ state: 'done', finished_at: new Date() })
      .where('state', '=', 'running')
      .execute();
    expect(await newRows()).toContainEqual(
      expect.objectContaining({ subject: done.id, ended: true, data: expect.objectContaining({ state: 'done' }) }),
    );
    await agoSince(60);
    await writeRound();
    await agoSince(60);
    expect(await mayHaveChanged()).toEqual([]);
    await gateway.post(`/runs/${resumed.id}/resume`);
    await gateway.post(`/runs/${cancelled.id}/cancel`);
    expect(await newRows()).toMatchObject([
      { subject: resumed.id, ended: false, data: { state: 'active' } },
      { subject: cancelled.id, ended: true, data: { state: 'cancelled' } },
    ]);
  });

  it('publishes a run that is retried after its end before anything of it is queued', async () => {
    const { id, images } = await newRun();
    await gateway.finish('detect', images, { code: 'broken', message: 'm' });
    expect(await newRows()).toMatchObject([{ subject: id, ended: true, data: { state: 'done' } }]);
    await agoSince(60);
    await gateway.post(`/runs/${id}/retry`);
    expect(await newRows()).toMatchObject([
      { subject: id, ended: false, data: { state: 'active', counts: { waiting: 2, failed: 0 } } },
    ]);
  });

  it('publishes an export from row and cache, with its end and expiry', async () => {
    const id = (await gateway.post('/exports', { projectId, format: 'csv', content: 'detections' })).body.id;
    expect(await newRows()).toMatchObject([
      { topic: 'export', subject: id, ended: false, data: { status: 'pending', percent: 0 } },
    ]);
    const [task] = await gateway.claim('export', [id]);
    cached.set(exportJobKey(id), { status: 'processing', percent: 42 });
    expect(await newRows()).toMatchObject([{ data: { status: 'processing', percent: 42 } }]);
    const artifact = { fileKey: 'exports/1.csv', rowCount: 3, bytes: 9, sha256: Buffer.alloc(32) };
    await gateway.repositories.tasks.commit([{ task: task!, outcome: 'done', result: null }], (tx) =>
      gateway.repositories.exports.complete(tx, id, artifact, 3_600),
    );
    const [completed] = await newRows();
    expect(completed).toMatchObject({
      ended: true,
      data: { status: 'completed', percent: 100, bytes: 9, sha256: '0'.repeat(64) },
    });
    expect((await gateway.get(`/exports/${id}`)).body).toEqual(completed!.data);
    expect(await newRows()).toEqual([]);
    await gateway.db
      .updateTable('exports')
      .set({ expires_at: sql<Date>`now() - interval '1 second'` })
      .execute();
    expect(await newRows()).toMatchObject([{ ended: true, data: { status: 'expired', downloadUrl: null } }]);
    expect(await newRows()).toEqual([]);
  });

  it('publishes incidents: opened, changed, resolved; not their repeated detection', async () => {
    const open = (message: string) =>
      gateway.repositories.incidents.open(gateway.db, { check: 'c', subject: 's', severity: 'critical', message });
    const { id } = await open('two');
    expect(await newRows()).toMatchObject([
      { topic: 'incident', subject: id, ended: false, data: { check: 'c', message: 'two', resolvedAt: null } },
    ]);
    await open('two');
    expect(await newRows()).toEqual([]);
    await open('three');
    expect(await newRows()).toMatchObject([{ subject: id, data: { message: 'three' } }]);
    await gateway.repositories.incidents.resolveOthers(gateway.db, 'c', []);
    expect(await newRows()).toMatchObject([{ subject: id, ended: true, data: { resolvedAt: expect.any(String) } }]);
    await agoSince(60);
    expect(await newRows()).toEqual([]);
  });

  it('is one writer at a time, and not before a round is due', async () => {
    await newRun();
    let other: number | null = -1;
    await gateway.db.transaction().execute(async (tx) => {
      await waitUntil('a round to be due', () => gateway.repositories.feed.beginScan(tx));
      other = await writeFeed({ deps: gateway.repositories, cache }, 0);
      await gateway.repositories.feed.endScan(tx, 60_000);
    });
    expect(other).toBeNull();
    expect(await writeFeed({ deps: gateway.repositories, cache }, 0)).toBeNull();
    await gateway.db
      .updateTable('feed_state')
      .set({ next_scan_at: new Date(0) })
      .execute();
    expect(await writeFeed({ deps: gateway.repositories, cache }, 0)).toBe(1);
  });

  it('deletes rows older than a day except the last of unfinished subjects, and records up to which id', async () => {
    const [open, ended] = [await newRun(), await newRun()];
    await writeRound();
    await gateway.claim('detect', open.images.slice(0, 1));
    await gateway.finish('detect', ended.images);
    await writeRound();
    const before = await rows();
    expect(before).toHaveLength(4);
    await sql`update feed set at = now() - interval '25 hours'`.execute(gateway.db);
    await writeRound();
    const left = await rows();
    expect(left.map(({ subject_id }) => subject_id)).toEqual([open.id]);
    const bounds = await gateway.repositories.feed.readBounds(gateway.db);
    expect(bounds.deletedUpTo).toBe(Math.max(...before.map(({ id }) => id).filter((id) => id !== left[0]!.id)));
    expect(bounds.newest).toBe(before.at(-1)!.id);
  });

  /** Sets the time of the last round to that long ago. */
  async function agoSince(seconds: number): Promise<void> {
    await sql`update feed_state set scanned_at = now() - ${seconds} * interval '1 second'`.execute(gateway.db);
    await sql`update tasks set finished_at = finished_at - ${2 * seconds} * interval '1 second'
      where finished_at is not null`.execute(gateway.db);
    await sql`update runs set reconciled_at = reconciled_at - ${2 * seconds} * interval '1 second'`.execute(gateway.db);
  }
});
