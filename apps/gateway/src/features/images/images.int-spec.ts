import { EventRepository } from '@pugmark/db';
import { TestGateway, animal } from '../../testing/gateway.fixture';

describe('images', () => {
  let gateway: TestGateway;
  let projectId: number;
  let deploymentId: number;
  let runId: number;
  let ingestId: number;
  let ids: { bear: number; faint: number; blank: number; broken: number; pending: number };
  beforeAll(async () => {
    gateway = await TestGateway.start();
    projectId = await gateway.project();
    deploymentId = await gateway.deployment(projectId);
    const model = await gateway.model();
    runId = await gateway.run(projectId, model.id);
    const made = await gateway.images(projectId, ['bear.jpg', 'faint.jpg', 'blank.jpg', 'broken.jpg', 'pending.jpg'], {
      deploymentId,
      runId,
      capturedLocal: '2026-05-01T06:00:00',
    });
    ingestId = made.ingestId;
    const [bear, faint, blank, broken, pending] = made.ids as [number, number, number, number, number];
    ids = { bear, faint, blank, broken, pending };
    await gateway.detections(bear, model.id, [animal(0.75), { ...animal(0.6), category: 'person', label: 'person' }]);
    await gateway.detections(faint, model.id, [animal(0.25)]);
    await gateway.detections(blank, model.id, []);
    await gateway.finish('detect', [bear, faint, blank]);
    await gateway.finish('detect', [broken], {
      code: 'decode_failed',
      message: 'cannot read /srv/secret-place/cards/broken.jpg',
    });
    await gateway.images(await gateway.project(), ['elsewhere.jpg']);
  });
  afterAll(() => gateway.stop());

  it('returns an image with its detections, and without server paths', async () => {
    const { status, body } = await gateway.get(`/images/${ids.bear}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: ids.bear,
      projectId,
      deploymentId,
      ingestId,
      fileName: 'bear.jpg',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      format: 'jpeg',
      bytes: 1000,
      width: 1920,
      height: 1080,
      capturedLocal: '2026-05-01T06:00:00',
      localTime: '2026-05-01T06:00:00',
      timezone: 'Europe/Berlin',
      capturedAt: '2026-05-01T04:00:00.000Z',
      timeSource: 'exif',
      dstIssue: null,
      isOutsideDeployment: false,
      cameraMake: 'Reconyx',
      cameraModel: 'HF2X',
      latitude: null,
      longitude: null,
      status: 'done',
      failure: null,
      warning: null,
      detections: [
        {
          id: expect.any(Number),
          category: 'animal',
          label: 'bear',
          confidence: 0.75,
          box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 },
          model: 'test-model 1.0.0',
          static: false,
          classifications: [],
        },
        {
          id: expect.any(Number),
          category: 'person',
          label: 'person',
          confidence: 0.6,
          box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 },
          model: 'test-model 1.0.0',
          static: false,
          classifications: [],
        },
      ],
    });
  });

  it('says why an image failed, without the folders of the server', async () => {
    expect((await gateway.get(`/images/${ids.broken}`)).body).toMatchObject({
      status: 'failed',
      failure: { code: 'decode_failed', message: 'cannot read …/broken.jpg' },
    });
  });

  it.each([
    ['category=animal', ['bear']],
    ['category=person', ['bear']],
    ['category=vehicle', []],
    ['category=blank', ['faint', 'blank']],
    ['category=animal&minConfidence=0.2', ['bear', 'faint']],
    ['category=blank&minConfidence=0.2', ['blank']],
    ['category=animal&minConfidence=0.8', []],
    // Below the smallest single-precision number of Postgres.
    ['category=animal&minConfidence=2e-308', ['bear', 'faint']],
    ['status=done', ['bear', 'faint', 'blank']],
    ['status=failed', ['broken']],
    ['status=pending', ['pending']],
    ['capturedFrom=2026-05-01T04:00:00Z', ['bear', 'faint', 'blank', 'broken', 'pending']],
    ['capturedFrom=2026-05-01T06:00:01+02:00', []],
    ['capturedTo=2026-05-01T06:00:00%2B02:00', []],
    ['capturedTo=2026-05-01T04:00:01Z', ['bear', 'faint', 'blank', 'broken', 'pending']],
    ['label=bear&category=animal', ['bear']],
    ['label=fox', []],
    ['hourFrom=6&hourTo=6&category=animal', ['bear']],
    ['hourFrom=7&hourTo=5', []],
    ['reviewed=true', []],
    ['reviewed=false&status=done', ['bear', 'faint', 'blank']],
    ['failedReason=decode_failed', ['broken']],
    ['failedReason=other', []],
    ['sort=-id&status=done', ['blank', 'faint', 'bear']],
    ['sort=-capturedAt&status=done', ['blank', 'faint', 'bear']],
  ])('finds with %s', async (query, names) => {
    for (const scope of [
      `projectId=${projectId}`,
      `deploymentId=${deploymentId}`,
      `ingestId=${ingestId}`,
      `runId=${runId}`,
    ]) {
      const { body } = await gateway.get(`/images?${scope}&${query}`);
      expect(body.items.map((image: { fileName: string }) => image.fileName.replace('.jpg', ''))).toEqual(names);
      if (!query.startsWith('sort'))
        expect((await gateway.get(`/images/count?${scope}&${query}`)).body).toEqual({
          count: names.length,
          exact: true,
        });
    }
  });

  it.each([
    ['id', ['bear', 'faint', 'blank', 'broken', 'pending']],
    ['-id', ['pending', 'broken', 'blank', 'faint', 'bear']],
    ['capturedAt', ['bear', 'faint', 'blank', 'broken', 'pending']],
    ['-capturedAt', ['pending', 'broken', 'blank', 'faint', 'bear']],
    ['-confidence', ['bear']],
  ])('pages through images sorted by %s, each exactly once', async (sort, names) => {
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await gateway.get(`/images?projectId=${projectId}&limit=2&sort=${sort}${cursor}`);
      seen.push(...body.items.map((image: { fileName: string }) => image.fileName.replace('.jpg', '')));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
      expect((await gateway.get(`/images?sort=${sort === 'id' ? '-id' : 'id'}${cursor}`)).body).toMatchObject({
        status: 422,
        type: 'urn:pugmark:problem:bad_cursor',
      });
    }
    expect(seen).toEqual(names);
  });

  it('lists the images of an event, and says when the event no longer exists', async () => {
    await new EventRepository().formStaleEvents(gateway.db, projectId);
    const event = await gateway.db
      .selectFrom('events')
      .select('id')
      .where('project_id', '=', projectId)
      .where('label', '=', 'bear')
      .executeTakeFirstOrThrow();
    const { body } = await gateway.get(`/images?projectId=${projectId}&eventId=${event.id}`);
    expect(body.items.map(({ id }: { id: number }) => id)).toEqual([ids.bear]);
    expect((await gateway.get('/images?eventId=999999')).body).toMatchObject({
      status: 422,
      type: 'urn:pugmark:problem:event_missing',
    });
  });

  it.each([
    'category=bear',
    'minConfidence=1.1',
    'minConfidence=high',
    'status=lost',
    'capturedFrom=yesterday',
    'capturedFrom=2026-05-01',
    'limit=201',
    'cursor=%',
    'species=bear',
    'sort=size',
    'hourFrom=24',
    'failedReason=A',
    'reviewed=maybe',
  ])('refuses %s', async (query) => expect((await gateway.get(`/images?${query}`)).status).toBe(400));

  it('never returns the server path of an image', async () => {
    for (const path of ['/images', `/ingests/${ingestId}/files`, `/images/${ids.bear}`]) {
      const { status, body } = await gateway.get(path);
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toContain('secret-place');
    }
  });

  it('answers 404 for a missing image', async () => {
    expect((await gateway.get('/images/999999')).status).toBe(404);
  });
});
