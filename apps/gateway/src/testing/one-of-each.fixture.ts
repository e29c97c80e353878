import { animal, type TestGateway } from './gateway.fixture';

/** One resource of each kind, all of one new project; their ids, by the names of `resourceOf`. */
export async function oneOfEach(gateway: TestGateway): Promise<Readonly<Record<string, number>>> {
  const project = await gateway.project();
  const location = (await gateway.post(`/projects/${project}/locations`, { name: 'Ridge' })).body.id;
  const deployment = await gateway.deployment(project);
  await gateway.patch(`/deployments/${deployment}`, { locationId: location }, { 'if-match': '*' });
  const model = (await gateway.model()).id;
  const run = await gateway.run(project, model);
  const { ingestId: ingest, ids: images } = await gateway.images(project, ['a.jpg', 'b.jpg', 'c.jpg'], {
    deploymentId: deployment,
    runId: run,
    capturedLocal: '2026-06-01T12:00:00',
  });
  const madeExport = (await gateway.post('/exports', { projectId: project, format: 'csv', content: 'detections' })).body
    .id;
  const taxon = (await gateway.post(`/projects/${project}/taxa`, { scientificName: 'Vulpes vulpes' })).body.id;
  const key = (await gateway.post('/keys', { name: 'read only', scopes: ['read'] })).body.id;
  const incident = (
    await gateway.repositories.incidents.open(gateway.db, {
      check: 'one of each',
      subject: 'x',
      severity: 'warning',
      message: 'x',
    })
  ).id;
  for (const image of images.slice(0, 2)) await gateway.detections(image, model, [animal(0.9)]);
  const review = (
    await gateway.put(`/images/${images[0]!}/review`, {
      observations: [{ category: 'animal', label: 'bear', individuals: 1 }],
    })
  ).body.review.id;
  const event = (await gateway.get(`/events?projectId=${project}`)).body.items[0].id;
  const box = await gateway.db
    .insertInto('static_detections')
    .values({
      project_id: project,
      deployment_id: deployment,
      category: 'animal',
      x: 0.1,
      y: 0.1,
      width: 0.1,
      height: 0.1,
      images: 20,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const bulkChange = await gateway.db.transaction().execute(async (tx) => {
    const { bulkChanges, tasks } = gateway.repositories;
    const id = await bulkChanges.create(tx, {
      kind: 'deployment_times',
      projectId: project,
      subjectId: deployment,
      parameters: {},
      total: images.length,
      requestedBy: 'x',
    });
    await tasks.create(tx, { kind: 'derive', subjectId: id });
    return id;
  });
  return {
    project,
    deployment,
    model,
    image: images[0]!,
    ingest,
    location,
    taxon,
    run,
    export: madeExport,
    key,
    incident,
    event,
    review,
    'static detection': box.id,
    'bulk change': bulkChange,
  };
}
