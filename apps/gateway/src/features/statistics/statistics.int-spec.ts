import { ReferenceStudy } from '@pugmark/db/testing';
import { TestGateway, animal } from '../../testing/gateway.fixture';

interface Kind {
  readonly category: string | null;
  readonly label: string | null;
  readonly events: number | readonly number[];
  readonly individuals: number | readonly number[];
  readonly ratedEvents: number;
  readonly per100TrapNights: number | null;
}

/**
 * The study is counted by hand in `pencil-study.fixture.ts` of @pugmark/db; these tests check that the API returns all
 * of it and takes every filter.
 */
describe('statistics', () => {
  let gateway: TestGateway;
  let pencil: ReferenceStudy;
  beforeAll(async () => {
    pencil = await ReferenceStudy.start();
    gateway = await TestGateway.start({ databaseUrl: pencil.study.databaseUrl });
    gateway.adminKey = await gateway.key(['read']);
  });
  afterAll(async () => {
    await gateway.stop();
    await pencil.study.stop();
  });

  async function statistic(name: string, query: Readonly<Record<string, string | number>> = {}) {
    const { status, body } = await gateway.get(
      `/statistics/${name}?${new URLSearchParams({ projectId: String(pencil.study.projectId), ...query } as Record<string, string>)}`,
    );
    expect([status, status === 200 ? undefined : body.detail]).toEqual([200, undefined]);
    return body;
  }

  const inShort = (kinds: readonly Kind[]) =>
    kinds.map((one) => [one.label ?? one.category, one.events, one.individuals]);

  it('summarize a study that was never read before: stale events are formed first', async () => {
    expect((await gateway.db.selectFrom('stale_events').select('id').execute()).length).toBeGreaterThan(0);
    expect(await statistic('summary')).toEqual({
      images: {
        images: 25,
        processed: 23,
        pending: 1,
        failed: 1,
        blank: 4,
        animal: 15,
        person: 3,
        vehicle: 1,
        reviewed: 2,
        withoutTime: 2,
        detections: 24,
      },
      events: 13,
      individuals: 20,
      withoutTime: 2,
      kinds: [
        { category: 'animal', label: null, events: 9, individuals: 15 },
        { category: 'person', label: null, events: 3, individuals: 4 },
        { category: 'vehicle', label: null, events: 1, individuals: 1 },
      ],
      deployments: 5,
      deploymentsWithoutDates: 1,
      locations: 3,
      trapNights: 10,
    });
    expect(await gateway.db.selectFrom('stale_events').select('id').execute()).toEqual([]);
  });

  it.each<[string, () => Record<string, string | number>, number, number | null]>([
    ['a deployment', () => ({ deploymentId: pencil.ids['A']! }), 4, 11],
    ['a location', () => ({ locationId: pencil.ids['Ridge']! }), 8, 18],
    ['a category', () => ({ category: 'person' }), 3, 3],
    ['a label', () => ({ label: 'fox' }), 2, null],
    ['a confidence', () => ({ minConfidence: 0.95 }), 2, null],
    ['a time', () => ({ capturedFrom: '2024-10-27T00:00:00+02:00', capturedTo: '2024-10-28T00:00:00+01:00' }), 4, 5],
    ['hours', () => ({ hourFrom: 23, hourTo: 1 }), 6, 7],
    ['review', () => ({ reviewed: 'true' }), 1, 2],
    [
      'all together',
      () => ({
        locationId: pencil.ids['Ridge']!,
        deploymentId: pencil.ids['B']!,
        category: 'animal',
        label: 'deer',
        minConfidence: 0.5,
        capturedFrom: '2024-10-01T00:00:00Z',
        hourFrom: 0,
        reviewed: 'false',
      }),
      2,
      null,
    ],
  ])('filter by %s', async (_, query, events, images) => {
    const summary = await statistic('summary', query());
    expect([summary.events, summary.images?.images ?? null]).toEqual([events, images]);
    const sum = (kinds: readonly Kind[]): number =>
      kinds.flatMap((one) => one.events).reduce((total, count) => total + count, 0);
    const captures = await statistic('captures', { ...query(), by: 'location' });
    expect([
      sum(captures.total.kinds),
      captures.groups.reduce((total: number, one: { kinds: Kind[] }) => total + sum(one.kinds), 0),
    ]).toEqual([events, events]);
    const activity = await statistic('activity', query());
    expect(sum(activity.kinds) + activity.withoutTime).toBe(events);
    const timeline = await statistic('timeline', { ...query(), by: 'month' });
    expect(sum(timeline.kinds) + timeline.withoutTime).toBe(events);
    const presence = await statistic('presence', query());
    expect(
      presence.places.reduce((total: number, one: { events: number }) => total + one.events, 0) +
        presence.withoutDeployment,
    ).toBe(events);
    const { body: list } = await gateway.get(
      `/events?${new URLSearchParams({ projectId: String(pencil.study.projectId), ...query() } as Record<string, string>)}`,
    );
    expect(list.items).toHaveLength(events);
  });

  it('report capture rates per 100 trap-nights', async () => {
    const { total, groups } = await statistic('captures', { by: 'deployment', groupBy: 'label', top: 1 });
    const rates = (kinds: readonly Kind[]) =>
      kinds.map((one) => [one.label, one.events, one.ratedEvents, one.per100TrapNights]);
    // Deer: a3 and n1 have no time. Others: f1, p1, v1 and b2; d1 and d2 belong to unknown trap-nights.
    expect([total.trapNights, rates(total.kinds)]).toEqual([
      10,
      [
        ['deer', 8, 6, 60],
        [null, 6, 4, 40],
      ],
    ]);
    expect(
      groups.map((one: { deploymentName: string; trapNights: number | null; kinds: Kind[] }) => [
        one.deploymentName,
        one.trapNights,
        rates(one.kinds),
      ]),
    ).toEqual([
      [
        'A',
        4,
        [
          ['deer', 3, 2, 50],
          [null, 2, 2, 50],
        ],
      ],
      [
        'B',
        2,
        [
          ['deer', 2, 2, 100],
          [null, 2, 2, 100],
        ],
      ],
      ['C', 2, [['deer', 2, 2, 100]]],
      ['D', null, [[null, 2, 0, null]]],
      ['E', 2, []],
      [null, 0, [['deer', 1, 0, null]]],
    ]);
  });

  it('report activity by hour, in local and solar time', async () => {
    const local = await statistic('activity', { category: 'animal' });
    expect(local.kinds).toHaveLength(1);
    expect(local.kinds[0].events).toEqual([1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const solar = await statistic('activity', { category: 'animal', clock: 'solar' });
    expect(solar.kinds[0].events).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    expect([local.withoutTime, local.withoutPlace, solar.withoutTime, solar.withoutPlace]).toEqual([2, 0, 2, 2]);
  });

  it('report events by day, week and month', async () => {
    const A = { deploymentId: pencil.ids['A']! };
    const day = await statistic('timeline', A);
    expect([day.steps, day.trapNights, inShort(day.kinds)]).toEqual([
      ['2024-03-29', '2024-03-30', '2024-03-31', '2024-04-01', '2024-04-02'],
      [1, 1, 1, 1, 0],
      [
        ['animal', [1, 0, 1, 0, 0], [2, 0, 1, 0, 0]],
        ['person', [0, 0, 0, 1, 0], [0, 0, 0, 1, 0]],
      ],
    ]);
    const week = await statistic('timeline', { ...A, by: 'week' });
    expect([week.steps, week.trapNights, inShort(week.kinds)]).toEqual([
      ['2024-03-25', '2024-04-01'],
      [3, 1],
      [
        ['animal', [2, 0], [3, 0]],
        ['person', [0, 1], [0, 1]],
      ],
    ]);
    expect((await statistic('timeline', { by: 'month' })).trapNights).toEqual([3, 1, 2, 0, 0, 0, 0, 2, 2]);
  });

  it('refuse a timeline with too many steps, and say what to do', async () => {
    const answer = await gateway.get(
      `/statistics/timeline?projectId=${pencil.study.projectId}&capturedFrom=1900-01-01T00:00:00Z`,
    );
    expect(answer).toMatchObject({
      status: 422,
      body: { type: 'urn:pugmark:problem:too_long', errors: [{ field: 'by' }] },
    });
    expect(answer.body.detail).toMatch(
      /^from 1899-12-31 to 2024-11-04 there are more than 4000 days: give capturedFrom/,
    );
    expect((await statistic('timeline', { capturedFrom: '1900-01-01T00:00:00Z', by: 'month' })).steps).toHaveLength(
      1 + 124 * 12 + 11,
    );
  });

  it('report presence and absence by location', async () => {
    const { places, withoutDeployment } = await statistic('presence', { groupBy: 'label' });
    expect(
      places.map((one: Record<string, unknown>) => [
        one['name'],
        one['trapNights'],
        one['events'],
        one['daysPresent'],
        one['firstSeen'],
        one['lastSeen'],
        one['latitude'],
      ]),
    ).toEqual([
      // By label f1 is a separate event.
      ['Ridge', 6, 9, 4, '2024-03-29T17:00:00.000Z', '2024-10-27T23:20:00.000Z', 47.5],
      ['Creek', 2, 2, 1, '2024-11-03T04:30:00.000Z', '2024-11-03T07:00:00.000Z', null],
      ['Meadow', 2, 0, 0, null, null, 47.6],
      ['D', null, 2, 1, '2024-06-15T10:00:00.000Z', '2024-06-15T10:40:00.000Z', null],
    ]);
    expect(inShort(places[0].kinds)).toEqual([
      ['deer', 5, 8],
      ['fox', 2, 5],
      ['person', 1, 1],
      ['vehicle', 1, 1],
    ]);
    expect(withoutDeployment).toBe(1);
  });

  it.each(['summary', 'captures', 'activity', 'timeline', 'presence'])(
    'refuse invalid parameters: %s',
    async (name) => {
      const foreign = await gateway.project();
      const other = await gateway.deployment(foreign);
      const projectId = pencil.study.projectId;
      const cases: [string, number, string][] = [
        ['', 400, 'projectId'],
        ['projectId=999999', 422, 'projectId'],
        [`projectId=${projectId}&deploymentId=${other}`, 422, 'deploymentId'],
        [`projectId=${projectId}&locationId=999999`, 422, 'locationId'],
        [`projectId=${projectId}&category=blank`, 400, 'category'],
        [`projectId=${projectId}&hourFrom=24`, 400, 'hourFrom'],
        [`projectId=${projectId}&top=0`, 400, 'top'],
        [`projectId=${projectId}&groupBy=hour`, 400, 'groupBy'],
        [`projectId=${projectId}&cursor=x`, 400, 'cursor'],
      ];
      for (const [query, status, field] of cases) {
        const answer = await gateway.get(`/statistics/${name}?${query}`);
        expect([query, answer.status, answer.body.errors[0].field]).toEqual([query, status, field]);
      }
    },
  );

  it('are all zero for an empty project', async () => {
    const projectId = await gateway.project();
    expect(await statistic('summary', { projectId })).toMatchObject({
      images: { images: 0, detections: 0 },
      events: 0,
      kinds: [],
      trapNights: 0,
    });
    expect(await statistic('captures', { projectId, by: 'location' })).toEqual({
      total: { deployments: 0, deploymentsWithoutDates: 0, trapNights: 0, kinds: [] },
      groups: [],
    });
    expect(await statistic('timeline', { projectId })).toEqual({
      steps: [],
      trapNights: [],
      withoutTime: 0,
      kinds: [],
    });
    expect(await statistic('presence', { projectId })).toEqual({ places: [], withoutDeployment: 0 });
  });

  it('include detections of a moment ago', async () => {
    const projectId = await gateway.project();
    const model = await gateway.model();
    const { ids } = await gateway.images(projectId, ['a.jpg'], {
      deploymentId: await gateway.deployment(projectId),
      capturedLocal: '2024-06-01T12:00:00',
    });
    expect(await statistic('summary', { projectId })).toMatchObject({ events: 0, images: { pending: 1 } });
    await gateway.detections(ids[0]!, model.id, [animal(0.9), animal(0.8)]);
    expect(await statistic('summary', { projectId })).toMatchObject({
      events: 1,
      individuals: 2,
      images: { pending: 0, processed: 1, detections: 2 },
    });
  });
});
