import { sql } from 'kysely';
import { DetectionRepository } from '@pugmark/db';
import { TestGateway } from '../../testing/gateway.fixture';
import { Reviewing, seen } from '../../testing/reviewing.fixture';

const BOX = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

describe('the review of an image', () => {
  let gateway: TestGateway;
  let study: Reviewing;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    study = await Reviewing.start(gateway);
  });
  afterAll(() => gateway.stop());

  it('returns effective observations and the model’s proposal, by confidence, without detections below the threshold', async () => {
    const image = await study.image(0, [seen('fox', 0.6), seen('deer', 0.9), seen('stone', 0.3)]);
    const [fox, deer] = await study.detectionIds(image);
    const proposed = [
      { category: 'animal', label: 'deer', taxonId: null, individuals: 1, box: BOX, detectionId: deer },
      { category: 'animal', label: 'fox', taxonId: null, individuals: 1, box: BOX, detectionId: fox },
    ];
    expect((await gateway.get(`/images/${image}/review`)).body).toEqual({
      imageId: image,
      source: 'machine',
      observations: proposed,
      review: null,
      machine: {
        model: 'test-model 1.0.0',
        observations: [
          { ...proposed[0], confidence: 0.9 },
          { ...proposed[1], confidence: 0.6 },
        ],
      },
    });
  });

  it('reports an image that is neither processed nor reviewed', async () => {
    expect((await gateway.get(`/images/${await study.image(1)}/review`)).body).toMatchObject({
      source: 'none',
      observations: [],
      review: null,
      machine: null,
    });
  });

  it('is an annotation as a whole, effective at once, next to the model’s proposal', async () => {
    const image = await study.image(2, [seen('deer'), seen('fox')]);
    const [deer] = await study.detectionIds(image);
    const { status, body } = await gateway.put(`/images/${image}/review`, {
      observations: [
        { category: 'animal', label: 'Capreolus capreolus', individuals: 3, detectionId: deer },
        { category: 'person', box: { x: 0.5, y: 0, width: 0.5, height: 1 } },
      ],
      note: 'three behind the tree',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      source: 'human',
      observations: [
        // The box of the corrected detection.
        {
          category: 'animal',
          label: 'Capreolus capreolus',
          taxonId: null,
          individuals: 3,
          box: BOX,
          detectionId: deer,
        },
        {
          category: 'person',
          label: 'person',
          taxonId: null,
          individuals: 1,
          box: { x: 0.5, y: 0, width: 0.5, height: 1 },
          detectionId: null,
        },
      ],
      review: {
        action: 'set',
        reviewer: 'admin',
        note: 'three behind the tree',
        batchId: null,
        keyId: expect.any(Number),
      },
      machine: { observations: [{ label: 'deer' }, { label: 'fox' }] },
    });
    expect(await study.listed(image)).toBe('Capreolus capreolus 3, person 1');
    expect(
      (await gateway.get(`/images?projectId=${study.projectId}&label=Capreolus capreolus`)).body.items,
    ).toMatchObject([{ id: image, detections: [{ label: 'deer' }, { label: 'fox' }] }]);
    expect(
      (await gateway.get(`/images?projectId=${study.projectId}&reviewed=true&category=person`)).body.items,
    ).toMatchObject([{ id: image }]);
  });

  it('accepts what it returns', async () => {
    const image = await study.image(3, [seen('deer'), seen('fox')]);
    const { observations } = (await gateway.get(`/images/${image}/review`)).body;
    expect(await study.set(image, observations)).toMatchObject({
      status: 200,
      body: { source: 'human', observations },
    });
    await study.set(image, observations);
    expect(await study.history(image)).toHaveLength(1);
  });

  it('is a blank when empty, and the model’s result when withdrawn; the history keeps both', async () => {
    const image = await study.image(4, [seen('deer')]);
    await study.set(image, []);
    expect([await study.effective(image), await study.listed(image)]).toEqual(['human: ', '']);
    expect((await gateway.get(`/images?projectId=${study.projectId}&category=blank`)).body.items).toMatchObject([
      { id: image },
    ]);
    expect(await gateway.request('DELETE', `/images/${image}/review`)).toMatchObject({
      status: 200,
      body: { source: 'machine', review: null },
    });
    expect(await study.listed(image)).toBe('deer 1');
    await gateway.request('DELETE', `/images/${image}/review`);
    expect(
      (await study.history(image)).map(({ action, observations, isEffective }) => [action, observations, isEffective]),
    ).toEqual([
      ['withdraw', null, true],
      ['set', [], false],
    ]);
  });

  it('keeps a note on an unchanged annotation', async () => {
    const image = await study.image(5, [seen('deer')]);
    await study.act([image], { type: 'verify' });
    await study.act([image], { type: 'verify' }, { note: 'I agree' });
    expect((await study.history(image)).map(({ note }) => note)).toEqual(['I agree', null]);
  });

  it.each([
    [
      'a box beyond the edge',
      { category: 'animal', box: { x: 0.6, y: 0, width: 0.5, height: 0.5 } },
      422,
      'observations.0.box',
    ],
    [
      'a box without size',
      { category: 'animal', box: { x: 0.6, y: 0, width: 0, height: 0.5 } },
      422,
      'observations.0.box',
    ],
    [
      'a box of pixels',
      { category: 'animal', box: { x: 60, y: 0, width: 0.1, height: 0.5 } },
      400,
      'observations.0.box.x',
    ],
    ['no individual', { category: 'animal', individuals: 0 }, 400, 'observations.0.individuals'],
    ['an unknown category', { category: 'plant' }, 400, 'observations.0.category'],
    ['no category', { label: 'deer' }, 422, 'observations.0.category'],
    ['an unknown detection', { category: 'animal', detectionId: 999_999 }, 422, 'observations.0.detectionId'],
    ['an unknown taxon', { taxonId: 999_999 }, 422, 'observations.0.taxonId'],
    ['an unknown field', { category: 'animal', colour: 'red' }, 400, 'observations.0.colour'],
    ['a line break in a label', { category: 'animal', label: 'a\nb' }, 400, 'observations.0.label'],
  ])('refuses %s', async (_what, observation, status, field) => {
    const image = await study.image(6, []);
    const answer = await study.set(image, [observation]);
    expect(answer).toMatchObject({ status, body: { errors: [{ field }] } });
    expect(await study.history(image)).toEqual([]);
  });

  it('refuses malformed and oversized lists, a detection of another image, and a duplicate one', async () => {
    const image = await study.image(7, [seen('deer')]);
    const [deer] = await study.detectionIds(image);
    const [other] = await study.detectionIds(await study.image(8, [seen('deer')]));
    const one = { category: 'animal', detectionId: deer };
    const bad = [
      [{ ...one, detectionId: other }],
      [one, one],
      Array.from({ length: 101 }, () => ({ category: 'animal' })),
      ['deer'],
      'deer',
      null,
    ];
    const answers = [];
    for (const observations of bad)
      answers.push((await gateway.put(`/images/${image}/review`, { observations })).status);
    expect(answers).toEqual([422, 422, 400, 400, 400, 400]);
    expect(await gateway.put('/images/999999/review', { observations: [] })).toMatchObject({ status: 404 });
    expect(await gateway.get('/images/999999/history')).toMatchObject({ status: 404 });
  });

  it('accepts a box that rounding put beyond the edge', async () => {
    const image = await study.image(9, []);
    const { body } = await study.set(image, [
      { category: 'animal', box: { x: 0.3, y: 0.1, width: 0.7000001, height: 0.9 } },
    ]);
    expect(body.observations[0].box).toEqual({ x: 0.3, y: 0.1, width: 0.7, height: 0.9 });
  });

  it('names a species from the list of the project', async () => {
    const taxon = (
      await gateway.post(`/projects/${study.projectId}/taxa`, { scientificName: 'Lynx lynx', commonName: 'lynx' })
    ).body.id;
    const foreign = (
      await gateway.post(`/projects/${await gateway.project()}/taxa`, { scientificName: 'Lynx pardinus' })
    ).body.id;
    const image = await study.image(10, [seen('cat')]);
    expect((await study.set(image, [{ taxonId: taxon }])).body.observations).toMatchObject([
      { category: 'animal', label: 'Lynx lynx', taxonId: taxon },
    ]);
    expect(
      (await study.set(image, [{ taxonId: taxon, category: 'animal', label: 'lynx lynx', individuals: 2 }])).body
        .observations,
    ).toMatchObject([{ label: 'Lynx lynx', individuals: 2 }]);
    const invalid = [{ taxonId: taxon, category: 'person' }, { taxonId: taxon, label: 'wolf' }, { taxonId: foreign }];
    for (const one of invalid) expect(await study.set(image, [one])).toMatchObject({ status: 422 });
    const second = await study.image(11, [seen('cat'), seen('dog')]);
    expect((await study.act([second], { type: 'relabel', taxonId: taxon, of: { label: 'cat' } })).body).toMatchObject({
      changed: 1,
    });
    expect(await study.effective(second)).toBe('human: Lynx lynx 1, dog 1');
    await gateway.request('DELETE', `/taxa/${taxon}`);
    expect(await study.set(second, [{ taxonId: taxon }])).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'observations.0.taxonId' }] },
    });
    expect(await study.act([second], { type: 'relabel', taxonId: taxon })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'action.taxonId' }] },
    });
    // An observation keeps its taxon, also when another one is corrected.
    const [lynx] = (await gateway.get(`/images/${second}/review`)).body.observations;
    expect(await study.set(second, [lynx])).toMatchObject({ status: 200 });
    expect(await study.effective(second)).toBe('human: Lynx lynx 1');
  });

  it('follows a corrected taxon wherever it is effective; the history keeps the old name', async () => {
    const taxon = (await gateway.post(`/projects/${study.projectId}/taxa`, { scientificName: 'Felis linx' })).body.id;
    const [image, other, undone] = [
      await study.image(12, [seen('cat')]),
      await study.image(13, [seen('cat')]),
      await study.image(14, [seen('cat')]),
    ];
    for (const one of [image, undone])
      await study.set(one, [
        { taxonId: taxon, individuals: 2 },
        { category: 'animal', label: 'fox' },
      ]);
    await gateway.post(`/reviews/${await study.last(undone)}/undo`);
    // Concurrently: whichever comes second sees the other.
    await Promise.all([
      gateway.patch(`/taxa/${taxon}`, { scientificName: 'Lynx canadensis' }),
      study.act([other], { type: 'relabel', taxonId: taxon }),
    ]);
    expect([await study.listed(image), await study.effective(image)]).toEqual([
      'Lynx canadensis 2, fox 1',
      'human: Lynx canadensis 2, fox 1',
    ]);
    expect([await study.listed(other), await study.effective(other)]).toEqual([
      'Lynx canadensis 1',
      'human: Lynx canadensis 1',
    ]);
    expect(await study.listed(undone)).toBe('cat 1');
    expect((await study.history(image))[0]).toMatchObject({
      observations: [{ label: 'Felis linx' }, { label: 'fox' }],
    });
    expect((await gateway.get(`/images/count?projectId=${study.projectId}&label=Lynx canadensis`)).body.count).toBe(2);
  });

  describe('If-Match', () => {
    it('accepts one of two concurrent reviews, and refuses the other', async () => {
      const image = await study.image(20, [seen('deer')]);
      const etag = (await gateway.get(`/images/${image}/review`)).headers.get('etag')!;
      const answers = await Promise.all(
        ['elk', 'cow', 'goat'].map((label) => study.set(image, [{ category: 'animal', label }], { 'if-match': etag })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
      expect(answers.find(({ status }) => status === 412)!.body.type).toBe('urn:pugmark:problem:etag_mismatch');
      expect(await study.history(image)).toHaveLength(1);
    });

    it('accepts the ETag of a change, and guards withdrawal too', async () => {
      const image = await study.image(21, [seen('deer')]);
      const first = await study.set(image, [], {
        'if-match': (await gateway.get(`/images/${image}/review`)).headers.get('etag')!,
      });
      const second = await study.set(image, [{ category: 'animal' }], { 'if-match': first.headers.get('etag')! });
      expect(second.status).toBe(200);
      const remove = (etag: string) =>
        gateway.request('DELETE', `/images/${image}/review`, { headers: { 'if-match': etag } });
      expect((await remove(first.headers.get('etag')!)).status).toBe(412);
      expect((await remove(second.headers.get('etag')!)).status).toBe(200);
    });

    it('detects an inference in between', async () => {
      const image = await study.image(22);
      const etag = (await gateway.get(`/images/${image}/review`)).headers.get('etag')!;
      await gateway.detections(image, study.modelId, [seen('deer')]);
      expect((await study.set(image, [], { 'if-match': etag })).status).toBe(412);
    });
  });

  describe('with concurrent changes', () => {
    it('serializes two reviewers without If-Match; the second annotation is effective', async () => {
      const image = await study.image(30, [seen('deer')]);
      await Promise.all(
        [1, 2, 3, 4].map((individuals) =>
          study.act([image], { type: 'add', observation: { category: 'animal', label: 'owl', individuals } }),
        ),
      );
      expect(await study.listed(image)).toBe('deer 1, owl 10');
      expect(await study.history(image)).toHaveLength(4);
    });

    it('keeps an annotation over an inference, whichever comes first', async () => {
      const image = await study.image(31);
      const commit = await gateway.db.startTransaction().execute();
      await new DetectionRepository().insertNew(commit, [
        {
          imageId: image,
          modelId: study.modelId,
          engine: 'null',
          warning: null,
          decodeMs: 1,
          inferMs: 1,
          detections: [seen('deer')],
        },
      ]);
      const verified = study.act([image], { type: 'verify' });
      await gateway.waitForBlockedStatement();
      await commit.commit().execute();
      // It waited, and saw the new detections.
      expect((await verified).body).toMatchObject({ changed: 1 });
      expect([await study.effective(image), await study.listed(image)]).toEqual(['human: deer 1', 'deer 1']);
    });

    it('keeps an earlier annotation over what a model finds later', async () => {
      const image = await study.image(32);
      const human = await gateway.db.startTransaction().execute();
      await gateway.repositories.reviews.lockImages(human, study.projectId, [image]);
      await gateway.repositories.reviews.add(
        human,
        study.projectId,
        { name: 'Kim', keyId: null, note: null, batchId: null },
        [{ imageId: image, action: 'blank', observations: [] }],
      );
      const found = gateway.detections(image, study.modelId, [seen('deer')]);
      await gateway.waitForBlockedStatement();
      await human.commit().execute();
      await found;
      expect([await study.effective(image), await study.listed(image)]).toEqual(['human: ', '']);
      expect((await gateway.get(`/images/${image}/review`)).body.machine.observations).toMatchObject([
        { label: 'deer' },
      ]);
    });
  });

  describe('history and undo', () => {
    it('lists who annotated what and when, newest first, page by page', async () => {
      const image = await study.image(40, [seen('deer')]);
      const field = await gateway.key(['review', 'read']);
      await study.set(image, [{ category: 'animal', label: 'elk' }]);
      await study.set(image, [], { authorization: `Bearer ${field}` });
      const [newest, oldest] = await study.history(image);
      expect(newest).toMatchObject({
        action: 'set',
        observations: [],
        reviewer: 'review read',
        isEffective: true,
        undoneAt: null,
        undoneBy: null,
        redoOf: null,
      });
      expect(oldest).toMatchObject({ observations: [{ label: 'elk' }], reviewer: 'admin', isEffective: false });
      expect(newest!['keyId']).not.toBe(oldest!['keyId']);
      const first = (await gateway.get(`/images/${image}/history?limit=1`)).body;
      expect(first.items).toEqual([newest]);
      expect((await gateway.get(`/images/${image}/history?limit=1&cursor=${first.nextCursor}`)).body).toEqual({
        items: [oldest],
        nextCursor: null,
      });
    });

    it('undoes step by step down to the inference, and redoes all of it', async () => {
      const image = await study.image(41, [seen('deer')]);
      for (const label of ['elk', 'cow', 'goat']) await study.set(image, [{ category: 'animal', label }]);
      const [goat, cow, elk] = (await study.history(image)).map(({ id }) => id);
      const undo = async (id: number): Promise<string> =>
        (await gateway.post(`/reviews/${id}/undo`)).status === 200 ? study.listed(image) : 'refused';
      const redo = async (id: number): Promise<string> =>
        (await gateway.post(`/reviews/${id}/redo`)).status === 200 ? study.listed(image) : 'refused';
      expect(await undo(cow!)).toBe('refused');
      expect([await undo(goat!), await undo(goat!), await undo(cow!), await undo(elk!)]).toEqual([
        'cow 1',
        'refused',
        'elk 1',
        'deer 1',
      ]);
      expect((await study.history(image))[0]).toMatchObject({
        undoneBy: 'admin',
        undoneAt: expect.any(String),
        isEffective: false,
      });
      expect([await redo(elk!), await redo(elk!), await redo(cow!), await redo(goat!)]).toEqual([
        'elk 1',
        'refused',
        'cow 1',
        'goat 1',
      ]);
      // Nothing is lost: a redone review is a review of its own, which can be undone like any other.
      const again = await study.history(image);
      expect(again.map(({ action, redoOf, isEffective }) => [action, redoOf, isEffective])).toEqual([
        ['redo', goat, true],
        ['redo', cow, false],
        ['redo', elk, false],
        ['set', null, false],
        ['set', null, false],
        ['set', null, false],
      ]);
      expect([await undo(again[0]!.id), await redo(again[0]!.id)]).toEqual(['cow 1', 'goat 1']);
    });

    it('does not redo a review after a later one', async () => {
      const image = await study.image(42, [seen('deer')]);
      await study.set(image, [{ category: 'animal', label: 'elk' }]);
      const elk = await study.last(image);
      await gateway.post(`/reviews/${elk}/undo`);
      await study.set(image, []);
      expect(await gateway.post(`/reviews/${elk}/redo`)).toMatchObject({
        status: 409,
        body: { type: 'urn:pugmark:problem:not_latest' },
      });
      expect(await gateway.post(`/reviews/${await study.last(image)}/redo`)).toMatchObject({
        status: 409,
        body: { type: 'urn:pugmark:problem:review_not_undone' },
      });
      expect(await gateway.post('/reviews/999999/undo')).toMatchObject({ status: 404 });
    });

    it('undoes a withdrawal too', async () => {
      const image = await study.image(43, [seen('deer')]);
      await study.set(image, [{ category: 'animal', label: 'elk' }]);
      await gateway.request('DELETE', `/images/${image}/review`);
      expect((await gateway.post(`/reviews/${await study.last(image)}/undo`)).body).toMatchObject({
        source: 'human',
        observations: [{ label: 'elk' }],
      });
    });

    it('undoes once when requested twice concurrently', async () => {
      const image = await study.image(44, [seen('deer')]);
      for (const label of ['elk', 'cow']) await study.set(image, [{ category: 'animal', label }]);
      const cow = await study.last(image);
      const answers = await Promise.all([1, 2, 3].map(() => gateway.post(`/reviews/${cow}/undo`)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      expect(await study.listed(image)).toBe('elk 1');
    });
  });

  it('is neither shown nor changed for a key bound to another project', async () => {
    const image = await study.image(50, [seen('deer')]);
    await study.set(image, []);
    const headers = {
      authorization: `Bearer ${await gateway.key(['review', 'read'], { projectIds: [await gateway.project()] })}`,
    };
    const answers = [
      await gateway.get(`/images/${image}/review`, headers),
      await study.set(image, [{ category: 'animal' }], headers),
      await gateway.post(`/reviews/${await study.last(image)}/undo`, undefined, headers),
      await study.act([image], { type: 'verify' }, {}, headers),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 403]);
    expect((await sql`select 1 from reviews where image_id = ${image}`.execute(gateway.db)).rows).toHaveLength(1);
  });
});
