import { MANIFEST, TestGateway, animal } from '../../testing/gateway.fixture';

describe('models', () => {
  let gateway: TestGateway;
  let first: number;
  let second: number;
  let classifier: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    const register = async (name: string, decoder: typeof MANIFEST.decoder) =>
      (await gateway.repositories.models.register(gateway.db, { ...MANIFEST, name, decoder })).id;
    first = await register('first', 'centernet');
    second = await register('second', 'yolov5');
    classifier = await register('species', 'softmax');
  });
  afterAll(() => gateway.stop());

  it('are listed with stage and files, the first detector as the default', async () => {
    const { items } = (await gateway.get('/models')).body;
    expect(items.map((model: Record<string, unknown>) => [model['name'], model['stage'], model['isDefault']])).toEqual([
      ['first', 'detect', true],
      ['second', 'detect', false],
      ['species', 'classify', false],
    ]);
    expect((await gateway.get(`/models/${second}`)).body).toEqual({
      id: second,
      name: 'second',
      version: '1.0.0',
      stage: 'detect',
      isDefault: false,
      licence: 'MIT',
      threshold: 0.5,
      labels: ['bear'],
      files: [],
      createdAt: expect.any(String),
    });
    expect((await gateway.get('/models/999')).status).toBe(404);
  });

  it('are refused with other files under an existing name and version', async () => {
    const other = { ...MANIFEST, name: 'first', files: [{ path: 'a', sha256: '0'.repeat(64) }] };
    await expect(gateway.repositories.models.register(gateway.db, other)).rejects.toMatchObject({
      code: 'model_exists',
      message: expect.stringContaining('another version'),
    });
  });

  it('have one default, which cannot be a classifier', async () => {
    expect((await gateway.put(`/models/${second}/default`)).body).toMatchObject({ id: second, isDefault: true });
    const all = await Promise.all([first, second, first].map((id) => gateway.put(`/models/${id}/default`)));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await gateway.repositories.models.list(gateway.db)).filter(({ is_default }) => is_default)).toHaveLength(1);
    expect(await gateway.put(`/models/${classifier}/default`)).toMatchObject({
      status: 422,
      body: { type: 'urn:pugmark:problem:not_a_detector' },
    });
    await gateway.put(`/models/${first}/default`);
  });

  it('of a new run are those of the request, else the project’s, else the default', async () => {
    const projectId = await gateway.project();
    await gateway.images(projectId, ['a.jpg']);
    const models = async (body: object) => {
      const { model, classify } = (await gateway.post('/runs', { projectId, ...body })).body;
      return [model.name, classify];
    };
    expect(await models({})).toEqual(['first', null]);
    const species = { name: 'species', version: '1.0.0', category: 'animal', threshold: 0.5 };
    const updated = await gateway.patch(`/projects/${projectId}`, {
      modelId: second,
      classify: { modelId: classifier, threshold: 0.5 },
    });
    expect(updated.body).toMatchObject({
      modelId: second,
      classify: { modelId: classifier, category: 'animal', threshold: 0.5 },
    });
    expect(await models({})).toEqual(['second', species]);
    expect(await models({ modelId: first, classify: null })).toEqual(['first', null]);
    // Absent fields stay unchanged.
    expect((await gateway.patch(`/projects/${projectId}`, { modelId: null })).body).toMatchObject({
      modelId: null,
      classify: { modelId: classifier },
    });
    expect(await models({})).toEqual(['first', species]);
  });

  it.each([
    [{ modelId: 999 }, 'model_missing', 'modelId'],
    [{ classify: { modelId: 999 } }, 'model_missing', 'classify.modelId'],
  ])('that do not exist are refused: %j', async (body, code, field) => {
    const projectId = await gateway.project();
    await gateway.images(projectId, ['a.jpg']);
    for (const answer of [
      await gateway.post('/runs', { projectId, ...body }),
      await gateway.patch(`/projects/${projectId}`, body),
    ]) {
      expect(answer).toMatchObject({ status: 422, body: { type: `urn:pugmark:problem:${code}`, errors: [{ field }] } });
    }
  });

  it('of the wrong stage are refused', async () => {
    const projectId = await gateway.project();
    expect(await gateway.patch(`/projects/${projectId}`, { modelId: classifier })).toMatchObject({
      status: 422,
      body: { detail: `model ${classifier} is a classifier, not a detector` },
    });
    expect(await gateway.patch(`/projects/${projectId}`, { classify: { modelId: first } })).toMatchObject({
      status: 422,
      body: { type: 'urn:pugmark:problem:model_stage_mismatch' },
    });
    expect((await gateway.patch('/projects/999', { modelId: first })).status).toBe(404);
    expect(
      (await gateway.patch(`/projects/${projectId}`, { classify: { modelId: classifier, category: 'stone' } })).status,
    ).toBe(400);
  });

  describe('compared over the same images', () => {
    let a: number;
    let b: number;
    let ids: number[];
    const person = (confidence: number) => ({ ...animal(confidence), category: 'person' as const, label: 'person' });

    beforeAll(async () => {
      const projectId = await gateway.project();
      ({ ids } = await gateway.images(projectId, ['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg']));
      a = (await gateway.post('/runs', { projectId, modelId: first })).body.id;
      b = (await gateway.post('/runs', { projectId, modelId: second })).body.id;
      const [one, two, three, four, five] = ids as [number, number, number, number, number];
      const found: [number, number, ReturnType<typeof animal>[]][] = [
        [one, first, [animal(0.9)]],
        [one, second, [animal(0.6), animal(0.7)]],
        [two, first, [animal(0.9), person(0.95)]],
        [two, second, [animal(0.9)]],
        [three, first, []],
        // Below the threshold of the model.
        [three, second, [animal(0.4)]],
        [four, first, []],
        [four, second, [person(0.8)]],
        [five, first, [animal(0.9)]],
      ];
      for (const [image, model, detections] of found) await gateway.detections(image, model, detections);
      await gateway.db
        .updateTable('tasks')
        .set({ state: 'done', finished_at: new Date() })
        .where('run_id', '=', a)
        .execute();
      await gateway.db
        .updateTable('tasks')
        .set({ state: 'done', finished_at: new Date() })
        .where('run_id', '=', b)
        .where('subject_id', '<>', five)
        .execute();
    });

    it('are counted as computed by hand', async () => {
      const none = { animal: 0, person: 0, vehicle: 0, blank: 0 };
      expect((await gateway.get(`/runs/compare?a=${a}&b=${b}`)).body).toEqual({
        items: expect.any(Array),
        nextCursor: null,
        images: 4,
        onlyA: 1,
        onlyB: 0,
        agreeing: 2,
        counts: {
          animal: { a: 2, b: 2, both: 2 },
          person: { a: 1, b: 1, both: 0 },
          vehicle: { a: 0, b: 0, both: 0 },
          blank: { a: 2, b: 1, both: 1 },
        },
        confusion: {
          animal: { ...none, animal: 1 },
          person: { ...none, animal: 1 },
          vehicle: none,
          blank: { ...none, person: 1, blank: 1 },
        },
      });
    });

    it('are listed image by image, in pages, optionally only different ones', async () => {
      const [, two, , four] = ids;
      const page = (await gateway.get(`/runs/compare?a=${a}&b=${b}&onlyDifferent=true&limit=1`)).body;
      expect(page.items).toEqual([
        {
          imageId: two,
          agree: false,
          a: { verdict: 'person', categories: ['animal', 'person'], confidence: expect.closeTo(0.95) },
          b: { verdict: 'animal', categories: ['animal'], confidence: expect.closeTo(0.9) },
        },
      ]);
      const next = (
        await gateway.get(`/runs/compare?a=${a}&b=${b}&onlyDifferent=true&limit=1&cursor=${page.nextCursor}`)
      ).body;
      expect(next).toMatchObject({
        items: [{ imageId: four, a: { verdict: 'blank', categories: [], confidence: null } }],
        nextCursor: null,
      });
      expect((await gateway.get(`/runs/compare?a=${a}&b=${b}`)).body.items).toHaveLength(4);
    });

    it('use another threshold if requested', async () => {
      expect((await gateway.get(`/runs/compare?a=${a}&b=${b}&minConfidence=0.3`)).body).toMatchObject({
        agreeing: 1,
        counts: { animal: { b: 3 } },
      });
    });

    it('must exist', async () => {
      expect(await gateway.get(`/runs/compare?a=${a}&b=999`)).toMatchObject({
        status: 422,
        body: { errors: [{ field: 'b' }] },
      });
      expect((await gateway.get(`/runs/compare?a=${a}`)).status).toBe(400);
    });
  });

  it('return the classifications of each detection', async () => {
    const projectId = await gateway.project();
    const { ids } = await gateway.images(projectId, ['z.jpg']);
    await gateway.detections(ids[0]!, first, [animal(0.9)]);
    const detection = await gateway.db
      .selectFrom('detections')
      .select('id')
      .where('image_id', '=', ids[0]!)
      .executeTakeFirstOrThrow();
    await gateway.db
      .insertInto('classifications')
      .values([
        { detection_id: detection.id, model_id: classifier, rank: 2, label: 'badger', score: 0.2, engine: 'null' },
        { detection_id: detection.id, model_id: classifier, rank: 1, label: 'fox', score: 0.75, engine: 'null' },
      ])
      .execute();
    const [image] = (await gateway.get(`/images?projectId=${projectId}`)).body.items;
    expect(image.detections[0].classifications).toEqual([
      { label: 'fox', score: 0.75, model: 'species 1.0.0' },
      { label: 'badger', score: expect.closeTo(0.2), model: 'species 1.0.0' },
    ]);
  });

  it('are reported together with the engines of the workers', async () => {
    const engine = {
      name: 'wasm',
      device: 'processor',
      reason: 'auto: /srv/secret-place/tfjs_binding.node does not load',
      version: '4.22.0',
      processes: 2,
      processesReady: 2,
    };
    await gateway.repositories.engineReports.report(gateway.db, 'ml-worker@host/1', engine);
    await gateway.db
      .insertInto('engine_reports')
      .values({ worker: 'stopped', engine: JSON.stringify(engine), reported_at: new Date(Date.now() - 3_600_000) })
      .execute();
    expect((await gateway.get('/system')).body.engines).toEqual([
      {
        worker: 'ml-worker@host/1',
        ...engine,
        reason: expect.stringMatching(/^auto: (?!.*secret-place).* does not load$/),
      },
    ]);
    await gateway.repositories.engineReports.remove(gateway.db, 'ml-worker@host/1');
    expect((await gateway.get('/system')).body.engines).toEqual([]);
  });
});
