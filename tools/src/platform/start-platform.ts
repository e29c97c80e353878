import { join } from 'node:path';
import { migrate } from '@pugmark/db';
import { messageOf, withDeadline } from '@pugmark/domain';
import type { CommandContext } from '../command';
import { LauncherError } from '../launcher-error';
import { Ports } from '../processes/ports';
import { lastLines } from '../processes/server-process';
import { startServices, type RunningServices } from '../services/start-services';
import { appServices } from '../supervisor/app-services';
import { probe } from '../supervisor/probe';
import type { ServiceSpec } from '../supervisor/supervised-service';
import { Supervisor } from '../supervisor/supervisor';
import { waitUntil } from '../wait-until';
import { gatewayPort } from './gateway-port';

export interface PlatformOptions {
  readonly instance: string;
  readonly port?: number | undefined;
  readonly portMayChange: boolean;
  readonly ingestRoots: readonly string[];
  /** Each line that a service prints. */
  readonly onLine?: (service: string, line: string) => void;
}

export interface Platform {
  readonly apiUrl: string;
  readonly logFolder: string;
  readonly urls: RunningServices;
  readonly supervisor: Supervisor;
  stop(): Promise<void>;
}

const MIGRATION_DEADLINE_MS = 10 * 60_000;
const READY_DEADLINE_MS = 5 * 60_000;
/** Ends in a row after which a service will not come up by itself. */
const HOPELESS = 5;

/** Servers, schema and services; returns once every service is ready, or throws with all of it stopped again. */
export async function startPlatform(options: PlatformOptions, context: CommandContext): Promise<Platform> {
  const { root, log, environment, signal } = context;
  const ports = new Ports();
  const port = await gatewayPort({ asked: options.port, mayChange: options.portMayChange, environment }, ports);
  const dir = join(root, '.pugmark');
  const folder = join(dir, options.instance);
  const services = await startServices({ instance: options.instance, dir, root, log, environment, signal });
  const forgetServices = context.onForcedEnd(() => services.kill());
  let supervisor: Supervisor | undefined;
  const stop = async (): Promise<void> => {
    await supervisor?.stop();
    await services.stop();
    forgetServices();
  };
  try {
    await migrateDatabase(services.databaseUrl, context);
    const specs = await appServices({ root, folder, urls: services, gatewayPort: port, ingestRoots: options.ingestRoots, ports, environment });
    const running = new Supervisor(specs, log, options.onLine);
    supervisor = running;
    context.onForcedEnd(() => running.kill());
    running.start();
    await waitForReady(specs, running, signal);
    return { apiUrl: `http://127.0.0.1:${port}`, logFolder: join(folder, 'logs'), urls: services, supervisor: running, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function migrateDatabase(databaseUrl: string, { log }: CommandContext): Promise<void> {
  try {
    const applied = await withDeadline(migrate(databaseUrl), MIGRATION_DEADLINE_MS, 'the migration of the database');
    if (applied.length > 0) log(`database: applied ${applied.join(', ')}`);
  } catch (error) {
    throw new LauncherError(`the database could not be brought up to date: ${messageOf(error)}`, 1, { cause: error });
  }
}

async function waitForReady(specs: readonly ServiceSpec[], supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  await waitUntil(
    async () => {
      requireNoneHopeless(supervisor);
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

/** Throws when a service keeps ending: waiting longer would be a silent hang. */
export function requireNoneHopeless(supervisor: Supervisor): void {
  const hopeless = supervisor.status().find(({ failuresInARow }) => failuresInARow >= HOPELESS);
  if (!hopeless) return;
  const { name, lastProblem, failuresInARow, logFile } = hopeless;
  throw new LauncherError(`${name} keeps failing: it ${lastProblem ?? 'ended'}, ${failuresInARow} times in a row. Its log ${logFile}${lastLines(logFile)}`);
}
