import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LIBRARY = join(__dirname, '..');
const SETTINGS = {
  PATH: process.env['PATH'],
  DATABASE_URL: 'postgres://x:x@127.0.0.1:1/x',
  RABBITMQ_URL: 'amqp://x:x@127.0.0.1:1',
  HEALTH_PORT: '0',
  LOG_FORMAT: 'json',
  SHUTDOWN_TIMEOUT_MS: '1000',
};

/** A service that does what its argument says; `blocked` has a thread that waits for ever, as for a hanging mount. */
const SERVICE = `
import { execFileSync } from 'node:child_process';
import { open } from 'node:fs';
import { FatalError } from '@pugmark/domain';
import { HANDLER_STALLED, ServiceConfig, loadConfig, runService } from '@pugmark/platform';
const [behaviour, pipe] = process.argv.slice(2);
void runService('watchdog', () => loadConfig(ServiceConfig, process.env), async ({ fail }) => {
  if (behaviour !== 'well') {
    execFileSync('mkfifo', [pipe!]);
    open(pipe!, 'r', () => undefined);
  }
  if (behaviour === 'stalled') setTimeout(() => fail(new FatalError(HANDLER_STALLED, 'no progress')), 200);
  setTimeout(() => process.stdout.write('running\\n'), 100);
  return {
    checks: { live: {}, ready: {} },
    drain: () => (behaviour === 'never drained' ? new Promise(() => undefined) : Promise.resolve()),
  };
});`;

describe('a service', () => {
  mkdirSync(join(LIBRARY, 'dist'), { recursive: true });
  /** Within the library, where npm packages are found. */
  const folder = mkdtempSync(join(LIBRARY, 'dist', 'test-'));
  const script = join(folder, 'service.js');
  const running: ChildProcess[] = [];

  beforeAll(() => {
    writeFileSync(join(folder, 'service.ts'), SERVICE);
    execFileSync(process.execPath, [
      require.resolve('esbuild/bin/esbuild'),
      join(folder, 'service.ts'),
      '--bundle',
      '--platform=node',
      '--target=node20',
      '--format=cjs',
      '--log-level=error',
      `--outfile=${script}`,
    ]);
  });
  afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Resolves with its exit code or signal; sends it SIGTERM once it runs. */
  function endOf(behaviour: string, terminate: boolean): Promise<number | NodeJS.Signals | null> {
    const child = spawn(process.execPath, [script, behaviour, join(folder, behaviour.replace(' ', '-'))], {
      env: SETTINGS,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.push(child);
    if (terminate)
      child.stdout.on('data', (data: Buffer) => data.toString().includes('running') && child.kill('SIGTERM'));
    child.stdout.resume();
    return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  }

  it('exits with 0 after a requested drain', async () => {
    expect(await endOf('well', true)).toBe(0);
  });

  it('ends when its work hangs, although a thread waits for ever', async () => {
    expect(await endOf('stalled', false)).toBe('SIGKILL');
  });

  it('ends when it cannot be drained in time, although a thread waits for ever', async () => {
    expect(await endOf('never drained', true)).toBe('SIGKILL');
  });
});
