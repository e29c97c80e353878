import { sql } from 'kysely';
import { TestGateway } from '../../testing/gateway.fixture';
import { Reviewing, seen } from '../../testing/reviewing.fixture';

describe('one action on many images', () => {
  let gateway: TestGateway;
  let study: Reviewing;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  beforeEach(async () => {
    study = await Reviewing.start(gateway);
  });
  afterAll(() => gateway.stop());

  const deerAndFox = () => study.image(0, [seen('deer', 0.9), seen('deer', 0.8), seen('fox', 0.7)]);

  it.each([
    ['verify', { type: 'verify' }, 'deer 2, fox 1'],
    ['blank', { type: 'blank' }, ''],
    ['relabel', { type: 'relabel', category: 'animal', label: 'cow' }, 'cow 3'],
    ['relabel to a category', { type: 'relabel', category: 'vehicle' }, 'vehicle 3'],
    [
      'relabel by category and label',
      { type: 'relabel', category: 'animal', label: 'elk', of: { label: 'deer' } },
      'elk 2, fox 1',
    ],
    ['reject', { type: 'reject' }, ''],
    ['reject by category and label', { type: 'reject', of: { label: 'deer' } }, 'fox 1'],
    ['add', { type: 'add', observation: { category: 'animal', label: 'owl', individuals: 2 } }, 'deer 2, fox 1, owl 2'],
    ['count', { type: 'count', label: 'deer', individuals: 5 }, 'deer 5, fox 1'],
    ['count fewer', { type: 'count', of: { label: 'deer' }, individuals: 1 }, 'deer 1, fox 1'],
  ])('%s: changes the effective observations at once', async (_what, action, counted) => {
    const images = [await deerAndFox(), await deerAndFox()];
    const { status, body } = await study.act(images, action);
    expect([status, body.changed, body.unchanged, body.refused]).toEqual([200, 2, 0, 0]);
    for (const image of images) {
      expect([await study.listed(image), (await gateway.get(`/images/${image}/review`)).body.source]).toEqual([
        counted,
        'human',
      ]);
      expect(await study.history(image)).toMatchObject([
        { action: action.type, batchId: body.batchId, isEffective: true },
      ]);
    }
  });

  it.each([
    ['relabel', { type: 'relabel', category: 'animal', label: 'elk' }, 'deer 1, elk 1, fox 1'],
    ['reject', { type: 'reject' }, 'deer 1, fox 1'],
    ['count', { type: 'count', individuals: 4 }, 'deer 5, fox 1'],
  ])('%s: one detection of one image', async (_what, action, counted) => {
    const image = await deerAndFox();
    const [, second] = await study.detectionIds(image);
    expect((await study.act([image], { ...action, detectionId: second })).body).toMatchObject({ changed: 1 });
    expect(await study.listed(image)).toBe(counted);
  });

  it('withdraw: restores the inference where an annotation was effective', async () => {
    const images = [await deerAndFox(), await deerAndFox()];
    await study.act([images[0]!], { type: 'blank' });
    expect((await study.act(images, { type: 'withdraw' })).body).toMatchObject({ changed: 1, unchanged: 1 });
    expect(await study.listed(images[0]!)).toBe('deer 2, fox 1');
  });

  it('adds a detection below the threshold, with its own box', async () => {
    const image = await study.image(0, [seen('deer', 0.3)]);
    const [faint] = await study.detectionIds(image);
    expect(
      (
        await study.act([image], {
          type: 'add',
          observation: { category: 'animal', label: 'deer', detectionId: faint },
        })
      ).body,
    ).toMatchObject({ changed: 1 });
    expect((await gateway.get(`/images/${image}/review`)).body.observations).toMatchObject([
      { detectionId: faint, box: { x: 0.25 } },
    ]);
  });

  it('returns the outcome per image, and why an image was refused', async () => {
    const [machine, human, unprocessed, person] = [
      await study.image(0, [seen('deer')]),
      await study.image(1, [seen('deer')]),
      await study.image(2),
      await study.image(3, [seen('deer'), seen('person', 0.9, 'person')]),
    ];
    await study.act([human], { type: 'relabel', category: 'animal', label: 'elk' });
    const { body } = await study.act([person, unprocessed, human, machine], {
      type: 'relabel',
      category: 'animal',
      label: 'elk',
    });
    expect(body).toEqual({
      batchId: expect.any(String),
      changed: 1,
      unchanged: 1,
      refused: 2,
      images: [
        { imageId: machine, outcome: 'changed', reviewId: await study.last(machine), reason: null },
        { imageId: human, outcome: 'unchanged', reviewId: null, reason: null },
        {
          imageId: unprocessed,
          outcome: 'refused',
          reviewId: null,
          reason: { code: 'no_inference', message: expect.any(String) },
        },
        {
          imageId: person,
          outcome: 'refused',
          reviewId: null,
          reason: { code: 'ambiguous_selection', message: expect.any(String) },
        },
      ],
    });
  });

  it.each([
    [{ type: 'verify', label: 'deer' }, 422, 'action.label'],
    [{ type: 'relabel', label: 'deer' }, 422, 'action.category'],
    [{ type: 'add' }, 422, 'action.observation'],
    [{ type: 'count' }, 422, 'action.individuals'],
    [{ type: 'count', individuals: 0 }, 400, 'action.individuals'],
    [{ type: 'count', individuals: 2, label: 'deer', of: { label: 'fox' } }, 422, 'action.of.label'],
    [{ type: 'reject', detectionId: 999_999 }, 422, 'action.detectionId'],
    [
      { type: 'add', observation: { category: 'animal', box: { x: 0, y: 0, width: 0, height: 1 } } },
      422,
      'action.observation.box',
    ],
    [{ type: 'praise' }, 400, 'action.type'],
    [{}, 400, 'action.type'],
  ])('refuses %j', async (action, status, field) => {
    const image = await deerAndFox();
    expect(await study.act([image], action)).toMatchObject({ status, body: { errors: [{ field }] } });
    expect(await study.history(image)).toEqual([]);
  });

  it('accepts boxes and detections for a single image only', async () => {
    const images = [await deerAndFox(), await deerAndFox()];
    const [first] = await study.detectionIds(images[0]!);
    const bad = [
      { type: 'reject', detectionId: first },
      { type: 'add', observation: { category: 'animal', detectionId: first } },
      { type: 'add', observation: { category: 'animal', box: { x: 0, y: 0, width: 1, height: 1 } } },
    ];
    for (const action of bad) expect(await study.act(images, action)).toMatchObject({ status: 422 });
    expect(await gateway.post('/reviews', { projectId: study.projectId, action: { type: 'verify' } })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'imageIds' }] },
    });
  });

  it('changes a thousand images, and undoes all of them', async () => {
    const { ids } = await gateway.images(
      study.projectId,
      Array.from({ length: 1_000 }, (_, n) => `${n}.jpg`),
      { deploymentId: study.deploymentId },
    );
    await gateway.db.transaction().execute(async (tx) => {
      await sql`insert into inferences (image_id, model_id, stage, engine, decode_ms, infer_ms)
        select id, ${study.modelId}, 'detect', 'null', 1, 1
        from images where project_id = ${study.projectId}`.execute(tx);
      await sql`
        insert into detections (inference_id, image_id, category, label, confidence, x, y, width, height)
        select f.id, f.image_id, 'animal', 'deer', 0.9, 0.1, 0.1, 0.1, 0.1
        from inferences f join images i on i.id = f.image_id where i.project_id = ${study.projectId}`.execute(tx);
    });
    const { body } = await study.act(ids, { type: 'relabel', category: 'animal', label: 'elk' });
    expect([body.changed, body.unchanged, body.refused, body.images.length]).toEqual([1_000, 0, 0, 1_000]);
    const count = async (label: string): Promise<number> =>
      (await gateway.get(`/images/count?projectId=${study.projectId}&label=${label}`)).body.count;
    expect([await count('elk'), await count('deer')]).toEqual([1_000, 0]);
    await study.set(ids[7]!, []);
    const undone = (await gateway.post('/reviews/undo', { projectId: study.projectId, batchId: body.batchId })).body;
    expect([undone.changed, undone.refused]).toEqual([999, 1]);
    expect(undone.images.find(({ outcome }: { outcome: string }) => outcome === 'refused')).toMatchObject({
      imageId: ids[7],
      reason: { code: 'not_latest' },
    });
    expect([await count('elk'), await count('deer')]).toEqual([0, 999]);
    expect(
      (await gateway.post('/reviews/undo', { projectId: study.projectId, batchId: body.batchId })).body,
    ).toMatchObject({ changed: 0, refused: 1_000 });
    expect(
      await study.act(
        Array.from({ length: 1_001 }, (_, n) => n + 1),
        { type: 'verify' },
      ),
    ).toMatchObject({ status: 400 });
  }, 60_000);

  it('changes nothing when one image belongs to another project or does not exist', async () => {
    const image = await deerAndFox();
    const other = await (await Reviewing.start(gateway)).image(0, [seen('deer')]);
    for (const missing of [other, 999_999]) {
      const answer = await study.act([image, missing], { type: 'blank' });
      expect(answer).toMatchObject({
        status: 422,
        body: { type: 'urn:pugmark:problem:image_missing', errors: [{ field: 'imageIds' }] },
      });
      expect(answer.body.detail).toContain(String(missing));
    }
    expect(await study.history(image)).toEqual([]);
    expect(
      await gateway.post('/reviews/undo', {
        projectId: study.projectId,
        batchId: '00000000-0000-4000-8000-000000000000',
      }),
    ).toMatchObject({ status: 422 });
  });

  it('leaves nothing when killed in the middle, and is done once when repeated', async () => {
    const images = [await deerAndFox(), await deerAndFox()];
    const blocker = await gateway.db.startTransaction().execute();
    // The reviews are written by then, the effective observations are not.
    await sql`lock table image_summaries in share mode`.execute(blocker);
    const answer = study.act(images, { type: 'add', observation: { category: 'animal', label: 'owl' } });
    await sql`select pg_terminate_backend(${await gateway.waitForBlockedStatement()})`.execute(gateway.db);
    await blocker.commit().execute();
    expect((await answer).body).toMatchObject({ changed: 2 });
    for (const image of images)
      expect([await study.listed(image), (await study.history(image)).length]).toEqual(['deer 2, fox 1, owl 1', 1]);
  });

  it('leaves nothing when it fails in the middle, and can be repeated', async () => {
    const images = [await deerAndFox(), await deerAndFox()];
    const key = { 'idempotency-key': 'killed' };
    await sql`create function fail() returns trigger language plpgsql
      as 'begin raise exception ''killed'' using errcode = ''53100''; end'`.execute(gateway.db);
    await sql`create trigger fail before update on image_summaries for each row execute function fail()`.execute(
      gateway.db,
    );
    expect((await study.act(images, { type: 'blank' }, {}, key)).status).toBe(503);
    expect((await sql`select 1 from reviews where image_id = any(${images})`.execute(gateway.db)).rows).toEqual([]);
    expect(
      (await sql`select 1 from review_batches where project_id = ${study.projectId}`.execute(gateway.db)).rows,
    ).toEqual([]);
    expect(await study.listed(images[0]!)).toBe('deer 2, fox 1');
    await sql`drop trigger fail on image_summaries`.execute(gateway.db);
    expect((await study.act(images, { type: 'blank' }, {}, key)).body).toMatchObject({ changed: 2 });
  });

  it('is done once under an Idempotency-Key, and answers the same again', async () => {
    const images = [await deerAndFox(), await study.image(1)];
    const add = () => study.act(images, { type: 'reject' }, {}, { 'idempotency-key': 'reject-once' });
    const answers = await Promise.all([add(), add(), add()]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200, body: { changed: 1, refused: 1 } });
    expect(await study.history(images[0]!)).toHaveLength(1);
  });

  it('does not deadlock with a concurrent request over the same images in another order', async () => {
    const images = [await deerAndFox(), await deerAndFox(), await deerAndFox()];
    const add = (ids: readonly number[]) =>
      study.act(ids, { type: 'add', observation: { category: 'animal', label: 'owl' } });
    const answers = await Promise.all([
      add(images),
      add([...images].reverse()),
      add(images),
      add([...images].reverse()),
    ]);
    expect(answers.map(({ body }) => body.changed)).toEqual([3, 3, 3, 3]);
    for (const image of images) expect(await study.listed(image)).toBe('deer 2, fox 1, owl 4');
  });
});
