import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandFailedError, runCommand, type CommandSpec, CommandError, type StopOptions } from '@pugmark/toolkit';
import { ServerProcess, stopLeftover } from '../../processes/server-process';
import { baseEnvironment } from '../base-environment';
import type { ServerContext, StartedServer } from '../server-context';
import { readState, writeState } from '../state-file';
import { prepareDataFolder } from './data-folder';
import type { PostgresBinaries } from './find-postgres';
import { postgresUser, type ServerUser } from './server-user';

interface PostgresState {
  readonly port: number;
  readonly password: string;
  /** The folder of the data; not always below `.pugmark`. */
  readonly folder: string;
  readonly owner: string;
}

const NAME = 'pugmark';
/** Postgres's fast shutdown: it ends sessions and writes its data. */
const STOP: StopOptions = { signal: 'SIGINT', deadlineMs: 20_000 };
const START_DEADLINE_MS = 90_000;
const INIT_DEADLINE_MS = 180_000;

/** Starts a private Postgres on 127.0.0.1, with a password of its own and without a Unix socket. */
export async function startPostgres(
  installed: readonly PostgresBinaries[],
  context: ServerContext,
): Promise<StartedServer> {
  const stateFile = join(context.folder, 'postgres.json');
  const before = readState<PostgresState>(stateFile);
  const user = postgresUser();
  const { folder, owner } = prepareDataFolder(join(context.folder, 'postgres'), user, before.owner);
  const pidFile = join(context.folder, 'postgres.pid');
  if (await stopLeftover(pidFile, folder, STOP))
    context.log('Postgres: stopped the server that an earlier launcher left behind');

  const state: PostgresState = {
    port: await context.ports.keep(before.port, (requested, port) =>
      context.log(`Postgres: port ${requested} is taken by another program; using ${port}`),
    ),
    password: before.password ?? randomBytes(18).toString('base64url'),
    folder,
    owner,
  };
  writeState(stateFile, state);
  const data = join(folder, 'data');
  const { bin } = binariesFor(data, installed);
  const env = baseEnvironment(context.environment, folder);
  if (!existsSync(data)) await createCluster(bin, data, state.password, user, env, context.signal);

  const server = ServerProcess.start({
    name: 'Postgres',
    command: join(bin, 'postgres'),
    args: ['-D', data, ...settings(state.port)],
    folder,
    env,
    user: user && { uid: user.uid, gid: user.gid },
    logFile: join(context.folder, 'logs', 'postgres.log'),
    pidFile,
    stop: STOP,
    log: context.log,
  });
  try {
    await server.ready({
      check: () => isReady(bin, state.port, env),
      deadlineMs: START_DEADLINE_MS,
      signal: context.signal,
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    urls: { databaseUrl: `postgres://${NAME}:${state.password}@127.0.0.1:${state.port}/${NAME}` },
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

function settings(port: number): readonly string[] {
  return [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    // None: a socket's path is limited to about 100 characters, and its folder would have to be kept private.
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=128MB',
    'max_wal_size=2GB',
    'timezone=UTC',
    'log_timezone=UTC',
  ].flatMap((setting) => ['-c', setting]);
}

/**
 * Creates the data folder under a temporary name and renames it, so that an interrupted start leaves no incomplete one.
 */
async function createCluster(
  bin: string,
  data: string,
  password: string,
  user: ServerUser | undefined,
  env: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fresh = `${data}.new`;
  const passwordFile = join(dirname(data), 'initial-password');
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  chmodSync(passwordFile, 0o600);
  if (user) chownSync(passwordFile, user.uid, user.gid);
  try {
    const options = { cwd: dirname(data), env, user: user && { uid: user.uid, gid: user.gid }, signal };
    await run(
      join(bin, 'initdb'),
      ['-D', fresh, '-U', NAME, '--encoding=UTF8', '--no-locale', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      options,
    );
    // Single-user mode needs no network and no password.
    await run(join(bin, 'postgres'), ['--single', '-D', fresh, 'postgres'], {
      ...options,
      input: `CREATE DATABASE ${NAME}\n`,
    });
    renameSync(fresh, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Runs one of Postgres's own programs while the data folder is created. */
async function run(
  command: string,
  args: readonly string[],
  options: Pick<CommandSpec, 'cwd' | 'env' | 'user' | 'signal'> & Pick<CommandSpec, 'input'>,
): Promise<void> {
  try {
    await runCommand({ command, args, deadlineMs: INIT_DEADLINE_MS, ...options });
  } catch (error) {
    if (!(error instanceof CommandFailedError)) throw error;
    throw new CommandError(
      `Postgres could not be set up: ${basename(command)} failed (${error.outcome}):\n${error.output.trim()}`,
    );
  }
}

/** Picks the installed version that wrote the data: another major version cannot read them. */
function binariesFor(data: string, installed: readonly PostgresBinaries[]): PostgresBinaries {
  const newest = installed[0];
  if (!newest) throw new CommandError('Postgres is not installed');
  if (!existsSync(join(data, 'PG_VERSION'))) return newest;
  const requested = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const match = installed.find(({ bin }) => majorVersion(bin) === requested);
  if (match) return match;
  const versions = installed.map(({ bin }) => majorVersion(bin)).join(', ');
  throw new CommandError(
    `Postgres: the data in ${data} were written by version ${requested}, installed is ${versions}; ` +
      `install version ${requested} or delete that folder (its images and results are then lost)`,
  );
}

function majorVersion(bin: string): string {
  const { stdout } = spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return /(\d+)(?:\.\d+)?/.exec(stdout ?? '')?.[1] ?? 'unknown';
}

function isReady(bin: string, port: number, env: Record<string, string>): Promise<boolean> {
  return new Promise((resolve) => {
    const args = ['-q', '-h', '127.0.0.1', '-p', String(port), '-U', NAME, '-d', NAME, '-t', '2'];
    const child = spawn(join(bin, 'pg_isready'), args, { env, stdio: 'ignore', timeout: 5_000 });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
