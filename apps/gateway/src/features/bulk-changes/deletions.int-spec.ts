import { TestGateway } from '../../testing/gateway.fixture';

describe('moving and deleting images', () => {
  let gateway: TestGateway;
  let projectId: number;
  let deploymentId: number;
  let images: number[];
  let ingestId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    projectId = await gateway.project();
    deploymentId = await gateway.deployment(projectId);
    ({ ids: images, ingestId } = await gateway.images(projectId, ['1.jpg', '2.jpg', '3.jpg'], { deploymentId }));
    await gateway.finish('scan', [ingestId]);
  });

  const move = (body: object) => gateway.post(`/projects/${projectId}/images/move`, body);
  const preview = (body: object) => gateway.post(`/projects/${projectId}/deletions/preview`, body);
  const remove = (body: object) => gateway.post(`/projects/${projectId}/deletions`, body);
  const confirmed = async (body: object) => remove({ ...body, confirmation: (await preview(body)).body.confirmation });
  const parameters = async (id: number) => (await gateway.repositories.bulkChanges.find(gateway.db, id))!.parameters;

  describe('moving', () => {
    it('becomes a bulk change of the images that exist now', async () => {
      const to = await gateway.deployment(projectId);
      const { status, body, headers } = await move({ images: { deploymentId }, toDeploymentId: to });
      expect(status).toBe(202);
      expect(headers.get('location')).toBe(`/api/v1/bulk-changes/${body.id}`);
      expect(body).toMatchObject({ kind: 'move_images', status: 'pending', total: 3, subjectId: null });
      expect(await parameters(body.id)).toEqual({
        selection: { deploymentId, upToId: images[2] },
        toDeploymentId: to,
      });
    });

    it.each([
      ['no selection', () => ({ images: {}, toDeploymentId: null }), 422],
      ['images of nobody', () => ({ images: { imageIds: [999_999] }, toDeploymentId: null }), 422],
      ['an unknown deployment', () => ({ images: { ingestId }, toDeploymentId: 999_999 }), 422],
      ['no target', () => ({ images: { ingestId } }), 422],
      ['no ids', () => ({ images: { imageIds: [] }, toDeploymentId: null }), 400],
    ])('is refused with %s', async (_what, body, status) => {
      expect((await move(body())).status).toBe(status);
      expect((await gateway.get(`/projects/${projectId}/bulk-changes`)).body.items).toEqual([]);
    });

    it('does not reach into other projects', async () => {
      const other = await gateway.images(await gateway.project(), ['x.jpg']);
      const { body } = await move({ images: { imageIds: [...other.ids, images[0]] }, toDeploymentId: null });
      expect(body.total).toBe(1);
    });
  });

  describe('deleting', () => {
    it('needs the text of a preview, which says what will be deleted', async () => {
      await gateway.put(`/images/${images[0]}/review`, { observations: [] });
      const target = { target: 'deployment', deploymentId };
      const { body } = await preview(target);
      expect(body).toEqual({
        images: 3,
        reviewedImages: 1,
        confirmation: `delete deployment ${deploymentId}: 3 images, 1 of them reviewed`,
      });
      for (const confirmation of ['yes', body.confirmation.replace('3', '2')])
        expect((await remove({ ...target, confirmation })).body.type).toContain('confirmation_outdated');
      expect((await remove(target)).status).toBe(400);
      expect(await remove({ ...target, confirmation: body.confirmation })).toMatchObject({
        status: 202,
        body: { kind: 'delete_deployment', subjectId: deploymentId, total: 3 },
      });
    });

    it('is refused when more would be deleted by now', async () => {
      const target = { target: 'images', images: { deploymentId } };
      const { confirmation } = (await preview(target)).body;
      await gateway.images(projectId, ['4.jpg'], { deploymentId });
      expect((await remove({ ...target, confirmation })).status).toBe(409);
      const { body } = await confirmed(target);
      expect(body).toMatchObject({ kind: 'delete_images', subjectId: null, total: 4 });
    });

    it.each([
      [{ target: 'images' }, 'images'],
      [{ target: 'images', images: {} }, 'images'],
      [{ target: 'deployment' }, 'deploymentId'],
      [{ target: 'project', deploymentId: 1 }, 'deploymentId'],
      [{ target: 'deployment', deploymentId: 999_999 }, 'deploymentId'],
    ])('is refused with the contradictory target %j', async (body, field) => {
      const answer = await preview(body);
      expect(answer.status).toBe(422);
      expect(answer.body.errors[0].field).toBe(field);
    });

    it('is for administrators, to stop or continue it, too', async () => {
      const authorization = `Bearer ${await gateway.key(['ingest', 'review', 'run'])}`;
      const post = (path: string, body?: object) => gateway.post(path, body, { authorization });
      expect((await post(`/projects/${projectId}/deletions/preview`, { target: 'project' })).status).toBe(403);
      const { id } = (await confirmed({ target: 'project' })).body;
      for (const action of ['cancel', 'retry']) expect((await post(`/bulk-changes/${id}/${action}`)).status).toBe(403);
      expect((await gateway.post(`/bulk-changes/${id}/cancel`)).body.status).toBe('cancelled');
    });

    it('is recorded in the audit log', async () => {
      await confirmed({ target: 'project' });
      const { items } = (await gateway.get('/audit')).body;
      expect(items[0]).toMatchObject({
        operation: 'requestDeletion',
        path: expect.stringContaining(`/projects/${projectId}/deletions`),
      });
    });

    it('waits for the end of ingests that still add images', async () => {
      const running = await gateway.images(projectId, ['5.jpg'], { deploymentId });
      expect((await confirmed({ target: 'project' })).body.type).toContain('ingest_unfinished');
      expect((await confirmed({ target: 'deployment', deploymentId })).status).toBe(409);
      await gateway.finish('scan', [running.ingestId]);
      expect((await confirmed({ target: 'deployment', deploymentId })).status).toBe(202);
    });

    it('refuses what would add to a deployment or project meanwhile', async () => {
      const other = await gateway.deployment(projectId);
      const { ids } = await gateway.images(projectId, ['6.jpg'], { deploymentId: other });
      await gateway.db
        .updateTable('tasks')
        .set({ state: 'done', finished_at: new Date() })
        .where('kind', '=', 'scan')
        .execute();
      const { id } = (await confirmed({ target: 'deployment', deploymentId })).body;
      const { folder } = gateway;
      const ingest = (to: number) =>
        gateway.post('/ingests', { projectId, deploymentId: to, folder: `${folder}/cards`, detect: false });
      const adding = [
        () => ingest(deploymentId),
        () => gateway.patch(`/images/${ids[0]}`, { deploymentId }),
        () => move({ images: { imageIds: ids }, toDeploymentId: deploymentId }),
        () => confirmed({ target: 'deployment', deploymentId }),
      ];
      for (const add of adding) expect((await add()).body.type).toContain('being_deleted');
      expect((await ingest(other)).status).toBe(202);
      await gateway.post(`/bulk-changes/${id}/cancel`);
      expect((await gateway.patch(`/images/${ids[0]}`, { deploymentId })).status).toBe(200);
    });
  });
});
