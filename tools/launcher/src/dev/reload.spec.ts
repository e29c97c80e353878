import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@pugmark/toolkit';
import { Reloader } from './reloader';
import { SourceWatcher } from './source-watcher';

function given(stale: readonly string[], bundle: (service: string) => Promise<string | null> = async () => null) {
  const left = new Set(stale);
  const restarted: string[] = [];
  const lines: string[] = [];
  const reloader = new Reloader({
    services: ['gateway', 'ingest', 'watchdog'],
    isCurrent: (service) => !left.has(service),
    bundle: async (service) => {
      const problem = await bundle(service);
      if (problem === null) left.delete(service);
      return problem;
    },
    restart: (service) => restarted.push(service),
    log: (line) => lines.push(line),
  });
  return { reloader, left, restarted, lines };
}

describe('a reload', () => {
  it('restarts only the services whose sources have changed', async () => {
    const { reloader, restarted } = given(['ingest']);
    await reloader.reload();
    expect(restarted).toEqual(['ingest']);
    await reloader.reload();
    expect(restarted).toEqual(['ingest']);
  });

  it('leaves a service running whose bundle fails, and reloads the others', async () => {
    const { reloader, restarted, lines } = given(['gateway', 'ingest'], async (service) =>
      service === 'gateway' ? 'could not be bundled' : null,
    );
    await reloader.reload();
    expect(restarted).toEqual(['ingest']);
    expect(lines[0]).toBe('gateway: could not be bundled; the old version keeps running');
  });

  it('is repeated for a change that comes while it runs', async () => {
    let release: (() => void) | undefined;
    const { reloader, left, restarted } = given(['gateway'], (service) =>
      service === 'gateway' ? new Promise((resolve) => (release = () => resolve(null))) : Promise.resolve(null),
    );
    const first = reloader.reload();
    await waitUntil(() => release !== undefined, { what: 'the bundler', deadlineMs: 2_000 });
    left.add('watchdog');
    const second = reloader.reload();
    release?.();
    await Promise.all([first, second]);
    expect(restarted).toEqual(['gateway', 'watchdog']);
  });
});

it('reports changes below its folders once they have settled', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pugmark-watch-'));
  mkdirSync(join(folder, 'below'));
  let changes = 0;
  const watcher = new SourceWatcher([folder], () => (changes += 1), 100);
  try {
    for (let n = 0; n < 5; n += 1) writeFileSync(join(folder, 'below', 'file.ts'), String(n));
    await waitUntil(() => changes > 0, { what: 'a change to be reported', deadlineMs: 5_000 });
    expect(changes).toBe(1);
  } finally {
    watcher.close();
    rmSync(folder, { recursive: true });
  }
});
