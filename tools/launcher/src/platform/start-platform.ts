import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureNativeEngine } from '@pugmark/tensorflow';
import type { CommandContext } from '@pugmark/toolkit';
import { Ports } from '../processes/ports';
import { startServers, type RunningServers } from '../servers/start-servers';
import { writeState } from '../servers/state-file';
import { gatewayPort } from './gateway-port';
import { startApps, type RunningApps } from './start-apps';

export interface PlatformOptions {
  readonly instance: string;
  readonly port?: number | undefined;
  readonly portMayChange: boolean;
  readonly ingestRoots: readonly string[];
  /** Called with each line that a service prints. */
  readonly onLine?: (service: string, line: string) => void;
}

export interface Platform extends RunningApps {
  readonly urls: RunningServers;
  stop(): Promise<void>;
}

/** Starts servers, schema and services. Returns once every service is ready; throws with all of it stopped. */
export async function startPlatform(options: PlatformOptions, context: CommandContext): Promise<Platform> {
  const { root, log, environment, signal } = context;
  const ports = new Ports();
  const port = await gatewayPort({ requested: options.port, mayChange: options.portMayChange, environment }, ports);
  const dir = join(root, '.pugmark');
  await ensureNativeEngine(context);
  const urls = await startServers({ instance: options.instance, dir, root, log, environment, signal });
  const forgetServices = context.onForcedEnd(() => urls.kill());
  const stopServices = async (): Promise<void> => {
    await urls.stop();
    forgetServices();
  };
  try {
    const { ingestRoots, onLine } = options;
    const apps = await startApps(
      { urls, folder: join(dir, options.instance), gatewayPort: port, ingestRoots, onLine },
      context,
      ports,
    );
    // The command `pugmark` reads it to find the running instance.
    const address = join(dir, options.instance, 'api.json');
    writeState(address, { url: apps.apiUrl });
    return {
      ...apps,
      urls,
      stop: async () => {
        rmSync(address, { force: true });
        await apps.supervisor.stop();
        await stopServices();
      },
    };
  } catch (error) {
    await stopServices();
    throw error;
  }
}
