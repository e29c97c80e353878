import type { Logger } from '@pugmark/platform';
import type { ServiceRuntime } from '@pugmark/service';
import type { RenditionStorage } from '@pugmark/storage';
import type { GatewayConfig } from './config';
import { ensureFirstKey } from './features/keys/first-key';
import { IDEMPOTENCY_KEY_SECONDS } from './http/idempotency/create-once';
import type { Repositories } from './repositories';

const CLEANUP_INTERVAL_MS = 3_600_000;

export interface LoopDependencies {
  readonly runtime: ServiceRuntime<'gateway', GatewayConfig>;
  readonly config: GatewayConfig;
  readonly repositories: Repositories;
  readonly renditionFiles: RenditionStorage;
  readonly logger: Logger;
}

/** Starts the background loops of the gateway. Any number of gateways may run them. */
export function startLoops({ runtime, config, repositories, renditionFiles, logger }: LoopDependencies): void {
  const { db } = runtime;

  // Not awaited, since the database may be down. Until then no key exists and the service is not ready.
  let keyExists = config.AUTH === 'open';
  runtime.onReady('keys', () => {
    if (!keyExists) throw new Error('no key exists yet');
  });
  runtime.startLoop('create the first key', async () => {
    if (!keyExists) await ensureFirstKey(repositories, config.ADMIN_KEY, logger);
    keyExists = true;
    return CLEANUP_INTERVAL_MS;
  });

  const removeExpired = async (): Promise<number> => {
    // One failing cleanup, of a file that cannot be removed for instance, does not block the others.
    const outcomes = await Promise.allSettled([
      repositories.idempotency.deleteOlderThan(db, IDEMPOTENCY_KEY_SECONDS),
      repositories.sessions.deleteExpired(db),
      renditionFiles.shrinkTo(config.RENDITION_CACHE_BYTES),
    ]);
    const failures = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    if (failures.length > 0) throw new AggregateError(failures, 'some cleanups failed');
    return CLEANUP_INTERVAL_MS;
  };
  // A failure rarely ends within seconds, and each round reads the whole cache.
  runtime.startLoop('remove expired data', removeExpired, CLEANUP_INTERVAL_MS);
}
