import type { Log } from '@pugmark/toolkit';
import {
  SupervisedService,
  DEFAULT_TIMES,
  type ServiceSpec,
  type ServiceStatus,
  type SupervisionTimes,
} from './supervised-service';

/** Runs several services: restarts those that exit or hang, and stops all of them. */
export class Supervisor {
  readonly #services: readonly SupervisedService[];

  constructor(
    specs: readonly ServiceSpec[],
    log: Log,
    onLine: (service: string, line: string) => void = () => undefined,
    times: SupervisionTimes = DEFAULT_TIMES,
  ) {
    this.#services = specs.map((spec) => new SupervisedService(spec, times, log, onLine));
  }

  start(): void {
    for (const service of this.#services) service.start();
  }

  status(): readonly ServiceStatus[] {
    return this.#services.map((service) => service.status());
  }

  /** Replaces the process of one service, for new code. */
  restart(name: string): void {
    this.#services.find((service) => service.status().name === name)?.restart();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
  }

  kill(): void {
    for (const service of this.#services) service.kill();
  }
}
