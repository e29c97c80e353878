import { TestGateway } from '../../testing/gateway.fixture';
import { Reviewing, seen } from '../../testing/reviewing.fixture';

describe('the review queue', () => {
  let gateway: TestGateway;
  let study: Reviewing;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  beforeEach(async () => {
    study = await Reviewing.start(gateway);
  });
  afterAll(() => gateway.stop());

  const queue = async (
    more = '',
  ): Promise<{
    items: { eventId: number; imageId: number; [field: string]: unknown }[];
    nextCursor: string | null;
    left: number;
  }> => (await gateway.get(`/review-queue?projectId=${study.projectId}${more}`)).body;
  const images = async (more = ''): Promise<number[]> => (await queue(more)).items.map(({ imageId }) => imageId);

  it('lists one image per event, that of the highest confidence, by ascending confidence of the events', async () => {
    const sure = await study.image(0, [seen('deer', 0.95)]);
    await study.image(100, [seen('deer', 0.5), seen('fox', 0.55)]);
    const unsure = await study.image(110, [seen('fox', 0.6)]);
    await study.image(120, [seen('fox', 0.52)]);
    await study.image(200, []);
    const { items, left, nextCursor } = await queue();
    expect(items).toEqual([
      {
        eventId: expect.any(Number),
        imageId: unsure,
        deploymentId: study.deploymentId,
        category: 'animal',
        confidence: 0.6,
        images: 3,
        individuals: 2,
        startsAt: '2026-05-31T23:40:00.000Z',
        endsAt: '2026-06-01T00:00:00.000Z',
      },
      {
        eventId: expect.any(Number),
        imageId: sure,
        deploymentId: study.deploymentId,
        category: 'animal',
        confidence: 0.95,
        images: 1,
        individuals: 1,
        startsAt: '2026-05-31T22:00:00.000Z',
        endsAt: '2026-05-31T22:00:00.000Z',
      },
    ]);
    expect([left, nextCursor]).toEqual([2, null]);
  });

  it('drops an event once one of its images is reviewed, and lists it again when that is undone', async () => {
    const first = await study.image(0, [seen('deer', 0.6)]);
    await study.image(5, [seen('deer', 0.7)]);
    const other = await study.image(100, [seen('deer', 0.8)]);
    expect(await images()).toHaveLength(2);
    await study.act([first], { type: 'verify' });
    expect([await images(), (await queue()).left]).toEqual([[other], 1]);
    await gateway.post(`/reviews/${await study.last(first)}/undo`);
    expect(await images()).toHaveLength(2);
  });

  it('lists the next image of an event when the first was marked as blank', async () => {
    const best = await study.image(0, [seen('deer', 0.7)]);
    const next = await study.image(5, [seen('deer', 0.6)]);
    expect(await images()).toEqual([best]);
    await study.act([best], { type: 'blank' });
    expect(await images()).toEqual([next]);
  });

  it('applies an action to all images of an event, and leaves other observations unchanged', async () => {
    const both = await study.image(0, [seen('deer', 0.6), seen('walker', 0.9, 'person')]);
    const deer = await study.image(5, [seen('deer', 0.55), seen('fox', 0.52)]);
    const later = await study.image(100, [seen('deer', 0.9)]);
    const { items } = await queue('&category=animal');
    const event = items[0]!.eventId;
    const act = (action: object) => gateway.post('/reviews', { projectId: study.projectId, eventId: event, action });
    const relabelled = (await act({ type: 'relabel', category: 'animal', label: 'elk' })).body;
    expect(relabelled).toMatchObject({ changed: 2, images: [{ imageId: both }, { imageId: deer }] });
    expect([await study.listed(both), await study.listed(deer), await study.listed(later)]).toEqual([
      'elk 1, walker 1',
      'elk 2',
      'deer 1',
    ]);
    await gateway.post('/reviews/undo', { projectId: study.projectId, batchId: relabelled.batchId });
    expect(
      (await act({ type: 'relabel', category: 'animal', label: 'elk', of: { label: 'deer' } })).body,
    ).toMatchObject({ changed: 2 });
    expect([await study.listed(both), await study.listed(deer)]).toEqual(['elk 1, walker 1', 'elk 1, fox 1']);
    expect((await act({ type: 'reject' })).body).toMatchObject({ changed: 2 });
    expect([await study.listed(both), await study.listed(deer)]).toEqual(['walker 1', '']);
    // Without observations the event no longer exists.
    expect(await act({ type: 'verify' })).toMatchObject({
      status: 422,
      body: { type: 'urn:pugmark:problem:event_missing' },
    });
    expect(await images('&category=animal')).toEqual([later]);
  });

  it('does not change an event of another project', async () => {
    await study.image(0, [seen('deer', 0.6)]);
    const event = (await queue()).items[0]!.eventId;
    const answer = await gateway.post('/reviews', {
      projectId: await gateway.project(),
      eventId: event,
      action: { type: 'blank' },
    });
    expect(answer).toMatchObject({ status: 422, body: { type: 'urn:pugmark:problem:event_missing' } });
    expect(await images()).toHaveLength(1);
  });

  it('is paged also among equal confidences', async () => {
    for (let n = 0; n < 7; n += 1) await study.image(n * 100, [seen('deer', n < 4 ? 0.6 : 0.55)]);
    const all = await images();
    const paged: number[] = [];
    for (let cursor = ''; ;) {
      const page = await queue(`&limit=3${cursor}`);
      expect(page.left).toBe(7);
      paged.push(...page.items.map(({ imageId }) => imageId));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(paged).toEqual(all);
    expect(new Set(paged).size).toBe(7);
    const foreign = Buffer.from(JSON.stringify(['images', 5])).toString('base64url');
    expect(await gateway.get(`/review-queue?projectId=${study.projectId}&cursor=${foreign}`)).toMatchObject({
      status: 422,
    });
    const beyond = Buffer.from(JSON.stringify(['review_queue events', [1e300, 1]])).toString('base64url');
    expect(await gateway.get(`/review-queue?projectId=${study.projectId}&cursor=${beyond}`)).toMatchObject({
      status: 200,
      body: { items: [] },
    });
  });

  it('can be filtered', async () => {
    const [night, day, person] = [
      await study.image(60, [seen('deer', 0.6)]),
      await study.image(720, [seen('fox', 0.8), seen('deer', 0.7)]),
      await study.image(1_000, [seen('walker', 0.9, 'person')]),
    ];
    const single = (await gateway.images(study.projectId, ['x.jpg'])).ids[0]!;
    await gateway.detections(single, study.modelId, [seen('owl', 0.7)]);
    expect(await images()).toEqual([night, single, day, person]);
    expect(await images('&category=person')).toEqual([person]);
    expect(await images('&label=deer')).toEqual([night, day]);
    expect(await images('&label=owl')).toEqual([single]);
    expect(await images('&minConfidence=0.75')).toEqual([day, person]);
    expect(await images('&hourFrom=22&hourTo=5')).toEqual([night]);
    expect(await images('&capturedFrom=2026-06-01T08:00:00Z&capturedTo=2026-06-01T12:00:00Z')).toEqual([day]);
    expect(await images(`&deploymentId=${study.deploymentId}`)).toEqual([night, day, person]);
    expect(await images('&deploymentId=999999')).toEqual([]);
    expect(await images('&locationId=999999')).toEqual([]);
    expect((await queue('&category=person')).left).toBe(1);
    expect(await gateway.get('/review-queue?projectId=999999')).toMatchObject({ status: 422 });
    expect(await gateway.get(`/review-queue?projectId=${study.projectId}&category=blank`)).toMatchObject({
      status: 400,
    });
  });

  describe('of blanks', () => {
    it('lists images where something may have been missed, the nearest to the threshold first', async () => {
      const far = await study.image(0, [seen('deer', 0.2)]);
      const near = await study.image(1, [seen('deer', 0.3), seen('walker', 0.45, 'person')]);
      await study.image(2, []);
      await study.image(3, [seen('deer', 0.9)]);
      await study.image(4);
      const { items, left } = await queue('&kind=blanks');
      expect(items).toEqual([
        {
          eventId: null,
          imageId: near,
          deploymentId: study.deploymentId,
          category: 'person',
          confidence: 0.45,
          images: 1,
          individuals: 0,
          startsAt: '2026-05-31T22:01:00.000Z',
          endsAt: '2026-05-31T22:01:00.000Z',
        },
        expect.objectContaining({ imageId: far, category: 'animal', confidence: 0.2 }),
      ]);
      expect(left).toBe(2);
      expect(await images('&kind=blanks&category=animal')).toEqual([far]);
      expect(await images('&kind=blanks&minConfidence=0.3')).toEqual([near]);
      const { nextCursor } = await queue('&kind=blanks&limit=1');
      expect(await images(`&kind=blanks&limit=1&cursor=${nextCursor}`)).toEqual([far]);
      expect(await gateway.get(`/review-queue?projectId=${study.projectId}&kind=blanks&label=deer`)).toMatchObject({
        status: 422,
      });
      expect(await gateway.get(`/review-queue?projectId=${study.projectId}&cursor=${nextCursor}`)).toMatchObject({
        status: 422,
      });
      await study.act([near], { type: 'verify' });
      expect(await images('&kind=blanks')).toEqual([far]);
    });
  });
});
