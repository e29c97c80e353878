import { sql } from 'kysely';
import { StatisticsCache } from '../statistics/statistics-cache';
import { EventRepository } from '../events/event.repository';
import { ModelRepository } from '../models/model.repository';
import { RunRepository } from '../runs/run.repository';
import { Study, found } from '../testing/study.fixture';
import { findEventSpan, type ImageFilter } from './image-filter';
import { countImages } from './image-count';
import { findImage } from './image-details';
import { IMAGE_SORTS, listImages, type ImagePosition, type ImageSort } from './image-list';

describe('the image filter', () => {
  let study: Study;
  /** In order; `a` to `j`. */
  let ids: number[];

  beforeAll(async () => {
    study = await Study.start();
    const ridge = await study.deployment('ridge', {
      locationId: await study.location('Ridge'),
      startsAt: '2026-06-01T00:00:00Z',
      endsAt: '2026-06-30T00:00:00Z',
    });
    const creek = await study.deployment('creek', {
      timezone: 'Pacific/Auckland',
      locationId: await study.location('Creek'),
    });
    ids = [
      await study.image(ridge, '2026-06-01T23:30:00', [found('deer', 0.9)], 'a'),
      await study.image(ridge, '2026-06-02T05:10:00', [found('deer', 0.6), found('dog', 0.55)], 'b'),
      await study.image(ridge, '2026-06-02T05:20:00', [found('deer', 0.4)], 'c'),
      await study.image(ridge, '2026-06-02T12:00:00', [found('person', 0.8, 'person')], 'd'),
      await study.image(ridge, '2026-06-02T12:05:00', [], 'e'),
      await study.image(creek, '2026-06-02T12:00:00', [found('car', 0.7, 'vehicle')], 'f'),
      await study.image(creek, null, [found('kiwi', 0.95)], 'g'),
      await study.image(ridge, '2026-08-01T12:00:00', undefined, 'h'),
      await study.image(null, '2026-06-02T12:00:00', undefined, 'i'),
      await study.image(creek, '2026-04-05T02:30:00', undefined, 'j'),
    ];
    await study.review(ids[3]!, []);
    await study.review(ids[4]!, [{ label: 'Martes martes', individuals: 2 }]);
    await sql`
      insert into tasks (kind, subject_id, state, finished_at, error_code, error_message)
      values ('detect', ${ids[7]}, 'failed', now(), 'file_missing', 'the file is missing'),
        ('detect', ${ids[0]}, 'failed', now(), 'worker_lost', 'lost')`.execute(study.db);
    await new EventRepository().formStaleEvents(study.db, null);
  });
  afterAll(() => study.stop());

  const names = async (filter: ImageFilter, sort: ImageSort = 'id'): Promise<string> =>
    (await listImages(study.db, filter, null, 50, sort)).map(({ image }) => image.fileName).join('');

  it.each<[string, ImageFilter, string]>([
    ['nothing', {}, 'abcdefghij'],
    ['an animal', { category: 'animal' }, 'abeg'],
    ['a person: an annotation says that there is none', { category: 'person' }, ''],
    ['a vehicle', { category: 'vehicle' }, 'f'],
    ['a blank', { category: 'blank' }, 'cd'],
    ['an animal of at least 0.4', { category: 'animal', minConfidence: 0.4 }, 'abceg'],
    ['an animal of at least 0.92: annotations have confidence 1', { category: 'animal', minConfidence: 0.92 }, 'eg'],
    ['any category of at least 0.65', { minConfidence: 0.65 }, 'aefg'],
    ['a blank, with 0.7 as the threshold', { category: 'blank', minConfidence: 0.7 }, 'bcd'],
    ['a label', { label: 'deer' }, 'ab'],
    ['a label and a confidence', { label: 'deer', minConfidence: 0.7 }, 'a'],
    ['the label of an annotation', { label: 'Martes martes' }, 'e'],
    ['the night, across midnight', { hourFrom: 22, hourTo: 5 }, 'abcj'],
    ['noon', { hourFrom: 12, hourTo: 12 }, 'defh'],
    ['from six on', { hourFrom: 6 }, 'adefh'],
    ['reviewed', { reviewed: true }, 'de'],
    ['not reviewed', { reviewed: false }, 'abcfghij'],
    ['a time', { capturedFrom: new Date('2026-06-02T00:00:00Z'), capturedTo: new Date('2026-06-02T03:15:00Z') }, 'bf'],
    ['pending', { status: 'pending' }, 'ij'],
    ['failed', { status: 'failed' }, 'h'],
    ['done', { status: 'done' }, 'abcdefg'],
    ['a reason', { failedReason: 'file_missing' }, 'h'],
    ['a failure that was retried successfully', { failedReason: 'worker_lost' }, ''],
    ['no time', { timeIssue: 'no_time' }, 'gi'],
    ['outside of the deployment’s dates', { timeIssue: 'outside_deployment' }, 'h'],
    ['an hour that occurred twice', { timeIssue: 'dst_overlap' }, 'j'],
  ])('selects by %s', async (_what, filter, expected) => {
    const all = { projectId: study.projectId, ...filter };
    expect(await names(all)).toBe(expected);
    expect(await names(filter)).toBe(expected);
    expect(await countImages(new StatisticsCache(study.db), all)).toEqual({ count: expected.length, exact: true });
  });

  it('selects by deployment, location and ingest', async () => {
    const deployments = await study.db.selectFrom('deployments').select(['id', 'location_id']).orderBy('id').execute();
    expect(await names({ deploymentId: deployments[1]!.id })).toBe('fgj');
    expect(await names({ locationId: deployments[1]!.location_id! })).toBe('fgj');
    expect(await names({ locationId: deployments[1]!.location_id!, category: 'vehicle' }, '-capturedAt')).toBe('f');
    expect(await names({ locationId: deployments[1]!.location_id!, label: 'kiwi' }, 'confidence')).toBe('g');
    expect(await names({ label: 'deer', minConfidence: 0.55 }, '-confidence')).toBe('ab');
    expect(await names({ label: 'deer', deploymentId: deployments[0]!.id }, '-capturedAt')).toBe('ba');
    expect(await names({ ingestId: 1 })).toBe('abcdefghij');
    expect(await names({ ingestId: 2 })).toBe('');
    expect(await names({ projectId: study.projectId + 1 })).toBe('');
  });

  it('selects by event: the effective observations of its kind between its first and last image', async () => {
    const events = await study.db.selectFrom('events').select(['id', 'label']).orderBy('id').execute();
    const images: Record<string, string[]> = {};
    for (const { id, label } of events)
      (images[label ?? 'any'] ??= []).push(await names({ event: (await findEventSpan(study.db, id))! }));
    for (const list of Object.values(images)) list.sort();
    expect(images).toEqual({
      any: ['a', 'b', 'e', 'f', 'g'],
      deer: ['a', 'b'],
      dog: ['b'],
      'Martes martes': ['e'],
      car: ['f'],
      kiwi: ['g'],
    });
    expect(await findEventSpan(study.db, 999_999)).toBeNull();
  });

  it('selects by a run: by its own model, not by annotations or other models', async () => {
    const runs = new RunRepository();
    const create = async (modelId: number, filter: ImageFilter): Promise<number> => {
      const id = await runs.create(study.db, { projectId: study.projectId, modelId, classify: null, priority: 0 });
      await study.db
        .transaction()
        .execute((tx) =>
          runs.createTasksForImages(tx, { id, projectId: study.projectId, priority: 0, traceparent: null }, filter),
        );
      return id;
    };
    const own = await create(study.modelId, { capturedTo: new Date('2026-06-03T00:00:00Z') });
    expect(await names({ runId: own })).toBe('abcdefj');
    expect(await names({ runId: own, category: 'person' })).toBe('d');
    expect(await names({ runId: own, category: 'animal' })).toBe('ab');
    expect(await names({ runId: own, category: 'blank' })).toBe('ce');
    expect(await names({ runId: own, category: 'animal', minConfidence: 0.4 })).toBe('abc');
    expect(await names({ runId: own, status: 'pending' })).toBe('j');
    const other = await new ModelRepository().register(study.db, {
      name: 'm',
      version: '2',
      licence: 'MIT',
      threshold: 0.5,
      decoder: 'centernet',
    } as never);
    const another = await create(other.id, { category: 'animal' });
    expect(await names({ runId: another })).toBe('abeg');
    expect(await names({ runId: another, category: 'animal' })).toBe('');
    expect(await names({ runId: another, status: 'pending' })).toBe('abeg');
  });

  it.each<[ImageSort, string]>([
    ['id', 'abcdefghij'],
    ['-id', 'jihgfedcba'],
    ['capturedAt', 'jafbcdeh'],
    ['-capturedAt', 'hedcbfaj'],
    ['confidence', 'bfage'],
    ['-confidence', 'egafb'],
  ])('sorts by %s, page by page, each image once', async (sort, expected) => {
    expect(IMAGE_SORTS).toContain(sort);
    expect(await names({ projectId: study.projectId }, sort)).toBe(expected);
    let after: ImagePosition | null = null;
    let paged = '';
    for (;;) {
      const page = await listImages(study.db, { projectId: study.projectId }, after, 2, sort);
      const last = page.at(-1);
      if (last === undefined) break;
      paged += page.map(({ image }) => image.fileName).join('');
      after = last.position;
    }
    expect(paged).toBe(expected);
  });

  it('returns detections in descending order of confidence, then in order of id', async () => {
    const image = await study.image(null, null, [
      found('fox', 0.6),
      found('deer', 0.95),
      found('hare', 0.95),
      found('owl', 0.8),
    ]);
    const expected = ['deer', 'hare', 'owl', 'fox'];
    const labels = (details: Awaited<ReturnType<typeof findImage>> | undefined) =>
      details?.detections.map(({ label }) => label);
    expect(labels(await findImage(study.db, image))).toEqual(expected);
    for (const filter of [{}, { label: 'owl' }]) {
      const page = await listImages(study.db, { projectId: study.projectId, ...filter }, null, 50, '-id');
      expect(labels(page.find((one) => one.image.id === image)?.image)).toEqual(expected);
    }
  });

  it('requires category and label of the same observation, as events do', async () => {
    const mixed = await Study.start();
    try {
      const place = await mixed.deployment('d');
      const person = found('person', 0.8, 'person');
      for (const [name, what] of [
        ['a', [found('deer'), person]],
        ['b', [person]],
        ['c', [found('deer'), found('deer', 0.7, 'vehicle')]],
      ] as const)
        await mixed.image(place, '2026-06-01T12:00:00', what, name);
      for (const [filter, expected] of [
        [{ category: 'animal', label: 'deer' }, 'ac'],
        [{ category: 'person', label: 'deer' }, ''],
        [{ category: 'vehicle', label: 'deer' }, 'c'],
        [{ category: 'vehicle', label: 'deer', minConfidence: 0.75 }, ''],
        [{ label: 'deer' }, 'ac'],
        [{ category: 'person', label: 'person', reviewed: false }, 'ab'],
      ] as const) {
        for (const sort of IMAGE_SORTS) {
          const images = await listImages(mixed.db, { projectId: mixed.projectId, ...filter }, null, 50, sort);
          expect([
            sort,
            filter,
            images
              .map(({ image }) => image.fileName)
              .sort()
              .join(''),
          ]).toEqual([sort, filter, expected]);
        }
        expect(await countImages(new StatisticsCache(mixed.db), { projectId: mixed.projectId, ...filter })).toEqual({
          count: expected.length,
          exact: true,
        });
      }
    } finally {
      await mixed.stop();
    }
  });
});
