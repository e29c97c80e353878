import { TestGateway } from '../../testing/gateway.fixture';

describe('incidents', () => {
  let gateway: TestGateway;
  const ids: number[] = [];
  beforeAll(async () => {
    gateway = await TestGateway.start();
    for (const subject of ['scan', 'detect', 'export']) {
      ids.push(
        (
          await gateway.repositories.incidents.open(gateway.db, {
            check: 'task-invariant',
            subject,
            severity: 'critical',
            message: `${subject} tasks stand still`,
          })
        ).id,
      );
    }
    await gateway.repositories.incidents.resolveOthers(gateway.db, 'task-invariant', ['scan', 'export']);
  });
  afterAll(() => gateway.stop());

  const listed = async (query: string): Promise<number[]> =>
    (await gateway.get(`/incidents?${query}`)).body.items.map(({ id }: { id: number }) => id);

  it('are listed newest first: all, open or resolved ones', async () => {
    expect(await listed('')).toEqual([...ids].reverse());
    expect(await listed('open=true')).toEqual([ids[2], ids[0]]);
    expect(await listed('open=false')).toEqual([ids[1]]);
    expect((await gateway.get('/incidents?open=perhaps')).status).toBe(400);
  });

  it('are listed page by page', async () => {
    const first = (await gateway.get('/incidents?limit=2')).body;
    expect(first.items).toHaveLength(2);
    expect(await listed(`limit=2&cursor=${first.nextCursor}`)).toEqual([ids[0]]);
  });

  it('report what is wrong, since when, and whether it is resolved', async () => {
    expect((await gateway.get(`/incidents/${ids[1]}`)).body).toEqual({
      id: ids[1],
      check: 'task-invariant',
      subject: 'detect',
      severity: 'critical',
      message: 'detect tasks stand still',
      openedAt: expect.any(String),
      seenAt: expect.any(String),
      resolvedAt: expect.any(String),
    });
    expect((await gateway.get('/incidents/999999')).status).toBe(404);
  });

  it('are hidden from keys that are bound to projects', async () => {
    const key = await gateway.key(['read'], { projectIds: [await gateway.project()] });
    for (const path of ['/incidents', `/incidents/${ids[0]}`]) {
      expect(await gateway.get(path, { authorization: `Bearer ${key}` })).toMatchObject({
        status: 403,
        body: { type: 'urn:pugmark:problem:project_not_allowed' },
      });
    }
  });
});
