import { TestGateway, type Answer } from '../../testing/gateway.fixture';

describe('taxa', () => {
  let gateway: TestGateway;
  let projectId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    projectId = await gateway.project();
  });

  const post = (body: object, headers: Record<string, string> = {}): Promise<Answer> =>
    gateway.post(`/projects/${projectId}/taxa`, body, headers);
  const remove = (id: number): Promise<Answer> => gateway.request('DELETE', `/taxa/${id}`);
  const list = async (query = ''): Promise<{ id: number; scientificName: string }[]> =>
    (await gateway.get(`/projects/${projectId}/taxa${query}`)).body.items;
  const names = async (query = ''): Promise<string[]> =>
    (await list(query)).map(({ scientificName }) => scientificName);
  const send = (csv: string, query = ''): Promise<Answer> =>
    gateway.request('POST', `/projects/${projectId}/taxa/import${query}`, {
      body: csv,
      headers: { 'content-type': 'text/csv' },
    });

  it('are created, returned and listed by name', async () => {
    const fox = await post({ scientificName: 'Vulpes vulpes', commonName: 'Red fox', rank: 'species' });
    expect(fox).toMatchObject({
      status: 201,
      body: {
        projectId,
        scientificName: 'Vulpes vulpes',
        commonName: 'Red fox',
        category: 'animal',
        rank: 'species',
        archivedAt: null,
      },
    });
    expect(fox.headers.get('location')).toBe(`/api/v1/taxa/${fox.body.id}`);
    const hiker = await post({ scientificName: 'Homo sapiens', category: 'person' });
    expect((await gateway.get(`/taxa/${fox.body.id}`)).body).toEqual(fox.body);
    expect(await list()).toEqual([hiker.body, fox.body]);
    expect(await names('?q=FOX')).toEqual(['Vulpes vulpes']);
    expect(await names('?q=red%20')).toEqual(['Vulpes vulpes']);
    expect(await names('?q=ed')).toEqual([]);
  });

  it('are paged by name, each exactly once', async () => {
    for (const name of ['delta', 'Alpha', 'charlie', 'Bravo', 'echo']) await post({ scientificName: name });
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await gateway.get(`/projects/${projectId}/taxa?limit=2${cursor}`);
      seen.push(...body.items.map(({ scientificName }: { scientificName: string }) => scientificName));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(['Alpha', 'Bravo', 'charlie', 'delta', 'echo']);
  });

  it('have a unique name within a project, case-insensitive', async () => {
    await post({ scientificName: 'Vulpes vulpes' });
    expect(await post({ scientificName: 'vulpes Vulpes' })).toMatchObject({
      status: 409,
      body: { type: 'urn:pugmark:problem:name_taken', errors: [{ field: 'scientificName' }] },
    });
    const all = await Promise.all([1, 2, 3, 4].map(() => post({ scientificName: 'Felis catus' })));
    expect(all.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    projectId = await gateway.project();
    expect((await post({ scientificName: 'Vulpes vulpes' })).status).toBe(201);
  });

  it('keep their observations when archived, and are restored when their name is posted again', async () => {
    const { body: fox } = await post({ scientificName: 'Vulpes vulpes', commonName: 'Fox', rank: 'species' });
    expect((await remove(fox.id)).status).toBe(204);
    const { body: archived } = await gateway.get(`/taxa/${fox.id}`);
    expect(archived).toEqual({ ...fox, archivedAt: expect.any(String) });
    expect((await remove(fox.id)).status).toBe(204);
    expect((await gateway.get(`/taxa/${fox.id}`)).body).toEqual(archived);
    expect([await names(), await names('?archived=true'), await names('?archived=true&q=fox')]).toEqual([
      [],
      ['Vulpes vulpes'],
      ['Vulpes vulpes'],
    ]);
    const back = await post({ scientificName: 'Vulpes Vulpes', commonName: 'Red fox' });
    expect(back).toMatchObject({
      status: 201,
      body: { ...fox, scientificName: 'Vulpes Vulpes', commonName: 'Red fox' },
    });
    expect(await list()).toEqual([back.body]);
    expect((await post({ scientificName: 'Vulpes vulpes' })).status).toBe(409);
  });

  it('are created once by requests with one Idempotency-Key', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(() => post({ scientificName: 'Lynx lynx' }, { 'idempotency-key': 'lynx' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await names()).toEqual(['Lynx lynx']);
  });

  it('are updated in the given fields, and no other', async () => {
    const { body: fox } = await post({ scientificName: 'Vulpes vulpse', commonName: 'Fox', rank: 'species' });
    const { body } = await gateway.patch(`/taxa/${fox.id}`, { scientificName: 'Vulpes vulpes', rank: null });
    expect(body).toEqual({ ...fox, scientificName: 'Vulpes vulpes', rank: null });
    expect([await names('?q=vulpse'), await names('?q=vulpes')]).toEqual([[], ['Vulpes vulpes']]);
    expect(
      (await gateway.patch(`/taxa/${fox.id}`, { scientificName: 'VULPES vulpes', category: 'vehicle' })).body,
    ).toMatchObject({ scientificName: 'VULPES vulpes', category: 'vehicle' });
  });

  it('do not take the name of another, and say when that one is archived', async () => {
    const { body: cat } = await post({ scientificName: 'Felis catus' });
    const { body: fox } = await post({ scientificName: 'Vulpes vulpes' });
    await remove(cat.id);
    const answer = await gateway.patch(`/taxa/${fox.id}`, { scientificName: 'felis catus' });
    expect(answer).toMatchObject({
      status: 409,
      body: { type: 'urn:pugmark:problem:name_taken', detail: expect.stringContaining('archived: POST its name') },
    });
    expect((await gateway.get(`/taxa/${fox.id}`)).body).toEqual(fox);
  });

  it.each([
    [{}, 'scientificName'],
    [{ scientificName: ' Fox' }, 'scientificName'],
    [{ scientificName: 'x'.repeat(201) }, 'scientificName'],
    [{ scientificName: 'Fox', commonName: '' }, 'commonName'],
    [{ scientificName: 'Fox', category: 'bear' }, 'category'],
    [{ scientificName: 'Fox', category: null }, 'category'],
    [{ scientificName: 'Fox', rank: 'x'.repeat(41) }, 'rank'],
    [{ scientificName: 'Fox', archivedAt: null }, 'archivedAt'],
  ])('refuse %j', async (body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
    expect(await list()).toEqual([]);
  });

  it.each(['q=', 'q=%00', 'archived=maybe', `q=${'x'.repeat(201)}`])('refuse the search %.20s', async (query) => {
    expect((await gateway.get(`/projects/${projectId}/taxa?${query}`)).status).toBe(400);
  });

  it('are changed by reviewers, and visible to readers', async () => {
    const { body: fox } = await post({ scientificName: 'Vulpes vulpes' });
    const reader = { authorization: `Bearer ${await gateway.key(['read'])}` };
    const reviewer = { authorization: `Bearer ${await gateway.key(['review'])}` };
    expect((await gateway.get(`/taxa/${fox.id}`, reader)).status).toBe(200);
    expect((await gateway.patch(`/taxa/${fox.id}`, { rank: 'species' }, reader)).status).toBe(403);
    expect((await gateway.patch(`/taxa/${fox.id}`, { rank: 'species' }, reviewer)).status).toBe(200);
    const foreign = {
      authorization: `Bearer ${await gateway.key(['read', 'review'], { projectIds: [await gateway.project()] })}`,
    };
    expect([
      (await gateway.get(`/taxa/${fox.id}`, foreign)).status,
      (await gateway.patch(`/taxa/${fox.id}`, { rank: null }, foreign)).status,
    ]).toEqual([404, 404]);
  });

  it('answer 404 when missing', async () => {
    for (const answer of [
      await gateway.get('/taxa/999999'),
      await gateway.patch('/taxa/999999', {}),
      await remove(999_999),
      await gateway.get('/projects/999999/taxa'),
    ])
      expect(answer.status).toBe(404);
    expect((await gateway.get('/taxa/999999')).body.detail).toBe('there is no taxon 999999');
  });

  describe('from CSV', () => {
    it('are created, updated and restored; absent values stay unchanged', async () => {
      const { body: fox } = await post({ scientificName: 'Vulpes vulpes', commonName: 'Fox', rank: 'species' });
      const { body: cat } = await post({ scientificName: 'Felis catus' });
      await post({ scientificName: 'Lynx lynx' });
      await remove(cat.id);
      const answer = await send(
        'Scientific Name;vernacular_name;taxonRank;Category\nVulpes vulpes;Red fox;;\nfelis catus;;;\nLynx lynx;;;\nHomo sapiens;Mensch;species;Person\n',
      );
      expect(answer).toMatchObject({
        status: 200,
        body: { dryRun: false, created: 1, updated: 2, unchanged: 1, errors: [] },
      });
      expect(await list()).toEqual([
        expect.objectContaining({ id: cat.id, scientificName: 'felis catus', archivedAt: null }),
        expect.objectContaining({ scientificName: 'Homo sapiens', commonName: 'Mensch', category: 'person' }),
        expect.objectContaining({ scientificName: 'Lynx lynx' }),
        { ...fox, commonName: 'Red fox' },
      ]);
    });

    it('report every invalid line in a dry run, and are all stored or none', async () => {
      const bad = `scientificName,category,rank\nGood,,\n,animal,\nA,bear,\nB,,${'x'.repeat(41)}\ngood,,\nC,animal\n`;
      const tried = await send(bad, '?dryRun=true');
      expect(tried).toMatchObject({ status: 200, body: { dryRun: true, created: 1 } });
      expect(tried.body.errors.map(({ line, column }: { line: number; column: string }) => [line, column])).toEqual([
        [3, 'scientificName'],
        [4, 'category'],
        [5, 'rank'],
        [6, 'scientificName'],
        [7, null],
      ]);
      expect(await send(bad)).toMatchObject({
        status: 422,
        body: { type: 'urn:pugmark:problem:bad_lines', detail: '5 lines are invalid; nothing was stored' },
      });
      expect(await send('scientificName\nGood\n', '?dryRun=true')).toMatchObject({
        status: 200,
        body: { dryRun: true, created: 1, errors: [] },
      });
      expect(await list()).toEqual([]);
      expect((await send('rank\nspecies\n')).status).toBe(422);
    });

    it('are imported from two files concurrently, in opposite order, without a failure', async () => {
      const lines = Array.from({ length: 200 }, (_, n) => `Species ${n}`);
      const answers = await Promise.all(
        [lines, [...lines].reverse()].map((order) => send(`name\n${order.join('\n')}\n`)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[0]!.body.created + answers[1]!.body.created).toBe(200);
    });
  });
});
