import { messageOf } from '@pugmark/domain';
import type { Log } from '@pugmark/toolkit';

export interface ReloaderOptions {
  readonly services: readonly string[];
  /** Whether the bundle of a service was made from its sources as they are now. */
  readonly isCurrent: (service: string) => boolean;
  /** Bundles a service. Resolves with an error message, or null. */
  readonly bundle: (service: string) => Promise<string | null>;
  readonly restart: (service: string) => void;
  readonly log: Log;
}

/**
 * Bundles and restarts the services whose sources have changed. A service whose bundle fails keeps running as it was.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #running: Promise<void> = Promise.resolve();
  #isQueued = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /** Reloads what has changed. A change during a reload leads to one more reload. */
  reload(): Promise<void> {
    if (!this.#isQueued) {
      this.#isQueued = true;
      this.#running = this.#running.then(() => {
        this.#isQueued = false;
        return this.#reloadStale();
      });
    }
    return this.#running;
  }

  async #reloadStale(): Promise<void> {
    const { services, isCurrent, bundle, restart, log } = this.#options;
    for (const service of services.filter((name) => !isCurrent(name))) {
      try {
        const problem = await bundle(service);
        if (problem === null) {
          log(`${service}: sources changed, restarting`);
          restart(service);
        } else log(`${service}: ${problem}; the old version keeps running`);
      } catch (error) {
        log(`${service}: not reloaded: ${messageOf(error)}`);
      }
    }
  }
}
