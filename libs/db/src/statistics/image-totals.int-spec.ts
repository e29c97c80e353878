import { sql } from 'kysely';
import { StatisticsCache } from './statistics-cache';
import { ImageCountRepository } from './image-count.repository';
import { ImageRepository } from '../images/image.repository';
import { RunCountsRepository } from '../runs/run-counts.repository';
import { Study, found } from '../testing/study.fixture';
import type { EventFilter } from '../events/event-filter';
import { imageConditions } from '../images/image-filter';
import { readImageTotals, type ImageTotals } from './image-totals';

describe('image totals', () => {
  let study: Study;
  let cache: StatisticsCache;
  let places: { readonly ridge: number; readonly a: number; readonly b: number };
  const images: number[] = [];
  const days = new ImageCountRepository();

  /**
   * Two days at the end of October with images in each hour; every seventh without a time, every ninth without a place.
   */
  beforeAll(async () => {
    study = await Study.start();
    cache = new StatisticsCache(study.db);
    const ridge = await study.location('Ridge');
    places = {
      ridge,
      a: await study.deployment('a', { locationId: ridge }),
      b: await study.deployment('b', { timezone: 'America/New_York' }),
    };
    for (let n = 0; n < 120; n += 1) {
      const time = n % 7 === 0 ? null : `2024-10-${26 + (n % 3)}T${String(n % 24).padStart(2, '0')}:30:00`;
      const seen = [
        found(n % 2 === 0 ? 'deer' : 'fox', n % 5 === 0 ? 0.3 : 0.9),
        ...(n % 4 === 0 ? [found('person', 0.6, 'person')] : []),
      ];
      images.push(
        await study.image(
          n % 9 === 0 ? null : n % 2 === 0 ? places.a : places.b,
          time,
          n % 3 === 0 ? undefined : n % 11 === 0 ? [] : seen,
        ),
      );
      if (n % 30 === 0) await days.compact(study.db);
    }
    for (const n of [1, 4, 10, 12])
      await study.review(images[n]!, n % 4 === 0 ? [] : [{ label: 'deer', individuals: 2 }]);
    await sql`
      insert into tasks (kind, subject_id, state, attempt, finished_at, error_code, error_message)
      select 'detect', id, 'failed', 1, now(), 'x', 'x' from images
        where id = any(${[images[0], images[3], images[4], images[6]]}::bigint[])`.execute(study.db);
  });
  afterAll(() => study.stop());

  /** Counts image by image. */
  async function counted(filter: EventFilter): Promise<ImageTotals> {
    const { rows } = await sql<ImageTotals>`
      select count(*)::int as images, count(*) filter (where processed)::int as processed,
        count(*) filter (where not processed and not fails)::int as pending,
        count(*) filter (where not processed and fails)::int as failed, count(*) filter (where blank)::int as blank,
          count(*) filter (where has_animal)::int as animal,
        count(*) filter (where has_person)::int as person, count(*) filter (where has_vehicle)::int as vehicle,
          count(review_id)::int as reviewed,
        count(*) filter (where captured_at is null)::int as "withoutTime", coalesce(sum(boxes), 0)::int as detections
      from image_summaries s
      cross join lateral (select exists (select 1 from tasks t
        where t.kind = 'detect' and t.subject_id = s.image_id and t.state = 'failed') as fails) f
      cross join lateral (
        select count(*) as boxes from detections d join inferences i on i.id = d.inference_id
          join models m on m.id = i.model_id
        where i.id = s.inference_id and d.confidence >= m.threshold) d
      where ${imageConditions(filter)}`.execute(study.db);
    return rows[0]!;
  }

  const time = (from: string | null, to: string | null) => ({
    ...(from && { capturedFrom: new Date(from) }),
    ...(to && { capturedTo: new Date(to) }),
  });

  it.each<[string, () => Omit<EventFilter, 'projectId'>]>([
    ['all', () => ({})],
    ['a deployment', () => ({ deploymentId: places.b })],
    ['a location', () => ({ locationId: places.ridge })],
    ['a category', () => ({ category: 'animal' })],
    ['a category, reviewed', () => ({ category: 'animal', reviewed: true })],
    ['not reviewed', () => ({ reviewed: false })],
    ['the night', () => ({ hourFrom: 21, hourTo: 4 })],
    [
      'the night at a place, a category',
      () => ({ hourFrom: 21, hourTo: 4, locationId: places.ridge, category: 'person' }),
    ],
    ['whole days', () => time('2024-10-26T00:00:00Z', '2024-10-28T00:00:00Z')],
    ['parts of days', () => time('2024-10-26T05:15:00Z', '2024-10-28T17:45:00Z')],
    ['a part of a day', () => time('2024-10-27T05:15:00Z', '2024-10-27T17:45:00Z')],
    ['hours around midnight', () => time('2024-10-26T22:00:00Z', '2024-10-27T02:00:00Z')],
    ['from a time on', () => time('2024-10-27T05:15:00Z', null)],
    ['up to a midnight', () => time(null, '2024-10-28T00:00:00Z')],
    ['an empty span', () => time('2024-10-27T05:15:00Z', '2024-10-27T05:15:00Z')],
    ['an end before the start', () => time('2024-10-28T05:15:00Z', '2024-10-27T05:15:00Z')],
    [
      'days at a place, a category, reviewed',
      () => ({
        ...time('2024-10-26T05:15:00Z', '2024-10-28T17:45:00Z'),
        deploymentId: places.a,
        category: 'animal',
        reviewed: false,
      }),
    ],
    ['the night of a time', () => ({ ...time('2024-10-26T05:15:00Z', null), hourFrom: 21, hourTo: 4 })],
  ])('of %s equal the counts image by image', async (name, filterOf) => {
    const filter = { projectId: study.projectId, ...filterOf() };
    const expected = await counted(filter);
    expect(await readImageTotals(cache, filter)).toEqual(expected);
    if (!/empty span|an end/.test(name)) expect(expected.images).toBeGreaterThan(0);
  });

  it('are those of one project', async () => {
    expect(await readImageTotals(cache, { projectId: 999_999 })).toMatchObject({
      images: 0,
      pending: 0,
      failed: 0,
      detections: 0,
    });
  });

  it('follow inferences, annotations, moves and corrections, also while days are compacted', async () => {
    const two = await study.deployment('two');
    await study.detect(images[3]!, [found('deer'), found('deer')]);
    // Another model finds more boxes in an image of the same categories.
    const { rows } = await sql<{
      id: number;
    }>`insert into models (name, version, licence, threshold, manifest) values ('other', '1', 'MIT', 0.1, '{}')
      returning id`.execute(study.db);
    await study.detect(images[2]!, [found('deer'), found('deer'), found('deer', 0.2)], rows[0]!.id);
    const correct = (image: number, correction: Parameters<ImageRepository['correct']>[2]) =>
      study.db.transaction().execute((tx) => new ImageRepository().correct(tx, image, correction));
    await correct(images[4]!, { deploymentId: two, manualLocal: '2024-12-02T03:00:00' });
    await correct(images[5]!, { deploymentId: null });
    await Promise.all([
      days.compact(study.db),
      study.review(images[8]!, []),
      days.compact(study.db),
      study.review(images[11]!, null),
      new RunCountsRepository().compact(study.db),
    ]);
    for (const filter of [
      {},
      { deploymentId: two },
      { category: 'animal' as const },
      { hourFrom: 0, hourTo: 12 },
      time('2024-10-27T00:00:00Z', null),
    ]) {
      expect(await readImageTotals(cache, { projectId: study.projectId, ...filter })).toEqual(
        await counted({ projectId: study.projectId, ...filter }),
      );
    }
    expect(await differences()).toEqual([]);
  });

  it('have one row for each combination of a day after everything is compacted', async () => {
    await days.compact(study.db);
    expect(await differences()).toEqual([]);
    const { rows } = await sql`
      select 1 from image_counts_by_day group by project_id, deployment_id, day, processed, reviewed, has_animal,
        has_person, has_vehicle, blank having count(*) > 1 or not bool_and(compacted)`.execute(study.db);
    expect(rows).toEqual([]);
  });

  it('are removed with the images', async () => {
    await sql`delete from image_summaries where deployment_id = ${places.a}`.execute(study.db);
    expect(await differences()).toEqual([]);
    expect(await readImageTotals(cache, { projectId: study.projectId, deploymentId: places.a })).toMatchObject({
      images: 0,
      detections: 0,
    });
  });

  /** Returns the sums of `image_counts_by_day` that differ from `image_summaries`. */
  async function differences(): Promise<unknown[]> {
    const sorts =
      "project_id, coalesce(deployment_id, 0) as d, coalesce(day, '-infinity') as day, " +
      'processed, reviewed, has_animal, has_person, has_vehicle, blank';
    const { rows } = await sql
      .raw(
        `
      with summed as (select ${sorts}, sum(count)::int as n, sum(detections)::int as boxes from image_counts_by_day
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9 having sum(count) <> 0 or sum(detections) <> 0),
        actual as (
          select ${sorts}, count(*)::int as n, sum(detections)::int as boxes
          from (select *, (captured_at at time zone 'UTC')::date as day, review_id is not null as reviewed
            from image_summaries) s group by 1, 2, 3, 4, 5, 6, 7, 8, 9)
      (table summed except table actual) union all (table actual except table summed)`,
      )
      .execute(study.db);
    return rows;
  }
});
