import { join } from 'node:path';
import { PugmarkClient } from '@pugmark/client';
import { createTestDatabase, createTestVhost } from '@pugmark/testing';
import { Ports, type RunningApps, startApps, startServers } from '@pugmark/launcher';
import { type CommandContext, CommandError } from '@pugmark/toolkit';

export interface FuzzedPlatform extends RunningApps {
  readonly client: PugmarkClient;
  /** The folder from which images may be ingested. */
  readonly images: string;
  stop(): Promise<void>;
}

/**
 * Starts the services on a database and a virtual host of their own, with logs and storage in `folder`. Never uses
 * servers with real data.
 */
export async function startFuzzedPlatform(folder: string, context: CommandContext): Promise<FuzzedPlatform> {
  const { root, log, environment, signal } = context;
  const endings: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of endings.reverse()) await end().catch((error: unknown) => log(`while stopping: ${String(error)}`));
  };
  try {
    const services = await startServers({
      instance: 'fuzz',
      dir: join(root, '.pugmark'),
      root,
      log,
      environment,
      variablePrefix: 'PUGMARK_TEST_',
      signal,
    });
    const forget = context.onForcedEnd(() => services.kill());
    endings.push(() => services.stop().finally(forget));
    const { rabbitmqManagementUrl } = services;
    if (rabbitmqManagementUrl === undefined)
      throw new CommandError(
        'PUGMARK_TEST_RABBITMQ_MANAGEMENT_URL is missing: the fuzzer needs it to create a virtual host',
      );
    const servers = { ...services, rabbitmqManagementUrl };
    const database = await createTestDatabase(() => Promise.resolve(), servers);
    endings.push(() => database.drop());
    const vhost = await createTestVhost(servers);
    endings.push(() => vhost.drop());
    const ports = new Ports();
    const images = join(folder, 'pictures');
    const apps = await startApps(
      {
        urls: { ...servers, databaseUrl: database.url, rabbitmqUrl: vhost.url },
        folder,
        gatewayPort: await ports.pick(),
        ingestRoots: [images],
      },
      {
        ...context,
        // Without the user's own settings, without a rate limit, and trusting the client address that the fuzzer sends
        // (hooks.py).
        environment: {
          PATH: environment['PATH'],
          ML_ENGINE: 'wasm',
          ML_PROCESSES: '1',
          REQUESTS_PER_MINUTE: '0',
          REFUSED_KEYS_PER_MINUTE: '0',
          TRUSTED_PROXIES: '1',
        },
      },
      ports,
    );
    endings.push(() => apps.supervisor.stop());
    return { ...apps, client: new PugmarkClient({ url: apps.apiUrl, key: apps.adminKey, signal }), images, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
