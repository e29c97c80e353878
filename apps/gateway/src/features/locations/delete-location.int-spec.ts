import { TestGateway } from '../../testing/gateway.fixture';

describe('DELETE /locations/:id', () => {
  let gateway: TestGateway;
  let projectId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  beforeEach(async () => {
    projectId = await gateway.project();
  });
  afterAll(() => gateway.stop());

  const createLocation = async (name: string): Promise<number> =>
    (await gateway.post(`/projects/${projectId}/locations`, { name })).body.id;
  const remove = (id: number) => gateway.request('DELETE', `/locations/${id}`);

  it('deletes a location that no deployment refers to, once', async () => {
    const [kept, deleted] = [await createLocation('Ridge'), await createLocation('Rigde')];
    expect((await remove(deleted)).status).toBe(204);
    expect((await gateway.get(`/projects/${projectId}/locations`)).body.items).toMatchObject([{ id: kept }]);
    expect((await remove(deleted)).status).toBe(404);
  });

  it('refuses while deployments refer to it, and says how many', async () => {
    const id = await createLocation('Ridge');
    const deployment = { name: 'spring', timezone: 'Europe/Berlin', locationName: 'Ridge' };
    const { body } = await gateway.post(`/projects/${projectId}/deployments`, deployment);
    expect(await remove(id)).toMatchObject({
      status: 409,
      body: {
        type: 'urn:pugmark:problem:location_in_use',
        detail: 'one deployment refers to the location: move them first',
      },
    });
    await gateway.patch(`/deployments/${body.id}`, { locationName: 'Creek' });
    expect((await remove(id)).status).toBe(204);
  });

  it('counts a deployment that is created while the location is being deleted', async () => {
    const id = await createLocation('Ridge');
    const deleting = await gateway.db.transaction().execute(async (tx) => {
      await gateway.repositories.deployments.create(tx, {
        project_id: projectId,
        name: 'summer',
        timezone: 'UTC',
        location_id: id,
      });
      const pending = remove(id);
      await gateway.waitForBlockedStatement();
      return { pending };
    });
    expect((await deleting.pending).status).toBe(409);
  });
});
