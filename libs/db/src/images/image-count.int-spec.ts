import { sql } from 'kysely';
import { StatisticsCache } from '../statistics/statistics-cache';
import { ImageRepository } from './image.repository';
import { RunCountsRepository } from '../runs/run-counts.repository';
import { Study, found } from '../testing/study.fixture';
import { countImages } from './image-count';

describe('image counts', () => {
  let study: Study;
  beforeEach(async () => {
    study = await Study.start();
  });
  afterEach(() => study.stop());

  /** Returns the sums of `image_counts_by_hour` that differ from `image_summaries`. */
  async function differences(): Promise<unknown[]> {
    const sorts =
      'project_id, coalesce(deployment_id, 0) as d, coalesce(local_hour, -1) as h, has_time, ' +
      'processed, reviewed, has_animal, has_person, has_vehicle, blank';
    const { rows } = await sql
      .raw(
        `
      with summed as (select ${sorts}, sum(count)::int as n from image_counts_by_hour
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 having sum(count) <> 0),
        actual as (select ${sorts}, count(*)::int as n
          from (select *, captured_at is not null as has_time, review_id is not null as reviewed
            from image_summaries) s group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
      (table summed except table actual) union all (table actual except table summed)`,
      )
      .execute(study.db);
    return rows;
  }

  it('follow inferences, annotations, moves and corrections, also while they are compacted', async () => {
    const [a, b] = [await study.deployment('a'), await study.deployment('b')];
    const images: number[] = [];
    for (let n = 0; n < 60; n += 1) {
      images.push(
        await study.image(
          n % 2 === 0 ? a : b,
          n % 7 === 0 ? null : `2026-05-01T${String(n % 24).padStart(2, '0')}:00:00`,
          n % 3 === 0 ? undefined : [found('deer', n % 5 === 0 ? 0.3 : 0.9)],
        ),
      );
      if (n % 10 === 0) await new RunCountsRepository().compact(study.db);
    }
    await study.review(images[1]!, [{ label: 'fox' }]);
    await study.review(images[2]!, []);
    await study.db
      .transaction()
      .execute((tx) =>
        new ImageRepository().correct(tx, images[4]!, { deploymentId: b, manualLocal: '2026-05-02T03:00:00' }),
      );
    await study.db.transaction().execute((tx) => new ImageRepository().correct(tx, images[5]!, { deploymentId: null }));
    expect(await differences()).toEqual([]);
    expect(await countImages(new StatisticsCache(study.db), { projectId: study.projectId })).toEqual({
      count: 60,
      exact: true,
    });
    await Promise.all([
      new RunCountsRepository().compact(study.db),
      study.review(images[7]!, []),
      new RunCountsRepository().compact(study.db),
    ]);
    expect(await differences()).toEqual([]);
    await sql`insert into image_counts_by_hour (
      project_id, has_time, processed, reviewed, has_animal, has_person, has_vehicle, blank, count)
      select ${study.projectId}, true, true, true, true, true, true, false, case when n % 2 = 0 then 1 else -1 end
        from generate_series(1, 500) n`.execute(study.db);
    await new RunCountsRepository().compact(study.db);
    expect(await differences()).toEqual([]);
    expect((await sql`select 1 from image_counts_by_hour where has_vehicle`.execute(study.db)).rows).toEqual([]);
  });
});
