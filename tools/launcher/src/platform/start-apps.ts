import { join } from 'node:path';
import { migrate } from '@pugmark/db';
import { messageOf, withDeadline } from '@pugmark/domain';
import { type CommandContext, CommandError, type Log, waitUntil } from '@pugmark/toolkit';
import { Ports } from '../processes/ports';
import { lastLines } from '../processes/server-process';
import type { ServerUrls } from '../servers/server-context';
import { adminKey, adminKeyFile } from './admin-key';
import { appServices } from '../supervisor/app-services';
import { probe } from '../supervisor/probe';
import type { ServiceSpec } from '../supervisor/supervised-service';
import { Supervisor } from '../supervisor/supervisor';

export interface AppsOptions {
  readonly urls: ServerUrls;
  /** `.pugmark/<instance>`: storage and logs. */
  readonly folder: string;
  readonly gatewayPort: number;
  readonly ingestRoots: readonly string[];
  /** Called with each line that a service prints. */
  readonly onLine?: ((service: string, line: string) => void) | undefined;
}

export interface RunningApps {
  readonly apiUrl: string;
  /** Grants all scopes. */
  readonly adminKey: string;
  /** The file with the admin key, unless it was given as ADMIN_KEY. */
  readonly adminKeyFile: string;
  readonly logFolder: string;
  readonly supervisor: Supervisor;
  /** By service; its metrics are at `/metrics` on this port. */
  readonly healthPorts: Readonly<Record<string, number>>;
}

const MIGRATION_DEADLINE_MS = 10 * 60_000;
const READY_DEADLINE_MS = 5 * 60_000;
/** Failures in a row after which a service is not expected to recover by itself. */
const MAX_FAILURES_IN_A_ROW = 5;

/**
 * Migrates the database and starts the services on running servers. Returns once every service is ready; throws with
 * all of them stopped.
 */
export async function startApps(
  options: AppsOptions,
  context: Omit<CommandContext, 'terminal' | 'userFolder'>,
  ports = new Ports(),
): Promise<RunningApps> {
  const { root, log, environment, signal } = context;
  await migrateDatabase(options.urls.databaseUrl, log);
  const key = adminKey(options.folder, environment);
  const specs = await appServices({ root, ports, environment, adminKey: key, ...options });
  const supervisor = new Supervisor(specs, log, options.onLine);
  context.onForcedEnd(() => supervisor.kill());
  supervisor.start();
  try {
    await waitForReady(specs, supervisor, signal);
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
  return {
    apiUrl: `http://127.0.0.1:${options.gatewayPort}`,
    adminKey: key,
    adminKeyFile: adminKeyFile(options.folder),
    logFolder: join(options.folder, 'logs'),
    supervisor,
    healthPorts: Object.fromEntries(specs.map(({ name, healthPort }) => [name, healthPort])),
  };
}

async function migrateDatabase(databaseUrl: string, log: Log): Promise<void> {
  try {
    const applied = await withDeadline(migrate(databaseUrl), MIGRATION_DEADLINE_MS, 'the migration of the database');
    if (applied.length > 0) log(`database: applied ${applied.join(', ')}`);
  } catch (error) {
    throw new CommandError(`the database could not be migrated: ${messageOf(error)}`, 1, { cause: error });
  }
}

async function waitForReady(specs: readonly ServiceSpec[], supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  await waitUntil(
    async () => {
      requireNoRepeatedFailures(supervisor);
      const problems = await Promise.all(
        specs.map(async ({ name, healthPort }) => {
          const problem = await probe(`http://127.0.0.1:${healthPort}/readyz`, 3_000);
          return problem === null ? [] : [`${name}: ${problem}`];
        }),
      );
      if (problems.flat().length > 0) throw new Error(problems.flat().join('; '));
      return true;
    },
    { what: 'the services to become ready', deadlineMs: READY_DEADLINE_MS, everyMs: 250, signal },
  );
}

/** Throws when a service keeps failing, because waiting for it would never end. */
export function requireNoRepeatedFailures(supervisor: Supervisor): void {
  const failing = supervisor.status().find(({ failuresInARow }) => failuresInARow >= MAX_FAILURES_IN_A_ROW);
  if (!failing) return;
  const { name, lastProblem, failuresInARow, logFile } = failing;
  throw new CommandError(
    `${name} keeps failing: it ${lastProblem ?? 'exited'}, ${failuresInARow} times in a row. ` +
      `Its log ${logFile}${lastLines(logFile)}`,
  );
}
