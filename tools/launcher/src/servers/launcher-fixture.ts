import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { ServerUrls } from './server-context';

/** Servers that were started by a separate process, which can be killed or run as another user. */
export interface Launcher {
  readonly urls: ServerUrls;
  /** What it has logged. */
  lines(): readonly string[];
  /** Asks the process to stop the servers and waits for its exit. */
  stop(): Promise<void>;
  sigkill(): Promise<void>;
}

const RUNNER = `
const { startServers } = require('./start-servers.cjs');
const [root, dir] = process.argv.slice(2);
startServers({ instance: 'main', dir, root, log: (line) => console.error(line) }).then(
  (services) => {
    console.log(JSON.stringify(services));
    process.stdin.on('end', () => services.stop().then(() => process.exit(0))).resume();
  },
  (error) => { console.error(error.message); process.exit(1); },
);
`;

/** Bundles the code under test into `folder`, readable by any user. Returns the script to run. */
export async function writeLauncher(folder: string): Promise<string> {
  await build({
    entryPoints: [join(__dirname, 'start-servers.ts')],
    outfile: join(folder, 'start-servers.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  });
  const script = join(folder, 'runner.cjs');
  writeFileSync(script, RUNNER);
  chmodSync(script, 0o644);
  chmodSync(join(folder, 'start-servers.cjs'), 0o644);
  return script;
}

export interface LaunchOptions {
  readonly script: string;
  readonly dir: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}

export async function launch({ script, dir, user }: LaunchOptions): Promise<Launcher> {
  const { PATH } = process.env;
  const child = spawn(process.execPath, [script, '/', dir], {
    cwd: '/',
    env: { PATH },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...user,
  });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const urls = await Promise.race([
    firstLine(child),
    ended.then(() => Promise.reject(new Error(`the launcher exited: ${errors}`))),
  ]);
  return {
    urls: JSON.parse(urls) as ServerUrls,
    lines: () => errors.split('\n'),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
    sigkill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) =>
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve),
  );
}
