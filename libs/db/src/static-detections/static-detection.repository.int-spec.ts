import { sql } from 'kysely';
import type { Box, Detection } from '@pugmark/domain';
import { waitUntil } from '@pugmark/testing';
import { inTransaction } from '../connection/in-transaction';
import { lockImages, refreshObservations } from '../observations/refresh-observations';
import { Study, found } from '../testing/study.fixture';
import { DeploymentRepository } from '../deployments/deployment.repository';
import { DetectionRepository } from '../inferences/detection.repository';
import { EventRepository } from '../events/event.repository';
import { ImageRepository } from '../images/image.repository';
import { StaticDetectionRepository, type StaticDetectionRow } from './static-detection.repository';

const BRANCH: Box = { x: 0.4, y: 0.3, width: 0.2, height: 0.1 };
const STONE: Box = { x: 0.1, y: 0.7, width: 0.1, height: 0.2 };

function at(box: Box, label = 'branch', confidence = 0.9): Detection {
  return { ...found(label, confidence), box };
}

/** At a different place each time. */
function deer(step: number): Detection {
  return at({ x: 0.02 * (step % 40), y: 0.1 + 0.03 * (step % 7), width: 0.05, height: 0.1 }, 'deer');
}

describe('static detections', () => {
  let study: Study;
  let d: number;
  /** Its threshold is 0.2. */
  let otherModel: number;
  const staticDetections = new StaticDetectionRepository();

  beforeEach(async () => {
    study = await Study.start();
    d = await study.deployment('d');
    const { rows } = await sql<{
      id: number;
    }>`insert into models (name, version, licence, threshold, manifest) values ('other', '1', 'MIT', 0.2, '{}')
      returning id`.execute(study.db);
    otherModel = rows[0]!.id;
  });
  afterEach(() => study.stop());

  const second = (n: number): string => new Date(Date.UTC(2026, 5, 1) + n * 1_000).toISOString().slice(0, 19);

  async function images(
    count: number,
    detections: (step: number) => readonly Detection[],
    deploymentId: number | null = d,
  ): Promise<number[]> {
    const ids: number[] = [];
    for (let step = 0; step < count; step += 1)
      ids.push(await study.image(deploymentId, second(step), detections(step)));
    return ids;
  }

  async function counted(): Promise<Readonly<Record<string, number>>> {
    const { rows } = await sql<{
      label: string;
      images: number;
    }>`select label, count(*)::int as images from observations group by label order by label`.execute(study.db);
    return Object.fromEntries(rows.map(({ label, images: n }) => [label, n]));
  }

  async function someoneWaits(): Promise<void> {
    await waitUntil('a statement to wait for a lock', async () => {
      const { rows } = await sql`select 1 from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(study.db);
      return rows.length > 0;
    });
  }

  const search = (deploymentId = d) => staticDetections.search(study.db, deploymentId, AbortSignal.timeout(60_000));
  const all = (deploymentId = d): Promise<StaticDetectionRow[]> =>
    staticDetections.page(study.db, deploymentId, 0, 100);
  const dismiss = (id: number, by: string | null): Promise<boolean> =>
    waitUntil('the static detection to be dismissed', async () => {
      const outcome = await inTransaction(study.db, async (tx) => {
        const locked = await staticDetections.lock(tx, id);
        if (locked === 'locked') await staticDetections.setDismissed(tx, id, by);
        return locked;
      });
      return outcome !== 'busy' && { exists: outcome === 'locked' };
    }).then(({ exists }) => exists);
  const move = (id: number, deploymentId: number | null) =>
    inTransaction(study.db, async (tx) => {
      await new ImageRepository().lock(tx, id, { deploymentId });
      await new ImageRepository().correct(tx, id, { deploymentId });
    });

  it('are not effective once they are in 20 images of a deployment, while other detections of these images are', async () => {
    await images(19, (step) => [at(BRANCH), deer(step)]);
    expect(await search()).toEqual({ staticDetections: 0, newStaticDetections: 0, changedImages: 0 });
    expect(await counted()).toEqual({ branch: 19, deer: 19 });
    const last = await study.image(d, second(3_600), [at(BRANCH)]);
    expect(await search()).toEqual({ staticDetections: 1, newStaticDetections: 1, changedImages: 20 });
    expect(await counted()).toEqual({ deer: 19 });
    expect(
      await study.db
        .selectFrom('image_summaries')
        .select(['has_animal', 'blank', 'animal', 'confidence'])
        .where('image_id', '=', last)
        .executeTakeFirst(),
    ).toEqual({
      has_animal: false,
      blank: true,
      animal: null,
      confidence: null,
    });
    await new EventRepository().formStaleEvents(study.db, null);
    expect(await study.db.selectFrom('events').select('label').distinct().orderBy('label').execute()).toEqual([
      { label: 'deer' },
      { label: null },
    ]);
    expect(await all()).toEqual([
      expect.objectContaining({
        deploymentId: d,
        projectId: study.projectId,
        category: 'animal',
        ...BRANCH,
        images: 20,
        firstAt: new Date('2026-05-31T22:00:00Z'),
        lastAt: new Date('2026-05-31T23:00:00Z'),
        dismissedAt: null,
      }),
    ]);
    expect(await search()).toEqual({ staticDetections: 1, newStaticDetections: 0, changedImages: 0 });
  });

  it('are found within one deployment, among detections above the threshold', async () => {
    await images(10, () => [at(BRANCH)]);
    await images(19, () => [at(BRANCH, 'branch', 0.4)]);
    await images(10, () => [at(BRANCH)], await study.deployment('other'));
    await images(20, () => [at(BRANCH)], null);
    expect(await search()).toMatchObject({ staticDetections: 0 });
    expect(await counted()).toEqual({ branch: 40 });
  });

  it('are found even if the image was reviewed; the annotation is effective', async () => {
    const [first] = await images(20, () => [at(BRANCH)]);
    await study.review(first!, [{ label: 'Martes martes' }]);
    expect(await search()).toMatchObject({ staticDetections: 1 });
    expect(await counted()).toEqual({ 'Martes martes': 1 });
  });

  it('keep their id when new images are added', async () => {
    await images(20, () => [at(BRANCH)]);
    await search();
    const [before] = await all();
    await images(5, () => [at({ ...BRANCH, x: BRANCH.x + 0.004 }), at(STONE)]);
    expect(await search()).toEqual({ staticDetections: 1, newStaticDetections: 0, changedImages: 5 });
    expect(await all()).toEqual([{ ...before, images: 25 }]);
    expect(await counted()).toEqual({ branch: 5 });
  });

  it('are effective at once when a person dismisses them, also in later images, until that is withdrawn', async () => {
    await images(20, () => [at(BRANCH), at(STONE, 'stone')]);
    await search();
    const [branch, stone] = await all();
    expect(await dismiss(branch!.id, 'ranger')).toBe(true);
    expect(await counted()).toEqual({ branch: 20 });
    await images(5, () => [at(BRANCH), at(STONE, 'stone')]);
    await search();
    expect(await counted()).toEqual({ branch: 25 });
    const dismissed = await staticDetections.find(study.db, branch!.id);
    expect(dismissed).toMatchObject({ images: 25, dismissedBy: 'ranger', dismissedAt: expect.any(Date) });
    await dismiss(branch!.id, 'someone later');
    expect(await staticDetections.find(study.db, branch!.id)).toEqual(dismissed);
    await dismiss(branch!.id, null);
    expect(await counted()).toEqual({});
    expect(await all()).toEqual([branch, stone].map((box) => ({ ...box, images: 25 })));
    expect(await dismiss(9_999, 'ranger')).toBe(false);
  });

  it('stay dismissed when they disappear for a while', async () => {
    const ids = await images(20, () => [at(BRANCH)]);
    await search();
    const [branch] = await all();
    await dismiss(branch!.id, 'ranger');
    await move(ids[0]!, null);
    await search();
    expect(await all()).toEqual([
      expect.objectContaining({
        id: branch!.id,
        images: 0,
        exampleImageId: null,
        firstAt: null,
        dismissedBy: 'ranger',
      }),
    ]);
    await move(ids[0]!, d);
    expect(await search()).toEqual({ staticDetections: 1, newStaticDetections: 0, changedImages: 20 });
    expect(await counted()).toEqual({ branch: 20 });
  });

  it('are effective in an image that is moved away, at once, and in all images once fewer than 20 are left', async () => {
    const ids = await images(20, () => [at(BRANCH)]);
    await search();
    const other = await study.deployment('other');
    await move(ids[7]!, other);
    expect(await counted()).toEqual({ branch: 1 });
    expect(await staticDetections.findDue(study.db, { quietSeconds: 0, maxSeconds: 0 })).toEqual([d, other]);
    expect(await search()).toEqual({ staticDetections: 0, newStaticDetections: 0, changedImages: 19 });
    expect(await counted()).toEqual({ branch: 20 });
    expect(await all()).toEqual([expect.objectContaining({ images: 0, dismissedAt: null })]);
  });

  it('use the latest inference', async () => {
    const ids = await images(20, () => [at(BRANCH)]);
    await search();
    for (const id of ids.slice(0, 15)) await study.detect(id, [at(STONE, 'stone', 0.3)], otherModel);
    expect(await search()).toEqual({ staticDetections: 0, newStaticDetections: 0, changedImages: 20 });
    expect(await counted()).toEqual({ branch: 5, stone: 15 });
    await images(20, () => [at(STONE, 'stone')]);
    expect(await search()).toEqual({ staticDetections: 1, newStaticDetections: 1, changedImages: 35 });
    expect(await counted()).toEqual({ branch: 5 });
  });

  it('are found even if comparing takes longer than a transaction may be idle', async () => {
    await study.image(
      d,
      second(0),
      Array.from({ length: 1_000 }, () => at(BRANCH)),
    );
    await sql`create function hurry() returns trigger language plpgsql
      as 'begin set local idle_in_transaction_session_timeout = 1000; return null; end'`.execute(study.db);
    await sql`create trigger hurry after delete on stale_static_detections execute function hurry()`.execute(study.db);
    expect(await search()).toEqual({ staticDetections: 0, newStaticDetections: 0, changedImages: 0 });
  });

  describe('are searched for', () => {
    const due = (quietSeconds: number, latestSeconds = 600) =>
      staticDetections.findDue(study.db, { quietSeconds, maxSeconds: latestSeconds });
    const ago = (seconds: number) =>
      sql`update stale_static_detections set marked_at = marked_at - ${seconds} * interval '1 second'`.execute(
        study.db,
      );

    it('where there are new results, after a quiet time or the maximum delay, and not again', async () => {
      const quiet = await study.deployment('quiet');
      await study.deployment('empty');
      await images(1, () => [], quiet);
      await ago(120);
      await images(1, () => []);
      expect(await due(60)).toEqual([quiet]);
      await ago(500);
      await images(1, () => []);
      expect(await due(60)).toEqual([quiet]);
      await ago(110);
      await images(1, () => []);
      expect(await due(60)).toEqual([quiet, d]);
      expect(await staticDetections.searchStale(study.db, d)).toEqual({
        staticDetections: 0,
        newStaticDetections: 0,
        changedImages: 0,
      });
      expect(await staticDetections.searchStale(study.db, d)).toBeNull();
      await search(quiet);
      expect(await due(0, 0)).toEqual([]);
    });

    it('again, when the process that searched crashed before it committed', async () => {
      await images(20, () => [at(BRANCH)]);
      await sql`create function fail() returns trigger language plpgsql
        as 'begin raise exception ''killed''; end'`.execute(study.db);
      await sql`create trigger fail before insert on image_summaries for each row execute function fail()`.execute(
        study.db,
      );
      await expect(staticDetections.searchStale(study.db, d)).rejects.toThrow('killed');
      await sql`drop trigger fail on image_summaries`.execute(study.db);
      expect(await due(0)).toEqual([d]);
      expect(await all()).toEqual([]);
      expect(await staticDetections.searchStale(study.db, d)).toEqual({
        staticDetections: 1,
        newStaticDetections: 1,
        changedImages: 20,
      });
    });

    it('where results were committed during another search', async () => {
      await images(1, () => []);
      const late = await study.image(d, second(0));
      await study.db.transaction().execute(async (tx) => {
        await new DetectionRepository().insertNew(tx, [
          {
            imageId: late,
            modelId: study.modelId,
            engine: 'null',
            warning: null,
            decodeMs: 1,
            inferMs: 1,
            detections: [],
          },
        ]);
        expect(await staticDetections.searchStale(study.db, d)).toEqual({
          staticDetections: 0,
          newStaticDetections: 0,
          changedImages: 0,
        });
        expect(await due(0)).toEqual([]);
      });
      expect(await due(0)).toEqual([d]);
    });

    it('once, when several gateways search at the same moment', async () => {
      await images(20, () => [at(BRANCH)]);
      const searches = await Promise.all([1, 2, 3, 4].map(() => staticDetections.searchStale(study.db, d)));
      expect(searches.filter((one) => one !== null)).toHaveLength(1);
      await Promise.all([1, 2, 3, 4].map(() => search()));
      expect(await all()).toHaveLength(1);
    });
  });

  it.each([
    ['is moved away', (id: number) => move(id, null)],
    ['is processed by another model', (id: number) => study.detect(id, [], otherModel)],
  ])('are not assigned in an image that %s during the search', async (_, change) => {
    const ids = await images(21, () => [at(BRANCH)]);
    let searching: Promise<unknown> = Promise.resolve();
    await study.db.transaction().execute(async (tx) => {
      // Another transaction holds the lock; the search has read everything by then.
      await lockImages(tx, [ids[0]!]);
      searching = search();
      await someoneWaits();
      await change(ids[20]!);
    });
    await searching;
    const assigned = await study.db
      .selectFrom('detections')
      .select('image_id')
      .where('static_detection_id', 'is not', null)
      .execute();
    expect(assigned.map(({ image_id }) => image_id).sort((a, b) => a - b)).toEqual(ids.slice(0, 20));
    expect(await all()).toMatchObject([{ images: 20 }]);
    expect(await staticDetections.findDue(study.db, { quietSeconds: 0, maxSeconds: 0 })).toEqual([d]);
  });

  it('are consistent, without deadlocks, while workers commit, people move, review and dismiss, and others search', async () => {
    let seed = 11;
    const random = (n: number): number => (seed = (seed * 48_271) % 2_147_483_647) % n;
    const places = [d, await study.deployment('other')];
    const ids: number[] = [];
    for (let n = 0; n < 160; n += 1) ids.push(await study.image(places[n % 2]!, second(n)));
    let working = true;
    const turns = { searches: 0, changes: 0 };
    const worker = async (modelId: number, shuffled: number[]): Promise<void> => {
      for (let from = 0; from < shuffled.length; from += 8) {
        const results = shuffled.slice(from, from + 8).map((imageId) => ({
          ...{ imageId, modelId, engine: 'null', warning: null, decodeMs: 1, inferMs: 1 },
          detections: [at(BRANCH), deer(imageId), ...(random(2) === 0 ? [at(STONE, 'stone')] : [])],
        }));
        await study.db.transaction().execute((tx) => new DetectionRepository().insertNew(tx, results));
      }
    };
    const searcher = async (deploymentId: number): Promise<void> => {
      for (; working; turns.searches += 1) await search(deploymentId);
    };
    const people = async (): Promise<void> => {
      for (; working; turns.changes += 1) {
        const what = random(4);
        const [box] = await all(places[random(2)]);
        if (what === 0 && box !== undefined) await dismiss(box.id, random(2) === 0 ? 'ranger' : null);
        if (what === 1) await study.review(ids[random(160)]!, random(2) === 0 ? null : [{ label: 'fox' }]);
        if (what === 2) await move(ids[random(160)]!, places[random(2)]!);
        if (what === 3) await correct(places[random(2)]!);
      }
    };
    const correct = (deploymentId: number) =>
      study.db.transaction().execute(async (tx) => {
        await new DeploymentRepository().lock(tx, deploymentId);
        await new DeploymentRepository().update(tx, deploymentId, { clock_offset_seconds: random(100) });
        const images = new ImageRepository();
        await images.deriveTimes(tx, await images.listOfDeployment(tx, deploymentId, 0, 1_000));
      });
    const shuffled = () => [...ids].sort(() => random(3) - 1);
    const workers = Promise.all([worker(study.modelId, shuffled()), worker(otherModel, shuffled())]).finally(
      () => (working = false),
    );
    await Promise.all([workers, ...places.map(searcher), people(), people()]);
    expect(turns.searches).toBeGreaterThan(5);
    expect(turns.changes).toBeGreaterThan(20);

    for (const place of places) await search(place);
    const derived = () =>
      sql`
      select s.image_id, s.has_animal, s.blank, s.animal, s.confidence,
        (select array_agg(o.label || o.individuals order by o.label) from observations o where o.image_id = s.image_id)
          as seen
      from image_summaries s order by s.image_id`
        .execute(study.db)
        .then((result) => result.rows);
    const byAndBy = await derived();
    await study.db.transaction().execute((tx) => refreshObservations(tx, ids));
    expect(await derived()).toEqual(byAndBy);
    // Each effective detection belongs to the matching static detection, and the others to none.
    const belongs = await sql`
      select distinct d.label, s.inference_id = d.inference_id as latest, case
        when b.deployment_id = s.deployment_id then 'here' when b.id is not null then 'elsewhere' end as box
      from detections d join image_summaries s on s.image_id = d.image_id
        left join static_detections b on b.id = d.static_detection_id
      order by 1, 2, 3`.execute(study.db);
    const outlines = ['branch', 'deer', 'stone'].flatMap((label) => [
      { label, latest: false, box: null },
      { label, latest: true, box: label === 'deer' ? null : 'here' },
    ]);
    expect(belongs.rows).toEqual(outlines);
  });
});
