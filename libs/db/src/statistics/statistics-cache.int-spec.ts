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

describe('what is counted', () => {
  let study: Study;
  beforeEach(async () => {
    study = await Study.start();
  });
  afterEach(() => study.stop());

  const minute = (n: number): string => new Date(Date.UTC(2026, 5, 1) + n * 60_000).toISOString().slice(0, 19);
  const rowsOf = (counts: StatisticsCache, text: string) =>
    counts.rows(study.projectId, sql<{ n: number }>`${sql.raw(text)}`);

  it('is kept, and comes out as if it were not, whatever changes', async () => {
    const counts = new StatisticsCache(study.db);
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
      'an image more': () => study.image(deployments[0]!, minute(200), [found('deer')]),
      'a blank more': () => study.image(deployments[0]!, minute(201), []),
      'an image that waits': () => study.image(null, null),
      'a task that failed': () => end('failed', 'decode_failed'),
      'it begins again': () => end('waiting', null),
      'found in another': () => study.detect(waiting, [found('person', 0.9, 'person')]),
      'a word of a person': () => study.review(image, [{ label: 'lynx', individuals: 3 }]),
      'taken back': () => study.review(image, null),
      'another time': () => change((tx) => new ImageRepository().correct(tx, other, { manualLocal: minute(700) })),
      'another deployment': () =>
        change((tx) => new ImageRepository().correct(tx, other, { deploymentId: deployments[0]! })),
      'a deployment at another place': () =>
        change((tx) => new DeploymentRepository().update(tx, deployments[1]!, { location_id: places[1]! })),
      'a longer gap': () =>
        change(async (tx) => {
          await tx.updateTable('projects').set({ event_gap_seconds: 86_400 }).execute();
          await sql`insert into stale_events (project_id, deployment_id, from_at, to_at) select project_id, id, '-infinity', 'infinity' from deployments`.execute(
            tx,
          );
        }),
      'images taken away': () => sql`delete from image_summaries where image_id = ${other}`.execute(study.db),
      'sums put together': () => new RunCountsRepository().compact(study.db),
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
        const asked = { projectId: study.projectId, ...filter };
        const grouping = { groupBy: 'label', top: 5 } as const;
        answers.push(
          await countImages(from, asked),
          await countImages(from, { ...asked, status: 'failed' }),
          await readStudySummary(from, asked, grouping),
          await readPresence(from, asked, grouping),
          await readTimeline(from, asked, grouping, 'day', 100),
        );
      }
      return answers;
    };
    let before: unknown;
    for (const [what, make] of Object.entries(changes)) {
      await make();
      await new EventRepository().formStaleEvents(study.db, null);
      const expected = await all(new StatisticsCache(study.db));
      expect([what, await all(counts)]).toEqual([what, expected]);
      if (what !== 'nothing' && what !== 'sums put together') expect([what, before]).not.toEqual([what, expected]);
      before = expected;
    }
  });

  it('is not counted again as long as nothing has changed, and once for many who ask at the same time', async () => {
    const counts = new StatisticsCache(study.db);
    const text = `select nextval('counted')::int as n`;
    await sql`create sequence counted`.execute(study.db);
    const first = await Promise.all([1, 2, 3, 4].map(() => rowsOf(counts, text)));
    expect(first.map(([row]) => row?.n)).toEqual([1, 1, 1, 1]);
    expect(await rowsOf(counts, text)).toEqual([{ n: 1 }]);
    await study.image(null, null);
    expect(await rowsOf(counts, text)).toEqual([{ n: 2 }]);
    // Of another project nothing has changed, but it is another.
    expect(await counts.rows(study.projectId + 1, sql`${sql.raw(text)}`)).toEqual([{ n: 3 }]);
  });

  it('is asked for again after it failed', async () => {
    const counts = new StatisticsCache(study.db);
    await expect(rowsOf(counts, 'select n from numbers')).rejects.toThrow('numbers');
    await sql`create table numbers as select 7 as n`.execute(study.db);
    expect(await rowsOf(counts, 'select n from numbers')).toEqual([{ n: 7 }]);
  });

  it('is given up, what was not asked for for longest first, when there are too many rows', async () => {
    await sql`create sequence counted`.execute(study.db);
    const counts = new StatisticsCache(study.db, 25);
    const ask = async (name: string): Promise<number> =>
      (await rowsOf(counts, `select nextval('counted')::int as n from generate_series(1, 10) as ${name}`))[0]!.n;
    expect([await ask('a'), await ask('b')]).toEqual([1, 11]);
    expect(await ask('a')).toBe(1);
    expect(await ask('c')).toBe(21);
    expect([await ask('a'), await ask('c')]).toEqual([1, 21]);
    expect(await ask('b')).toBe(31);
  });
});
