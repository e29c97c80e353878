import { NoResponseError } from '@pugmark/client';
import { Terminal } from '@pugmark/toolkit';
import type { Ingest, Run } from '../api/api-client';
import { followWork, type FollowOptions } from './follow-work';
import { demoProgress, demoResult } from './totals';

const INGEST: Ingest = {
  id: 1,
  projectId: 1,
  deploymentId: null,
  source: 'folder',
  mode: 'reference',
  folder: '/pictures',
  state: 'done',
  filesSeen: 4,
  imagesAdded: 3,
  duplicates: 1,
  skipped: 0,
  bytesAdded: 3_000,
  runId: 2,
  error: null,
  createdAt: '2026-01-01T00:00:00.000Z',
};
const RUN: Run = {
  id: 2,
  projectId: 1,
  model: { name: 'model', version: '1' },
  classify: null,
  priority: 0,
  state: 'done',
  counts: { total: 3, waiting: 0, queued: 0, running: 0, done: 3, failed: 0, cancelled: 0 },
  summary: { images: 3, blanks: 1, animals: 2, people: 0, vehicles: 0, failed: 0, truncated: 0 },
  engines: ['wasm'],
  ratePerMinute: 60,
  etaSeconds: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
};
const ACTIVE: Run = { ...RUN, state: 'active', counts: { ...RUN.counts, done: 1, queued: 2 }, etaSeconds: 2 };

function options(more: Partial<FollowOptions>): FollowOptions {
  const output = { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream;
  return {
    api: { ingest: async () => INGEST, run: async () => RUN },
    ingests: [1],
    terminal: new Terminal(output),
    signal: new AbortController().signal,
    check: () => undefined,
    pollEveryMs: 1,
    ...more,
  };
}

it('polls until everything has ended, even when one request fails', async () => {
  const runs = [ACTIVE, new NoResponseError('GET /runs/2', 'no answer within 30 s'), ACTIVE, RUN];
  const run = async (): Promise<Run> => {
    const next = runs.shift() ?? RUN;
    if (next instanceof Error) throw next;
    return next;
  };
  await expect(followWork(options({ api: { ingest: async () => INGEST, run } }))).resolves.toEqual([
    { ingest: INGEST, run: RUN },
  ]);
});

it('throws when nothing changes for too long, and names what it waits for', async () => {
  const stuck = options({ api: { ingest: async () => INGEST, run: async () => ACTIVE }, maxStandstillMs: 20 });
  await expect(followWork(stuck)).rejects.toThrow('waiting for run 2 (0 waiting, 2 queued, 0 running)');
});

it('does not treat a paused run as ended', async () => {
  const paused = options({
    api: { ingest: async () => INGEST, run: async () => ({ ...ACTIVE, state: 'paused', etaSeconds: null }) },
    maxStandstillMs: 20,
  });
  await expect(followWork(paused)).rejects.toThrow('waiting for run 2 (paused, 0 waiting, 2 queued, 0 running)');
});

it('throws at once when an ingest failed', async () => {
  const failed = options({
    api: {
      ingest: async () => ({
        ...INGEST,
        state: 'failed',
        error: { code: 'folder_unreadable', message: 'folder not readable' },
      }),
      run: async () => RUN,
    },
  });
  await expect(followWork(failed)).rejects.toThrow('ingest 1 failed: folder not readable');
});

it('throws at once when the check of the services throws', async () => {
  const check = (): void => {
    throw new Error('ml-worker keeps failing');
  };
  await expect(followWork(options({ check }))).rejects.toThrow('ml-worker keeps failing');
});

it('sums over all folders', () => {
  const works = [
    { ingest: INGEST, run: RUN },
    { ingest: { ...INGEST, skipped: 2 }, run: { ...RUN, engines: ['wasm', 'tensorflow'] } },
  ];
  expect(demoResult(works, 12)).toEqual({
    images: 6,
    blanks: 2,
    animals: 4,
    people: 0,
    vehicles: 0,
    failed: 0,
    truncated: 0,
    duplicates: 2,
    skipped: 2,
    seconds: 12,
    imagesPerMinute: 30,
    engine: 'tensorflow, wasm',
  });
});

it('gives no ETA while files are still being found', () => {
  const works = [{ ingest: { ...INGEST, state: 'running' as const }, run: ACTIVE }];
  expect(demoProgress(works)).toEqual({ done: 1, total: 3, ratePerMinute: 60, etaSeconds: null });
});
