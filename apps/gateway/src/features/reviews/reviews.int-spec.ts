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

  it('shows what counts and what the machine proposes, the surest first, without what is below the threshold', async () => {
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

  it('shows that nobody has looked', async () => {
    expect((await gateway.get(`/images/${await study.image(1)}/review`)).body).toMatchObject({
      source: 'none',
      observations: [],
      review: null,
      machine: null,
    });
  });

  it('is a human’s word as a whole, which counts at once, with what the machine said beside it', async () => {
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
        // The box of the detection that it corrects.
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
    expect(await study.counted(image)).toBe('Capreolus capreolus 3, person 1');
    expect(
      (await gateway.get(`/images?projectId=${study.projectId}&label=Capreolus capreolus`)).body.items,
    ).toMatchObject([{ id: image, detections: [{ label: 'deer' }, { label: 'fox' }] }]);
    expect(
      (await gateway.get(`/images?projectId=${study.projectId}&reviewed=true&category=person`)).body.items,
    ).toMatchObject([{ id: image }]);
  });

  it('takes back what it shows', async () => {
    const image = await study.image(3, [seen('deer'), seen('fox')]);
    const { observations } = (await gateway.get(`/images/${image}/review`)).body;
    expect(await study.set(image, observations)).toMatchObject({
      status: 200,
      body: { source: 'human', observations },
    });
    await study.set(image, observations);
    expect(await study.history(image)).toHaveLength(1);
  });

  it('is a blank when nothing is on it, and the machine’s when it is taken back; the history keeps both', async () => {
    const image = await study.image(4, [seen('deer')]);
    await study.set(image, []);
    expect([await study.word(image), await study.counted(image)]).toEqual(['human: ', '']);
    expect((await gateway.get(`/images?projectId=${study.projectId}&category=blank`)).body.items).toMatchObject([
      { id: image },
    ]);
    expect(await gateway.request('DELETE', `/images/${image}/review`)).toMatchObject({
      status: 200,
      body: { source: 'machine', review: null },
    });
    expect(await study.counted(image)).toBe('deer 1');
    await gateway.request('DELETE', `/images/${image}/review`);
    expect(
      (await study.history(image)).map(({ action, observations, counts }) => [action, observations, counts]),
    ).toEqual([
      ['withdraw', null, true],
      ['set', [], false],
    ]);
  });

  it('keeps a note on a word that stays as it is', async () => {
    const image = await study.image(5, [seen('deer')]);
    await study.act([image], { type: 'verify' });
    await study.act([image], { type: 'verify' }, { note: 'I looked too' });
    expect((await study.history(image)).map(({ note }) => note)).toEqual(['I looked too', null]);
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
    ['nobody', { category: 'animal', individuals: 0 }, 400, 'observations.0.individuals'],
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

  it('refuses what is no list, too much, and a detection of another image or twice', async () => {
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

  it('takes a box that rounding put over the edge', async () => {
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
    const faults = [{ taxonId: taxon, category: 'person' }, { taxonId: taxon, label: 'wolf' }, { taxonId: foreign }];
    for (const one of faults) expect(await study.set(image, [one])).toMatchObject({ status: 422 });
    const second = await study.image(11, [seen('cat'), seen('dog')]);
    expect((await study.act([second], { type: 'relabel', taxonId: taxon, of: { label: 'cat' } })).body).toMatchObject({
      changed: 1,
    });
    expect(await study.word(second)).toBe('human: Lynx lynx 1, dog 1');
    await gateway.request('DELETE', `/taxa/${taxon}`);
    expect(await study.set(second, [{ taxonId: taxon }])).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'observations.0.taxonId' }] },
    });
    expect(await study.act([second], { type: 'relabel', taxonId: taxon })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'action.taxonId' }] },
    });
    // What was observed keeps it, also when something else is corrected beside it.
    const [lynx] = (await gateway.get(`/images/${second}/review`)).body.observations;
    expect(await study.set(second, [lynx])).toMatchObject({ status: 200 });
    expect(await study.word(second)).toBe('human: Lynx lynx 1');
  });

  it('follows a taxon that is corrected, wherever it counts; the history says what was said', async () => {
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
    // At the same moment: whoever comes second sees the other.
    await Promise.all([
      gateway.patch(`/taxa/${taxon}`, { scientificName: 'Lynx canadensis' }),
      study.act([other], { type: 'relabel', taxonId: taxon }),
    ]);
    expect([await study.counted(image), await study.word(image)]).toEqual([
      'Lynx canadensis 2, fox 1',
      'human: Lynx canadensis 2, fox 1',
    ]);
    expect([await study.counted(other), await study.word(other)]).toEqual([
      'Lynx canadensis 1',
      'human: Lynx canadensis 1',
    ]);
    expect(await study.counted(undone)).toBe('cat 1');
    expect((await study.history(image))[0]).toMatchObject({
      observations: [{ label: 'Felis linx' }, { label: 'fox' }],
    });
    expect((await gateway.get(`/images/count?projectId=${study.projectId}&label=Lynx canadensis`)).body.count).toBe(2);
  });

  describe('If-Match', () => {
    it('lets one of two reviewers who looked at the same time win, and tells the other', async () => {
      const image = await study.image(20, [seen('deer')]);
      const etag = (await gateway.get(`/images/${image}/review`)).headers.get('etag')!;
      const answers = await Promise.all(
        ['elk', 'cow', 'goat'].map((label) => study.set(image, [{ category: 'animal', label }], { 'if-match': etag })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
      expect(answers.find(({ status }) => status === 412)!.body.type).toBe('urn:pugmark:problem:changed_meanwhile');
      expect(await study.history(image)).toHaveLength(1);
    });

    it('goes on from the answer of a change, and guards the taking back too', async () => {
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

    it('notices that a model has looked meanwhile', async () => {
      const image = await study.image(22);
      const etag = (await gateway.get(`/images/${image}/review`)).headers.get('etag')!;
      await gateway.detections(image, study.modelId, [seen('deer')]);
      expect((await study.set(image, [], { 'if-match': etag })).status).toBe(412);
    });
  });

  describe('at the same moment', () => {
    it('two reviewers without If-Match come one after the other, and the second one’s word counts', async () => {
      const image = await study.image(30, [seen('deer')]);
      await Promise.all(
        [1, 2, 3, 4].map((individuals) =>
          study.act([image], { type: 'add', observation: { category: 'animal', label: 'owl', individuals } }),
        ),
      );
      expect(await study.counted(image)).toBe('deer 1, owl 10');
      expect(await study.history(image)).toHaveLength(4);
    });

    it('a model that looks does not take the human’s word away, whoever comes first', async () => {
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
      await gateway.someoneWaits();
      await commit.commit().execute();
      // It waited, and saw what the model had found.
      expect((await verified).body).toMatchObject({ changed: 1 });
      expect([await study.word(image), await study.counted(image)]).toEqual(['human: deer 1', 'deer 1']);
    });

    it('a human’s word that comes first stands against what the model then finds', async () => {
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
      await gateway.someoneWaits();
      await human.commit().execute();
      await found;
      expect([await study.word(image), await study.counted(image)]).toEqual(['human: ', '']);
      expect((await gateway.get(`/images/${image}/review`)).body.machine.observations).toMatchObject([
        { label: 'deer' },
      ]);
    });
  });

  describe('history and undo', () => {
    it('lists who said what and when, newest first, page by page', async () => {
      const image = await study.image(40, [seen('deer')]);
      const field = await gateway.key(['review', 'read']);
      await study.set(image, [{ category: 'animal', label: 'elk' }]);
      await study.set(image, [], { authorization: `Bearer ${field}` });
      const [newest, oldest] = await study.history(image);
      expect(newest).toMatchObject({
        action: 'set',
        observations: [],
        reviewer: 'review read',
        counts: true,
        undoneAt: null,
        undoneBy: null,
        redoOf: null,
      });
      expect(oldest).toMatchObject({ observations: [{ label: 'elk' }], reviewer: 'admin', counts: false });
      expect(newest!['keyId']).not.toBe(oldest!['keyId']);
      const first = (await gateway.get(`/images/${image}/history?limit=1`)).body;
      expect(first.items).toEqual([newest]);
      expect((await gateway.get(`/images/${image}/history?limit=1&cursor=${first.nextCursor}`)).body).toEqual({
        items: [oldest],
        nextCursor: null,
      });
    });

    it('undoes step by step down to the machine’s word, and says it all again', async () => {
      const image = await study.image(41, [seen('deer')]);
      for (const label of ['elk', 'cow', 'goat']) await study.set(image, [{ category: 'animal', label }]);
      const [goat, cow, elk] = (await study.history(image)).map(({ id }) => id);
      const undo = async (id: number): Promise<string> =>
        (await gateway.post(`/reviews/${id}/undo`)).status === 200 ? study.counted(image) : 'refused';
      const redo = async (id: number): Promise<string> =>
        (await gateway.post(`/reviews/${id}/redo`)).status === 200 ? study.counted(image) : 'refused';
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
        counts: false,
      });
      expect([await redo(elk!), await redo(elk!), await redo(cow!), await redo(goat!)]).toEqual([
        'elk 1',
        'refused',
        'cow 1',
        'goat 1',
      ]);
      // Nothing of it is forgotten: what is said again is a review of its own, which can be undone as any.
      const again = await study.history(image);
      expect(again.map(({ action, redoOf, counts }) => [action, redoOf, counts])).toEqual([
        ['redo', goat, true],
        ['redo', cow, false],
        ['redo', elk, false],
        ['set', null, false],
        ['set', null, false],
        ['set', null, false],
      ]);
      expect([await undo(again[0]!.id), await redo(again[0]!.id)]).toEqual(['cow 1', 'goat 1']);
    });

    it('does not say again what something else was said after', async () => {
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
        body: { type: 'urn:pugmark:problem:not_undone' },
      });
      expect(await gateway.post('/reviews/999999/undo')).toMatchObject({ status: 404 });
    });

    it('undoes the taking back too', async () => {
      const image = await study.image(43, [seen('deer')]);
      await study.set(image, [{ category: 'animal', label: 'elk' }]);
      await gateway.request('DELETE', `/images/${image}/review`);
      expect((await gateway.post(`/reviews/${await study.last(image)}/undo`)).body).toMatchObject({
        source: 'human',
        observations: [{ label: 'elk' }],
      });
    });

    it('undoes once when it is asked for twice at the same moment', async () => {
      const image = await study.image(44, [seen('deer')]);
      for (const label of ['elk', 'cow']) await study.set(image, [{ category: 'animal', label }]);
      const cow = await study.last(image);
      const answers = await Promise.all([1, 2, 3].map(() => gateway.post(`/reviews/${cow}/undo`)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      expect(await study.counted(image)).toBe('elk 1');
    });
  });

  it('of another project’s image is neither shown nor changed to a bound key', async () => {
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
