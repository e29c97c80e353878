import { sql } from 'kysely';
import { waitUntil } from '@pugmark/testing';
import { takeAdvisoryLock } from '../connection/advisory-locks';
import { createDatabase, type Database, type DatabaseTransaction } from '../connection/database';
import { refreshObservations } from '../observations/refresh-observations';
import { Study, found } from '../testing/study.fixture';
import { DeploymentRepository } from '../deployments/deployment.repository';
import { EventRepository } from './event.repository';
import { ImageRepository } from '../images/image.repository';

describe('events', () => {
  let study: Study;
  const events = new EventRepository();

  beforeEach(async () => {
    study = await Study.start();
  });
  afterEach(() => study.stop());

  const minute = (n: number): string => new Date(Date.UTC(2026, 5, 1) + n * 60_000).toISOString().slice(0, 19);

  async function formed(columns = 'category, label, images, individuals'): Promise<unknown[]> {
    await events.formStaleEvents(study.db, study.projectId);
    return (
      await sql
        .raw(
          `select ${columns} from events order by deployment_id, label nulls first, category, starts_at,
            first_image_id`,
        )
        .execute(study.db)
    ).rows;
  }

  it('are one visit until nothing of the kind was seen for longer than half an hour, with the largest number in one image', async () => {
    const d = await study.deployment('d');
    await study.image(d, minute(0), [found('deer'), found('deer')]);
    await study.image(d, minute(30), [found('deer'), found('fox')]);
    await study.image(d, minute(61), [found('deer')]);
    expect(await formed()).toEqual([
      { category: 'animal', label: null, images: 2, individuals: 2 },
      { category: 'animal', label: null, images: 1, individuals: 1 },
      { category: 'animal', label: 'deer', images: 2, individuals: 2 },
      { category: 'animal', label: 'deer', images: 1, individuals: 1 },
      { category: 'animal', label: 'fox', images: 1, individuals: 1 },
    ]);
  });

  it('are the same when they are formed in one transaction or in many', async () => {
    const d = await study.deployment('d');
    for (const gap of [0, 10, 20, 70, 75, 80, 81, 82, 150, 151, 152, 153, 154, 155, 156, 220])
      await study.image(d, minute(gap), [found(gap % 3 === 0 ? 'deer' : 'fox')]);
    const columns = 'category, label, images, individuals, starts_at, ends_at, first_image_id';
    const atOnce = await formed(columns);
    expect(atOnce).toHaveLength(11);
    for (const stale of [sql`'-infinity', 'infinity'`, sql`'2026-06-01T01:12Z', '2026-06-01T02:34Z'`])
      for (const maxImages of [1, 2, 5]) {
        await sql`insert into stale_events (project_id, deployment_id, from_at, to_at)
          select project_id, id, ${stale} from deployments`.execute(study.db);
        await sql`delete from events where starts_at > '2026-06-01T01:12Z' and starts_at < '2026-06-01T02:34Z'`.execute(
          study.db,
        );
        await new EventRepository(maxImages).formStaleEvents(study.db, study.projectId);
        expect(await formed(columns)).toEqual(atOnce);
      }
  });

  it('never span deployments', async () => {
    for (const name of ['a', 'b']) await study.image(await study.deployment(name), minute(0), [found('deer')]);
    expect(await formed('images')).toHaveLength(4);
  });

  it('exclude detections below the threshold, and blanks', async () => {
    const d = await study.deployment('d');
    await study.image(d, minute(0), [found('deer', 0.4)]);
    await study.image(d, minute(1), []);
    await study.image(d, minute(2));
    expect(await formed()).toEqual([]);
  });

  it('consist of one image each for images without a time or a deployment, and have no time then', async () => {
    await study.image(await study.deployment('d'), null, [found('deer')]);
    await study.image(null, minute(0), [found('deer')]);
    await study.image(null, minute(1), [found('deer')]);
    expect(await formed('label, starts_at, images')).toEqual([
      { label: null, starts_at: null, images: 1 },
      { label: 'deer', starts_at: null, images: 1 },
      ...[null, null, 'deer', 'deer'].map((label) => ({ label, starts_at: null, images: 1 })),
    ]);
  });

  it('have the local hour, also of an hour that occurs twice, and the solar hour', async () => {
    const d = await study.deployment('d', { locationId: await study.location('Greenwich', 51.5, 0) });
    await study.image(d, '2026-10-25T02:30:00', [found('deer')]);
    // Solar noon at Greenwich was at 11:43:40 UTC on 3 November 2026 (equation of time +16 min 25 s), at 12:14:12 on 11
    // February.
    await study.image(d, '2026-11-03T12:42:00', [found('deer')]);
    await study.image(d, '2026-11-03T13:45:00', [found('fox')]);
    await study.image(d, '2027-02-11T13:13:00', [found('owl')]);
    await study.image(d, '2027-02-11T14:15:30', [found('elk')]);
    expect(await formed(`label, local_start, solar_hour`)).toEqual(
      expect.arrayContaining([
        { label: 'deer', local_start: '2026-10-25T02:30:00', solar_hour: 1 },
        { label: 'deer', local_start: '2026-11-03T12:42:00', solar_hour: 11 },
        { label: 'fox', local_start: '2026-11-03T13:45:00', solar_hour: 13 },
        { label: 'owl', local_start: '2027-02-11T13:13:00', solar_hour: 11 },
        { label: 'elk', local_start: '2027-02-11T14:15:30', solar_hour: 13 },
      ]),
    );
  });

  it('follow corrections of clock, zone, place, time and gap', async () => {
    const d = await study.deployment('d', { timezone: 'UTC' });
    const first = await study.image(d, minute(0), [found('deer')]);
    await study.image(d, minute(40), [found('deer')]);
    expect(await formed('starts_at, images')).toHaveLength(4);
    await study.db.transaction().execute((tx) => new ImageRepository().correct(tx, first, { manualLocal: minute(20) }));
    expect(await formed('starts_at, images')).toEqual(
      [1, 2].map(() => ({ starts_at: new Date('2026-06-01T00:20:00Z'), images: 2 })),
    );
    await study.db.transaction().execute(async (tx) => {
      await new DeploymentRepository().update(tx, d, { clock_offset_seconds: 3_600 });
      const images = new ImageRepository();
      await images.deriveTimes(tx, await images.listOfDeployment(tx, d, 0, 10));
    });
    expect((await formed('starts_at, images'))[0]).toEqual({ starts_at: new Date('2026-06-01T00:20:00Z'), images: 1 });
    expect(await formed('images')).toHaveLength(4);
    const other = await study.deployment('other', { timezone: 'UTC' });
    await study.db.transaction().execute((tx) => new ImageRepository().correct(tx, first, { deploymentId: other }));
    expect(await formed('deployment_id')).toEqual([d, d, other, other].map((deployment_id) => ({ deployment_id })));
  });

  it('use the annotation instead of the inference, and the inference again after the annotation is undone', async () => {
    const d = await study.deployment('d');
    const image = await study.image(d, minute(0), [found('deer')]);
    await study.review(image, [{ label: 'Capreolus capreolus', individuals: 3 }]);
    expect(await formed('label, individuals, reviewed')).toEqual(
      [null, 'Capreolus capreolus'].map((label) => ({ label, individuals: 3, reviewed: true })),
    );
    await study.review(image, []);
    expect(await formed()).toEqual([]);
    await study.review(image, null);
    expect(await formed('label, individuals, reviewed')).toEqual(
      [null, 'deer'].map((label) => ({ label, individuals: 1, reviewed: false })),
    );
  });

  it('keep their id as long as they start with the same image', async () => {
    const d = await study.deployment('d');
    await study.image(d, minute(0), [found('deer')]);
    const before = await formed('id');
    await study.image(d, minute(10), [found('deer', 0.95)]);
    expect(await formed('id, images')).toEqual(before.map((row) => ({ ...(row as object), images: 2 })));
  });

  it('keep their id without a time too, whatever their image is annotated with', async () => {
    const image = await study.image(await study.deployment('d'), null, [found('deer')]);
    const before = await formed('id');
    await study.review(image, [{ label: 'deer', individuals: 3 }]);
    expect(await formed('id, individuals')).toEqual(before.map((row) => ({ ...(row as object), individuals: 3 })));
    await study.review(image, [{ label: 'fox', individuals: 1 }]);
    const [ofAnimals] = before;
    expect(await formed('id, label')).toEqual([
      { ...(ofAnimals as object), label: null },
      { id: expect.any(Number), label: 'fox' },
    ]);
  });

  it('follow a time that is entered and removed, with an event that started with the image', async () => {
    const d = await study.deployment('d', { timezone: 'UTC' });
    const say = (image: number, manualLocal: string | null) =>
      study.db.transaction().execute((tx) => new ImageRepository().correct(tx, image, { manualLocal }));
    const image = await study.image(d, null, [found('deer')]);
    await study.image(d, minute(20), [found('deer')]);
    await study.image(d, minute(40), [found('deer')]);
    await say(image, minute(0));
    expect(await formed('label, images')).toEqual([null, 'deer'].map((label) => ({ label, images: 3 })));
    await say(image, null);
    expect(await formed('label, starts_at, images')).toEqual(
      [null, 'deer'].flatMap((label) => [
        { label, starts_at: new Date('2026-06-01T00:20:00Z'), images: 2 },
        { label, starts_at: null, images: 1 },
      ]),
    );
    await say(image, minute(0));
    await say(image, null);
    await say(image, minute(10));
    expect(await formed('label, starts_at, images')).toEqual(
      [null, 'deer'].map((label) => ({ label, starts_at: new Date('2026-06-01T00:10:00Z'), images: 3 })),
    );
  });

  it('use the latest inference', async () => {
    const d = await study.deployment('d');
    const image = await study.image(d, minute(0), [found('deer')]);
    const { rows } = await sql<{ id: number }>`
      insert into models (name, version, licence, threshold, manifest) values ('other', '1', 'MIT', 0.1, '{}')
        returning id`.execute(study.db);
    await study.detect(image, [found('cow', 0.2)], rows[0]!.id);
    expect(await formed('label')).toEqual([{ label: null }, { label: 'cow' }]);
  });

  it('are the same, in whatever order changes come and whenever they are read', async () => {
    let seed = 7;
    const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % n;
    const deployments = [
      await study.deployment('a', { timezone: 'UTC' }),
      await study.deployment('b', { timezone: 'UTC' }),
    ];
    const kinds = ['deer', 'fox', 'cow'];
    const images: number[] = [];
    for (let step = 0; step < 150; step += 1) {
      const what = images.length < 10 ? 0 : random(5);
      const image = images[random(images.length)] ?? 0;
      const detections = Array.from({ length: random(3) }, () => found(kinds[random(3)]!, 0.3 + random(7) / 10));
      if (what <= 1)
        images.push(
          await study.image(deployments[random(2)]!, random(5) === 0 ? null : minute(random(600)), detections),
        );
      if (what === 2)
        await study.review(
          image,
          random(3) === 0 ? null : detections.map(({ label }) => ({ label, individuals: 1 + random(4) })),
        );
      if (what === 3)
        await study.db
          .transaction()
          .execute((tx) =>
            new ImageRepository().correct(tx, image, { manualLocal: random(4) === 0 ? null : minute(random(600)) }),
          );
      if (what === 4)
        await study.db
          .transaction()
          .execute((tx) => new ImageRepository().correct(tx, image, { deploymentId: deployments[random(2)]! }));
      if (random(4) === 0) await events.formStaleEvents(study.db, null);
      if (step % 25 !== 24) continue;
      const columns =
        'deployment_id, category, label, first_image_id, best_image_id, starts_at, ends_at, ' +
        'images, individuals, confidence, reviewed';
      const byAndBy = await formed(columns);
      await sql`truncate events`.execute(study.db);
      await study.db.transaction().execute((tx) => refreshObservations(tx, images));
      expect(await formed(columns)).toEqual(byAndBy);
      expect(byAndBy.length).toBeGreaterThan(10);
    }
  });

  it('are formed once when several readers need them at the same moment', async () => {
    const d = await study.deployment('d');
    for (let n = 0; n < 20; n += 1) await study.image(d, minute(n * 40), [found('deer')]);
    await Promise.all([1, 2, 3, 4].map(() => events.formStaleEvents(study.db, study.projectId)));
    expect(await formed('images')).toHaveLength(40);
    expect(await study.db.selectFrom('stale_events').selectAll().execute()).toEqual([]);
  });

  it('are still stale when the process that formed them crashed before it committed', async () => {
    const d = await study.deployment('d');
    await study.image(d, minute(0), [found('deer')]);
    await sql`create function fail() returns trigger language plpgsql
      as 'begin raise exception ''killed''; end'`.execute(study.db);
    await sql`create trigger fail before insert on events for each row execute function fail()`.execute(study.db);
    await expect(events.formStaleEvents(study.db, null)).rejects.toThrow('killed');
    await sql`drop trigger fail on events`.execute(study.db);
    expect(await formed('images')).toHaveLength(2);
  });

  it('are formed for the other deployments when those of one fail, and the error is thrown', async () => {
    const [first, second] = [await study.deployment('a'), await study.deployment('b')];
    for (const deployment of [first, second]) await study.image(deployment, minute(0), [found('deer')]);
    await sql`create function fail() returns trigger language plpgsql
      as 'begin raise exception ''killed''; end'`.execute(study.db);
    await sql`create trigger fail before insert on events
      for each row when (new.deployment_id = ${sql.lit(first)}) execute function fail()`.execute(study.db);
    await expect(events.formStaleEvents(study.db, null)).rejects.toThrow('killed');
    expect(await study.db.selectFrom('events').select('deployment_id').execute()).toEqual([
      { deployment_id: second },
      { deployment_id: second },
    ]);
  });

  describe('while another process forms them', () => {
    let someoneElse: Database;

    beforeEach(() => {
      someoneElse = createDatabase({ url: study.databaseUrl, applicationName: 'test', poolSize: 2 });
    });
    afterEach(() => someoneElse.destroy());

    /** Returns how many connections wait for a lock, once one does and others had the time to. */
    async function waiting(): Promise<number> {
      const count = async () => {
        const { rows } = await sql`select 1 from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`.execute(someoneElse);
        return rows.length;
      };
      await waitUntil('a statement to wait for a lock', count);
      for (let n = 0; n < 20; n += 1) await count();
      return count();
    }

    /** Prevents others from deleting the stale rows before `work` is done. */
    const holdingMarks = (work: (tx: DatabaseTransaction) => Promise<void>) =>
      someoneElse.transaction().execute(async (tx) => {
        await tx.selectFrom('stale_events').selectAll().forUpdate().execute();
        await work(tx);
      });

    it('are waited for with one connection, however many readers wait', async () => {
      for (const name of ['a', 'b']) await study.image(await study.deployment(name), minute(0), [found('deer')]);
      let readers: Promise<boolean>[] = [];
      await holdingMarks(async () => {
        readers = [null, ...Array<number>(12).fill(study.projectId)].map((project) =>
          events.formStaleEvents(study.db, project),
        );
        expect(await waiting()).toBe(1);
      });
      expect(await Promise.all(readers)).toEqual(Array(13).fill(true));
      expect(await study.db.selectFrom('stale_events').selectAll().execute()).toEqual([]);
      expect(await study.db.selectFrom('events').select('id').execute()).toHaveLength(4);
    });

    it('leave connections to others, however many projects are affected', async () => {
      for (let n = 0; n < 10; n += 1) await study.image(await study.deployment(`d${n}`), minute(0), [found('deer')]);
      await sql`insert into projects (name) select 'P' || n from generate_series(1, 9) n`.execute(study.db);
      // One stale row of a project is enough: readers check no more than that.
      await sql`
        update stale_events s set project_id = p.id
          from (select id, row_number() over (order by id) as n from projects) p,
          (select id, row_number() over (order by id) as n from deployments) d
            where d.id = s.deployment_id and d.n = p.n`.execute(study.db);
      const projects = await study.db.selectFrom('projects').select('id').execute();
      let readers: Promise<boolean>[] = [];
      await holdingMarks(async () => {
        readers = projects.map(({ id }) => events.formStaleEvents(study.db, id));
        expect(await waiting()).toBe(3);
      });
      expect(await Promise.all(readers)).toEqual(Array(10).fill(true));
      expect(await study.db.selectFrom('events').select('id').execute()).toHaveLength(20);
    });

    it('are waited for without a connection', async () => {
      const d = await study.deployment('d');
      await study.image(d, minute(0), [found('deer')]);
      const oneConnection = createDatabase({ url: study.databaseUrl, applicationName: 'test', poolSize: 1 });
      let reader: Promise<boolean> = Promise.resolve(false);
      await someoneElse.transaction().execute(async (tx) => {
        await takeAdvisoryLock(tx, 'eventForming', d);
        reader = events.formStaleEvents(oneConnection, study.projectId);
        for (let n = 0; n < 20; n += 1) await sql`select pg_sleep(0.02)`.execute(oneConnection);
      });
      expect(await reader).toBe(true);
      expect(await study.db.selectFrom('events').select('id').execute()).toHaveLength(2);
      await oneConnection.destroy();
    });

    it('are waited for by each reader up to its own deadline', async () => {
      await study.image(await study.deployment('d'), minute(0), [found('deer')]);
      const hurried = new AbortController();
      let patient: Promise<boolean> = Promise.resolve(false);
      await holdingMarks(async () => {
        const first = events.formStaleEvents(study.db, study.projectId, hurried.signal);
        patient = events.formStaleEvents(study.db, study.projectId, new AbortController().signal);
        await waiting();
        hurried.abort();
        expect(await first).toBe(false);
      });
      expect(await patient).toBe(true);
      expect(await study.db.selectFrom('events').select('id').execute()).toHaveLength(2);
    });

    it('are not formed when no caller waits for them any more', async () => {
      const [first, second] = [await study.deployment('a'), await study.deployment('b')];
      for (const deployment of [first, second]) await study.image(deployment, minute(0), [found('deer')]);
      const hurried = new AbortController();
      await holdingMarks(async () => {
        const reading = events.formStaleEvents(study.db, study.projectId, hurried.signal);
        await waiting();
        hurried.abort();
        expect(await reading).toBe(false);
      });
      await waitUntil(
        'forms the first ones nevertheless',
        async () => (await study.db.selectFrom('events').select('id').execute()).length > 0,
      );
      expect(await study.db.selectFrom('stale_events').select('deployment_id').execute()).toEqual([
        { deployment_id: second },
      ]);
    });

    it('include what was committed before they were requested, even if forming had started before that', async () => {
      const d = await study.deployment('d');
      await study.image(d, minute(0), [found('deer')]);
      let [earlier, later]: Promise<boolean>[] = [];
      await someoneElse.transaction().execute(async (tx) => {
        await sql`lock table locations in access exclusive mode`.execute(tx);
        earlier = events.formStaleEvents(study.db, null);
        // It has deleted the stale rows by then.
        await waiting();
        await study.image(d, minute(600), [found('deer')]);
        later = events.formStaleEvents(study.db, study.projectId);
      });
      expect(await Promise.all([earlier, later])).toEqual([true, true]);
      expect(await study.db.selectFrom('events').select('id').execute()).toHaveLength(4);
    });
  });
});
