import { sql } from 'kysely';
import { StatisticsCache } from './statistics-cache';
import { countImages } from '../images/image-count';
import type { EventFilter } from '../events/event-filter';
import { readPresence } from './presence';
import { readStudySummary } from './study-summary';
import { readTimeline } from './timeline';
import { DeploymentRepository } from '../deployments/deployment.repository';
import { EventRepository } from '../events/event.repository';
import { ImageRepository } from '../images/image.repository';
import { RunCountsRepository } from '../runs/run-counts.repository';
import { Study, found } from '../testing/study.fixture';

describe('cached statistics', () => {
  let study: Study;
  beforeEach(async () => {
    study = await Study.start();
  });
  afterEach(() => study.stop());

  const minute = (n: number): string => new Date(Date.UTC(2026, 5, 1) + n * 60_000).toISOString().slice(0, 19);
  const rowsOf = (cache: StatisticsCache, text: string) =>
    cache.rows(study.projectId, sql<{ n: number }>`${sql.raw(text)}`);

  it('equal uncached ones after any change', async () => {
    const cache = new StatisticsCache(study.db);
    const places = [await study.location('Ridge', 47.5, 11.25), await study.location('Creek')];
    const deployments = [
      await study.deployment('a', { timezone: 'UTC', locationId: places[0]! }),
      await study.deployment('b', { timezone: 'UTC' }),
    ];
    const image = await study.image(deployments[0]!, minute(0), [found('deer'), found('fox', 0.6)]);
    const other = await study.image(deployments[1]!, minute(10), [found('deer')]);
    const waiting = await study.image(deployments[1]!, minute(90));
    const run = await study.db
      .insertInto('runs')
      .values({ project_id: study.projectId, model_id: study.modelId })
      .returning('id')
      .executeTakeFirstOrThrow();
    const task = await study.db
      .insertInto('tasks')
      .values({ kind: 'detect', subject_id: waiting, run_id: run.id })
      .returning('id')
      .executeTakeFirstOrThrow();
    const end = (state: 'failed' | 'waiting', code: string | null) =>
      study.db
        .updateTable('tasks')
        .set({ state, error_code: code, error_message: code, finished_at: code === null ? null : new Date() })
        .where('id', '=', task.id)
        .execute();
    const change = (work: Parameters<ReturnType<typeof study.db.transaction>['execute']>[0]) =>
      study.db.transaction().execute(work);

    const changes: Readonly<Record<string, () => Promise<unknown>>> = {
      nothing: () => Promise.resolve(),
      'a new image': () => study.image(deployments[0]!, minute(200), [found('deer')]),
      'a new blank': () => study.image(deployments[0]!, minute(201), []),
      'a new image that waits': () => study.image(null, null),
      'a failed task': () => end('failed', 'decode_failed'),
      'a retry of it': () => end('waiting', null),
      'a new inference': () => study.detect(waiting, [found('person', 0.9, 'person')]),
      'an annotation': () => study.review(image, [{ label: 'lynx', individuals: 3 }]),
      'its withdrawal': () => study.review(image, null),
      'a corrected time': () => change((tx) => new ImageRepository().correct(tx, other, { manualLocal: minute(700) })),
      'a corrected deployment': () =>
        change((tx) => new ImageRepository().correct(tx, other, { deploymentId: deployments[0]! })),
      'a deployment at another place': () =>
        change((tx) => new DeploymentRepository().update(tx, deployments[1]!, { location_id: places[1]! })),
      'a longer event gap': () =>
        change(async (tx) => {
          await tx.updateTable('projects').set({ event_gap_seconds: 86_400 }).execute();
          await sql`insert into stale_events (project_id, deployment_id, from_at, to_at)
            select project_id, id, '-infinity', 'infinity' from deployments`.execute(tx);
        }),
      'removed images': () => sql`delete from image_summaries where image_id = ${other}`.execute(study.db),
      'compacted sums': () => new RunCountsRepository().compact(study.db),
    };
    const filters: readonly Omit<EventFilter, 'projectId'>[] = [
      {},
      { label: 'deer' },
      { minConfidence: 0.7 },
      { locationId: places[1]! },
      { deploymentId: deployments[0]! },
      { hourFrom: 0, hourTo: 2 },
    ];
    const all = async (from: StatisticsCache): Promise<unknown> => {
      const answers = [];
      for (const filter of filters) {
        const query = { projectId: study.projectId, ...filter };
        const grouping = { groupBy: 'label', top: 5 } as const;
        answers.push(
          await countImages(from, query),
          await countImages(from, { ...query, status: 'failed' }),
          await readStudySummary(from, query, grouping),
          await readPresence(from, query, grouping),
          await readTimeline(from, query, grouping, 'day', 100),
        );
      }
      return answers;
    };
    let before: unknown;
    for (const [what, make] of Object.entries(changes)) {
      await make();
      await new EventRepository().formStaleEvents(study.db, null);
      const expected = await all(new StatisticsCache(study.db));
      expect([what, await all(cache)]).toEqual([what, expected]);
      if (what !== 'nothing' && what !== 'compacted sums') expect([what, before]).not.toEqual([what, expected]);
      before = expected;
    }
  });

  it('are read once while nothing changes, and once for concurrent callers', async () => {
    const cache = new StatisticsCache(study.db);
    const text = `select nextval('counted')::int as n`;
    await sql`create sequence counted`.execute(study.db);
    const first = await Promise.all([1, 2, 3, 4].map(() => rowsOf(cache, text)));
    expect(first.map(([row]) => row?.n)).toEqual([1, 1, 1, 1]);
    expect(await rowsOf(cache, text)).toEqual([{ n: 1 }]);
    await study.image(null, null);
    expect(await rowsOf(cache, text)).toEqual([{ n: 2 }]);
    // Nothing has changed in the other project, but it is another one.
    expect(await cache.rows(study.projectId + 1, sql`${sql.raw(text)}`)).toEqual([{ n: 3 }]);
  });

  it('are read again after a failure', async () => {
    const cache = new StatisticsCache(study.db);
    await expect(rowsOf(cache, 'select n from numbers')).rejects.toThrow('numbers');
    await sql`create table numbers as select 7 as n`.execute(study.db);
    expect(await rowsOf(cache, 'select n from numbers')).toEqual([{ n: 7 }]);
  });

  it('are evicted, the least recently used first, when there are too many rows', async () => {
    await sql`create sequence counted`.execute(study.db);
    const cache = new StatisticsCache(study.db, 25);
    const ask = async (name: string): Promise<number> =>
      (await rowsOf(cache, `select nextval('counted')::int as n from generate_series(1, 10) as ${name}`))[0]!.n;
    expect([await ask('a'), await ask('b')]).toEqual([1, 11]);
    expect(await ask('a')).toBe(1);
    expect(await ask('c')).toBe(21);
    expect([await ask('a'), await ask('c')]).toEqual([1, 21]);
    expect(await ask('b')).toBe(31);
  });
});
