import { sql } from 'kysely';
import { StatisticsCache } from './statistics-cache';
import { EventRepository } from '../events/event.repository';
import { ReferenceStudy } from '../testing/reference-study.fixture';
import { Study, found } from '../testing/study.fixture';
import { readActivity } from './activity';
import { readCaptureRates, type CaptureSummary } from './capture-rates';
import { readDeploymentEfforts, sumEffort } from './effort';
import type { Grouping } from './event-counts';
import type { EventFilter } from '../events/event-filter';
import { listEvents, type EventOrder, type EventPosition } from '../events/event-list';
import { readPresence } from './presence';
import { readStudySummary } from './study-summary';
import { readTimeline, type Timeline } from './timeline';

const CATEGORIES: Grouping = { groupBy: 'category', top: 20 };
const LABELS: Grouping = { groupBy: 'label', top: 20 };

/** All expectations are counted by hand from the tables in `reference-study.fixture.ts`. */
describe('statistics', () => {
  let reference: ReferenceStudy;
  let ids: ReferenceStudy['ids'];
  const all = (filter: Partial<EventFilter> = {}): EventFilter => ({ projectId: reference.study.projectId, ...filter });
  const db = () => reference.study.db;
  const counts = () => new StatisticsCache(db());

  beforeAll(async () => {
    reference = await ReferenceStudy.start();
    ids = reference.ids;
    await new EventRepository().formStaleEvents(db(), null);
  });
  afterAll(() => reference.study.stop());

  describe('of which events', () => {
    async function names(filter: Partial<EventFilter>, order: EventOrder = 'start'): Promise<string> {
      return reference.names(await listEvents(db(), all(filter), { kind: 'category', order, after: null, limit: 100 }));
    }

    it.each<[Partial<EventFilter> & { deployment?: string; location?: string }, string]>([
      [{}, 'a1 a2 p1 d1 d2 b0 b1 v1 b2 c1 c2 a3 n1'],
      [{ deployment: 'A' }, 'a1 a2 p1 a3'],
      [{ location: 'Ridge' }, 'a1 a2 p1 b0 b1 v1 b2 a3'],
      [{ location: 'Meadow' }, ''],
      [{ category: 'person' }, 'p1 d1 d2'],
      [{ label: 'fox' }, 'f1 b2'],
      [{ label: 'Fox' }, ''],
      [{ label: 'deer', deployment: 'A' }, 'a1 a2 a3'],
      [{ label: 'deer', category: 'person' }, ''],
      [{ minConfidence: 0.9 }, 'a1 a2 p1 d1 d2 b0 b1 b2 c1 a3 n1'],
      [{ minConfidence: 0.95 }, 'p1 b2'],
      // Selects among the events; does not split a1, in which the fox of 0.6 and the deer of 0.7 are below it.
      [{ minConfidence: 0.9, deployment: 'A', category: 'animal' }, 'a1 a2 a3'],
      [{ reviewed: true }, 'b2'],
      [{ reviewed: false, deployment: 'B' }, 'b0 b1 v1'],
      [{ capturedFrom: new Date('2024-06-15T10:40:00Z') }, 'd2 b0 b1 v1 b2 c1 c2'],
      [{ capturedTo: new Date('2024-06-15T10:40:00Z') }, 'a1 a2 p1 d1'],
      // 27 October in Berlin, which has 25 hours; 31 March, which has 23.
      [{ capturedFrom: new Date('2024-10-26T22:00:00Z'), capturedTo: new Date('2024-10-27T23:00:00Z') }, 'b0 b1 v1 b2'],
      [{ capturedFrom: new Date('2024-03-30T23:00:00Z'), capturedTo: new Date('2024-03-31T22:00:00Z') }, 'a2'],
      [{ hourFrom: 23, hourTo: 1 }, 'a2 b0 v1 b2 c1 c2'],
      [{ hourFrom: 12, hourTo: 12 }, 'p1 d1 d2'],
      [{ hourTo: 2, deployment: 'B' }, 'b0 b1'],
    ])('%j', async ({ deployment, location, ...filter }, expected) => {
      const place = {
        ...(deployment && { deploymentId: ids[deployment]! }),
        ...(location && { locationId: ids[location]! }),
      };
      expect(await names({ ...filter, ...place })).toBe(expected);
    });

    it.each<[EventOrder, string]>([
      ['start', 'a1 a2 p1 d1 d2 b0 b1 v1 b2 c1 c2 a3 n1'],
      ['-start', 'c2 c1 b2 v1 b1 b0 d2 d1 p1 a2 a1 a3 n1'],
    ])('are listed page by page by %s, those without a time last, each once', async (order, expected) => {
      for (const size of [1, 2, 3, 11, 12, 13]) {
        const seen: string[] = [];
        let after: EventPosition | null = null;
        for (;;) {
          const page: Awaited<ReturnType<typeof listEvents>> = await listEvents(db(), all(), {
            kind: 'category',
            order,
            after,
            limit: size,
          });
          if (page.length === 0) break;
          seen.push(reference.names(page));
          after = page.at(-1)!;
        }
        expect(seen.join(' ')).toBe(expected);
      }
    });

    it('have the properties of the reference study', async () => {
      const [b2] = await listEvents(db(), all({ reviewed: true }), {
        kind: 'category',
        order: 'start',
        after: null,
        limit: 2,
      });
      expect(b2).toMatchObject({
        deploymentId: ids['B'],
        deploymentName: 'B',
        locationId: ids['Ridge'],
        locationName: 'Ridge',
        category: 'animal',
        label: null,
        startsAt: new Date('2024-10-27T22:55:00Z'),
        endsAt: new Date('2024-10-27T23:20:00Z'),
        localStart: '2024-10-27T23:55:00',
        images: 2,
        individuals: 4,
        confidence: 1,
        reviewed: true,
      });
    });
  });

  it('sums the images, the events and the effort', async () => {
    expect(await readStudySummary(counts(), all(), CATEGORIES)).toEqual({
      // A 11, B 7, C 3, D 3, and one without a deployment; boxes: A 8, B 9, C 3, D 3, 1.
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
  });

  it('separates labels, and sums those beyond the most frequent', async () => {
    // f1 does not belong to the deer’s event, although to the same event of animals.
    const kinds = [
      { category: 'animal', label: 'deer', events: 8, individuals: 11 },
      { category: 'person', label: 'person', events: 3, individuals: 4 },
      { category: 'animal', label: 'fox', events: 2, individuals: 5 },
      { category: 'vehicle', label: 'vehicle', events: 1, individuals: 1 },
    ];
    expect((await readStudySummary(counts(), all(), LABELS)).kinds).toEqual(kinds);
    const others = { category: null, label: null, events: 3, individuals: 6 };
    expect((await readStudySummary(counts(), all(), { groupBy: 'label', top: 2 })).kinds).toEqual([
      ...kinds.slice(0, 2),
      others,
    ]);
    expect((await readStudySummary(counts(), all(), { groupBy: 'label', top: 1 })).kinds).toEqual([
      kinds[0],
      { ...others, events: 6, individuals: 10 },
    ]);
  });

  describe('trap-nights', () => {
    const nights = async (filter: Partial<EventFilter> = {}) =>
      sumEffort(await readDeploymentEfforts(db(), all(filter))).trapNights;

    it('are the nights between two local days, on days of 23 and 25 hours too', async () => {
      const rows = await readDeploymentEfforts(db(), all());
      expect(rows.map((row) => [row.name, row.from, row.to, row.nights])).toEqual([
        ['A', '2024-03-29', '2024-04-02', 4],
        ['B', '2024-10-26', '2024-10-28', 2],
        ['C', '2024-11-02', '2024-11-04', 2],
        ['D', null, null, null],
        ['E', '2024-05-03', '2024-05-05', 2],
      ]);
    });

    it.each<[string, string | undefined, string | undefined, number]>([
      ['from the middle of A on', '2024-03-31T00:00:00+01:00', undefined, 8],
      ['to the evening of the long day', undefined, '2024-10-27T20:00:00+01:00', 7],
      ['until the following midnight', undefined, '2024-10-28T00:00:00+01:00', 8],
      ['for the day of 23 hours', '2024-03-31T00:00:00+01:00', '2024-04-01T00:00:00+02:00', 1],
      ['for the day of 25 hours', '2024-10-27T00:00:00+02:00', '2024-10-28T00:00:00+01:00', 1],
      ['within one day', '2024-03-31T06:00:00+02:00', '2024-03-31T20:00:00+02:00', 0],
      ['while no camera is deployed', '2024-07-01T00:00:00Z', '2024-08-01T00:00:00Z', 0],
    ])('are restricted to the time of the filter: %s', async (_, from, to, expected) => {
      const time = { ...(from && { capturedFrom: new Date(from) }), ...(to && { capturedTo: new Date(to) }) };
      expect(await nights(time)).toBe(expected);
    });

    it('add up wherever the time is split', async () => {
      for (const cut of [
        '2024-03-29T23:30:00Z',
        '2024-03-31T01:00:00Z',
        '2024-05-04T12:00:00Z',
        '2024-10-27T00:30:00Z',
        '2024-11-03T05:30:00Z',
      ].map((time) => new Date(time))) {
        expect((await nights({ capturedTo: cut }))! + (await nights({ capturedFrom: cut }))!).toBe(10);
      }
    });

    it('are those of the place of the filter, whatever its other properties', async () => {
      expect(await nights({ locationId: ids['Ridge']! })).toBe(6);
      expect(await nights({ deploymentId: ids['C']! })).toBe(2);
      expect(await nights({ deploymentId: ids['D']! })).toBeNull();
      expect(
        await nights({ category: 'person', label: 'x', hourFrom: 3, hourTo: 4, minConfidence: 1, reviewed: true }),
      ).toBe(10);
    });

    it('of a camera without an end last until now, or until the end of the filter; none is in the future', async () => {
      const { study } = reference;
      const today = (): number => Math.floor(Date.now() / 86_400_000);
      const day = (time: string): number => Date.parse(time) / 86_400_000;
      const running = await study.deployment('running', { timezone: 'UTC', startsAt: '2024-12-01T12:00:00Z' });
      const planned = await study.deployment('planned', {
        timezone: 'UTC',
        startsAt: '2999-01-01T12:00:00Z',
        endsAt: '2999-02-01T12:00:00Z',
      });
      const standing = await study.deployment('standing', {
        timezone: 'UTC',
        startsAt: '2024-12-01T12:00:00Z',
        endsAt: '2999-02-01T12:00:00Z',
      });
      const before = today();
      const until = [await nights({ deploymentId: running }), await nights({ deploymentId: standing })];
      for (const each of until)
        expect([before, today()].map((now) => now - day('2024-12-01T00:00:00Z'))).toContain(each);
      expect(await nights({ deploymentId: running, capturedTo: new Date('2024-12-05T00:00:00Z') })).toBe(4);
      expect(await nights({ deploymentId: planned })).toBe(0);
      await sql`delete from deployments where id in (${running}, ${planned}, ${standing})`.execute(db());
    });
  });

  describe('capture rates', () => {
    const inShort = ({ trapNights, kinds }: CaptureSummary): unknown[] => [
      trapNights,
      ...kinds.map((one) => [one.label ?? one.category, one.events, one.ratedEvents, one.per100TrapNights]),
    ];

    it('count events with a time at deployments with known nights', async () => {
      const { total, groups } = await readCaptureRates(counts(), all(), CATEGORIES, null);
      // Without a3 and n1, which have no time, and d1 and d2, whose nights are unknown.
      expect(inShort(total)).toEqual([10, ['animal', 9, 7, 70], ['person', 3, 1, 10], ['vehicle', 1, 1, 10]]);
      expect(groups).toEqual([]);
    });

    it('are listed for each deployment', async () => {
      const { groups } = await readCaptureRates(counts(), all(), CATEGORIES, 'deployment');
      expect(groups.map((one) => [one.deploymentName, one.locationName, ...inShort(one)])).toEqual([
        ['A', 'Ridge', 4, ['animal', 3, 2, 50], ['person', 1, 1, 25]],
        ['B', 'Ridge', 2, ['animal', 3, 3, 150], ['vehicle', 1, 1, 50]],
        ['C', 'Creek', 2, ['animal', 2, 2, 100]],
        ['D', null, null, ['person', 2, 0, null]],
        ['E', 'Meadow', 2],
        [null, null, 0, ['animal', 1, 0, null]],
      ]);
      expect(groups[3]).toMatchObject({ deploymentId: ids['D'], deployments: 1, deploymentsWithoutDates: 1 });
    });

    it('are listed for each location', async () => {
      const { groups } = await readCaptureRates(counts(), all(), CATEGORIES, 'location');
      expect(groups.map((one) => [one.deploymentId, one.locationName, one.deployments, ...inShort(one)])).toEqual([
        [null, 'Ridge', 2, 6, ['animal', 6, 5, 500 / 6], ['person', 1, 1, 100 / 6], ['vehicle', 1, 1, 100 / 6]],
        [null, 'Creek', 1, 2, ['animal', 2, 2, 100]],
        [null, 'Meadow', 1, 2],
        [null, null, 1, null, ['person', 2, 0, null], ['animal', 1, 0, null]],
      ]);
    });

    it('exclude events before the start or after the end of the deployment, for example after a clock was reset', async () => {
      const study = await Study.start();
      try {
        const id = await study.deployment('d', { startsAt: '2024-05-01T10:00:00Z', endsAt: '2024-05-11T10:00:00Z' });
        const open = await study.deployment('open', { startsAt: '2024-05-01T10:00:00Z' });
        for (const local of [
          '2000-01-01T00:00:00',
          '2024-05-01T11:59:59',
          '2024-05-01T13:00:00',
          '2024-05-11T12:00:00',
          '2024-05-11T13:00:00',
        ])
          await study.image(id, local, [found('deer')]);
        for (const local of ['2000-01-01T00:00:00', '2024-06-01T00:00:00'])
          await study.image(open, local, [found('deer')]);
        await new EventRepository().formStaleEvents(study.db, null);
        const filter = { projectId: study.projectId, capturedTo: new Date('2024-06-10T00:00:00Z') };
        const { groups } = await readCaptureRates(new StatisticsCache(study.db), filter, CATEGORIES, 'deployment');
        expect(
          groups.map(({ trapNights, kinds: [kind] }) => [
            trapNights,
            kind?.events,
            kind?.ratedEvents,
            kind?.per100TrapNights,
          ]),
        ).toEqual([
          [10, 5, 2, 20],
          [40, 2, 1, 2.5],
        ]);
      } finally {
        await study.stop();
      }
    });

    it('follow the filter, with the nights of its place and time', async () => {
      const october = {
        capturedFrom: new Date('2024-10-27T00:00:00+02:00'),
        capturedTo: new Date('2024-10-28T00:00:00+01:00'),
      };
      const { total } = await readCaptureRates(counts(), all({ ...october, minConfidence: 0.85 }), LABELS, null);
      expect(inShort(total)).toEqual([1, ['deer', 2, 2, 200], ['fox', 1, 1, 100]]);
      const day = await readCaptureRates(
        counts(),
        all({ capturedFrom: new Date('2024-03-29T12:00:00Z'), capturedTo: new Date('2024-03-29T20:00:00Z') }),
        CATEGORIES,
        null,
      );
      expect(inShort(day.total)).toEqual([0, ['animal', 1, 1, null]]);
    });
  });

  describe('activity', () => {
    const hours = (counts: readonly number[]) =>
      Object.fromEntries([...counts.entries()].filter(([, count]) => count > 0));

    it('is counted by the hour of local clocks', async () => {
      const { kinds, ...rest } = await readActivity(counts(), all(), CATEGORIES, 'local');
      expect(rest).toEqual({ withoutTime: 2, withoutPlace: 0 });
      // a2, b0 and c2 in the hour of one; b1 at 02:55, in the second of two hours of that name.
      expect(kinds.map((one) => [one.category, hours(one.events), hours(one.individuals)])).toEqual([
        ['animal', { 0: 1, 1: 3, 2: 1, 18: 1, 23: 1 }, { 0: 1, 1: 3, 2: 3, 18: 2, 23: 4 }],
        ['person', { 12: 3 }, { 12: 4 }],
        ['vehicle', { 23: 1 }, { 23: 1 }],
      ]);
      for (const one of kinds) expect([one.events.length, one.individuals.length]).toEqual([24, 24]);
    });

    it('is counted by the sun, 45 minutes after UTC at 11.25° E plus the equation of time, where the place is known', async () => {
      const { kinds, ...rest } = await readActivity(counts(), all(), CATEGORIES, 'solar');
      expect(rest).toEqual({ withoutTime: 2, withoutPlace: 4 });
      // 29 and 31 March, 1 April: about 5 minutes less; 27 October: 16 minutes more.
      // a1 17:45 - 5, a2 01:40 - 4, p1 10:45 - 4, b0 00:35 + 16, b1 02:40 + 16, v1 23:35 + 16, b2 23:40 + 16.
      expect(kinds.map((one) => [one.category, hours(one.events)])).toEqual([
        ['animal', { 0: 1, 1: 1, 2: 1, 17: 1, 23: 1 }],
        ['person', { 10: 1 }],
        ['vehicle', { 23: 1 }],
      ]);
    });

    it('follows the filter', async () => {
      const { kinds, withoutTime } = await readActivity(counts(), all({ label: 'fox' }), LABELS, 'local');
      expect(kinds.map((one) => [one.label, hours(one.events), hours(one.individuals)])).toEqual([
        ['fox', { 18: 1, 23: 1 }, { 18: 1, 23: 4 }],
      ]);
      expect(withoutTime).toBe(0);
    });
  });

  describe('a timeline', () => {
    async function timeline(filter: Partial<EventFilter>, by: 'day' | 'week' | 'month'): Promise<Timeline> {
      return (await readTimeline(counts(), all(filter), CATEGORIES, by, 4_000)) as Timeline;
    }

    it('has each month from the first to the last, with its events and nights', async () => {
      const { steps, trapNights, withoutTime, kinds } = await timeline({}, 'month');
      expect(steps).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11].map((month) => `2024-${String(month).padStart(2, '0')}-01`));
      expect(trapNights).toEqual([3, 1, 2, 0, 0, 0, 0, 2, 2]);
      expect(kinds.map((one) => [one.category, one.events, one.individuals])).toEqual([
        ['animal', [2, 0, 0, 0, 0, 0, 0, 3, 2], [3, 0, 0, 0, 0, 0, 0, 8, 2]],
        ['person', [0, 1, 0, 2, 0, 0, 0, 0, 0], [0, 1, 0, 3, 0, 0, 0, 0, 0]],
        ['vehicle', [0, 0, 0, 0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 0, 0, 1, 0]],
      ]);
      expect(withoutTime).toBe(2);
    });

    it('has weeks from Monday to Sunday', async () => {
      // 31 March 2024 was a Sunday.
      const { steps, trapNights, kinds } = await timeline({ deploymentId: ids['A']! }, 'week');
      expect(steps).toEqual(['2024-03-25', '2024-04-01']);
      expect(trapNights).toEqual([3, 1]);
      expect(kinds.map((one) => one.events)).toEqual([
        [2, 0],
        [0, 1],
      ]);
    });

    it('has all days, including those of clock changes, and all nights', async () => {
      const { steps, trapNights, kinds } = await timeline({}, 'day');
      // 3 of March, 30, 31, 30, 31, 31, 30, 31, and 4 of November.
      expect([steps[0], steps.at(-1), steps.length, new Set(steps).size]).toEqual([
        '2024-03-29',
        '2024-11-04',
        221,
        221,
      ]);
      expect(trapNights.reduce((sum, one) => sum + one)).toBe(10);
      const on = (day: string) => [
        trapNights[steps.indexOf(day)],
        ...kinds.map((one) => one.events[steps.indexOf(day)]),
      ];
      expect(['2024-03-30', '2024-03-31', '2024-10-27', '2024-10-28', '2024-11-03', '2024-11-04'].map(on)).toEqual([
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 3, 0, 1],
        [0, 0, 0, 0],
        [1, 2, 0, 0],
        [0, 0, 0, 0],
      ]);
    });

    it('spans the whole time of the filter, also where there was nothing', async () => {
      const long = {
        deploymentId: ids['B']!,
        capturedFrom: new Date('2024-10-27T00:00:00+02:00'),
        capturedTo: new Date('2024-10-28T00:00:00+01:00'),
      };
      const day = await timeline(long, 'day');
      expect([day.steps, day.trapNights, day.kinds.map((one) => one.events)]).toEqual([
        ['2024-10-27'],
        [1],
        [[3], [1]],
      ]);
      const short = {
        deploymentId: ids['A']!,
        capturedFrom: new Date('2024-03-31T00:00:00+01:00'),
        capturedTo: new Date('2024-04-01T00:00:00+02:00'),
      };
      expect((await timeline(short, 'day')).steps).toEqual(['2024-03-31']);
      const summer = await timeline(
        {
          deploymentId: ids['D']!,
          capturedFrom: new Date('2024-06-14T22:00:00Z'),
          capturedTo: new Date('2024-06-18T00:00:00Z'),
        },
        'day',
      );
      expect([summer.steps, summer.trapNights, summer.kinds[0]!.events]).toEqual([
        ['2024-06-15', '2024-06-16', '2024-06-17', '2024-06-18'],
        [0, 0, 0, 0],
        [2, 0, 0, 0],
      ]);
      // If an end is open, to the last event or day of a camera; in the zone of each deployment: this is the evening of
      // the 2nd in New York.
      expect((await timeline({ capturedFrom: new Date('2024-11-03T00:00:00Z') }, 'day')).steps).toEqual([
        '2024-11-02',
        '2024-11-03',
        '2024-11-04',
      ]);
      expect((await timeline({ deploymentId: ids['D']! }, 'day')).steps).toEqual(['2024-06-15']);
    });

    it('returns the range instead when it would have too many steps', async () => {
      expect(await readTimeline(counts(), all(), CATEGORIES, 'day', 220)).toEqual({
        first: '2024-03-29',
        last: '2024-11-04',
      });
      expect(await readTimeline(counts(), all({ projectId: 999_999 }), CATEGORIES, 'day', 220)).toEqual({
        steps: [],
        trapNights: [],
        withoutTime: 0,
        kinds: [],
      });
    });
  });

  describe('presence', () => {
    it('is listed for each location, and for a deployment without one', async () => {
      const { places, withoutDeployment } = await readPresence(counts(), all(), CATEGORIES);
      expect(withoutDeployment).toBe(1);
      expect(places).toEqual([
        {
          locationId: ids['Ridge'],
          deploymentId: null,
          name: 'Ridge',
          latitude: 47.5,
          longitude: 11.25,
          deployments: 2,
          deploymentsWithoutDates: 0,
          trapNights: 6,
          events: 8,
          individuals: 14,
          firstSeen: new Date('2024-03-29T17:00:00Z'),
          lastSeen: new Date('2024-10-27T23:20:00Z'),
          // 29 and 31 March, 1 April, 27 October.
          daysPresent: 4,
          kinds: [
            { category: 'animal', label: null, events: 6, individuals: 12 },
            { category: 'person', label: null, events: 1, individuals: 1 },
            { category: 'vehicle', label: null, events: 1, individuals: 1 },
          ],
        },
        {
          locationId: ids['Creek'],
          deploymentId: null,
          name: 'Creek',
          latitude: null,
          longitude: null,
          deployments: 1,
          deploymentsWithoutDates: 0,
          trapNights: 2,
          events: 2,
          individuals: 2,
          firstSeen: new Date('2024-11-03T04:30:00Z'),
          lastSeen: new Date('2024-11-03T07:00:00Z'),
          daysPresent: 1,
          kinds: [{ category: 'animal', label: null, events: 2, individuals: 2 }],
        },
        {
          locationId: ids['Meadow'],
          deploymentId: null,
          name: 'Meadow',
          latitude: 47.6,
          longitude: 11.5,
          deployments: 1,
          deploymentsWithoutDates: 0,
          trapNights: 2,
          events: 0,
          individuals: 0,
          firstSeen: null,
          lastSeen: null,
          daysPresent: 0,
          kinds: [],
        },
        {
          locationId: null,
          deploymentId: ids['D'],
          name: 'D',
          latitude: null,
          longitude: null,
          deployments: 1,
          deploymentsWithoutDates: 1,
          trapNights: null,
          events: 2,
          individuals: 3,
          firstSeen: new Date('2024-06-15T10:00:00Z'),
          lastSeen: new Date('2024-06-15T10:40:00Z'),
          daysPresent: 1,
          kinds: [{ category: 'person', label: null, events: 2, individuals: 3 }],
        },
      ]);
    });

    it('follows the filter', async () => {
      const { places, withoutDeployment } = await readPresence(
        counts(),
        all({ label: 'fox', locationId: ids['Ridge']! }),
        LABELS,
      );
      expect(places).toMatchObject([
        {
          name: 'Ridge',
          trapNights: 6,
          events: 2,
          individuals: 5,
          daysPresent: 2,
          kinds: [{ label: 'fox', events: 2 }],
        },
      ]);
      expect(withoutDeployment).toBe(0);
    });
  });
});
