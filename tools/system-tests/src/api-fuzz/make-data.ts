import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { PugmarkClient, Schemas } from '@pugmark/client';
import { CommandError, waitUntil } from '@pugmark/toolkit';

const DEADLINE_MS = 120_000;

/** Creates something of each kind for the fuzzer to find: processed images, two runs, an export, keys. */
export async function makeData(client: PugmarkClient, folder: string, signal: AbortSignal): Promise<void> {
  await makeImages(folder);
  const { id: projectId } = await client.post('/api/v1/projects', { body: { name: 'Fuzzed' } });
  await client.post('/api/v1/projects', { body: { name: 'Empty' } });
  const path = { id: projectId };
  const { id: deploymentId } = await client.post('/api/v1/projects/{id}/deployments', {
    params: { path },
    body: { name: 'Ridge 1', timezone: 'Europe/Berlin', locationName: 'Ridge', latitude: 52.5, longitude: 13.4 },
  });
  const { id, runId } = await client.post('/api/v1/ingests', {
    body: { projectId, deploymentId, folder, mode: 'copy' },
  });
  const ends = { deadlineMs: DEADLINE_MS, everyMs: 200, signal };
  const runEnds = (run: number) =>
    waitUntil(async () => (await client.get('/api/v1/runs/{id}', { params: { path: { id: run } } })).state === 'done', {
      what: 'the images to be processed',
      ...ends,
    });
  const ingest = await waitUntil(
    async () => ended(await client.get('/api/v1/ingests/{id}', { params: { path: { id } } })),
    { what: 'the images to be ingested', ...ends },
  );
  if (ingest.imagesAdded !== 3 || ingest.skipped !== 1)
    throw new CommandError(`the images were not ingested: ${JSON.stringify(ingest)}`);
  await runEnds(runId!);
  await runEnds((await client.post('/api/v1/runs', { body: { projectId } })).id);
  const { id: exportId } = await client.post('/api/v1/exports', {
    body: { projectId, format: 'csv', content: 'detections' },
  });
  await waitUntil(
    async () =>
      (await client.get('/api/v1/exports/{id}', { params: { path: { id: exportId } } })).status === 'completed',
    { what: 'the export', ...ends },
  );
  await client.post('/api/v1/keys', { body: { name: 'to be revoked', scopes: ['read'], projectIds: [projectId] } });
}

function ended(ingest: Schemas['IngestResponse']): Schemas['IngestResponse'] | false {
  return ingest.state === 'done' && ingest;
}

/** A cat, a blank, a truncated image, and a text file named .jpg. */
async function makeImages(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const cat = readFileSync(join(dirname(require.resolve('cat-picture/package.json')), 'cat.jpg'));
  writeFileSync(join(folder, 'cat.jpg'), cat);
  writeFileSync(join(folder, 'cut short.jpg'), cat.subarray(0, Math.floor(cat.length * 0.8)));
  writeFileSync(join(folder, 'notes.jpg'), 'battery changed on Tuesday');
  await sharp({ create: { width: 640, height: 480, channels: 3, background: '#4a6b3a' } })
    .jpeg()
    .toFile(join(folder, 'blank.jpg'));
}
