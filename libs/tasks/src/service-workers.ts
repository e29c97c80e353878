import { kindsOf, type KindsOf, type ServiceName, type TaskKind } from '@pugmark/contracts';
import { FatalError } from '@pugmark/domain';

/** The methods of a worker used here, independent of its transaction and result types. */
interface AnyWorker<Kind extends TaskKind> {
  readonly kind: Kind;
  start(): void;
  drain(): Promise<void>;
  assertMoving(): void;
}

/** One worker for each kind that the topology assigns to the service. */
export type WorkersOf<S extends ServiceName> = [KindsOf<S>] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [Kind in KindsOf<S>]: AnyWorker<Kind> };

/**
 * The complete set of workers of a service. A kind without a worker, or a worker of another service's kind, does not
 * compile; what passes the compiler is a FatalError before anything is consumed.
 */
export class ServiceWorkers<S extends ServiceName> {
  readonly #workers: readonly AnyWorker<TaskKind>[];

  constructor(service: S, workers: WorkersOf<S>) {
    const given: Readonly<Partial<Record<string, AnyWorker<TaskKind>>>> = workers;
    const required: readonly string[] = kindsOf(service);
    const problems = [
      ...required.filter((kind) => given[kind] === undefined).map((kind) => `${kind} has no handler`),
      ...Object.keys(given)
        .filter((kind) => !required.includes(kind))
        .map((kind) => `${kind} is not consumed by ${service}`),
      ...Object.entries(given).flatMap(([kind, worker]) =>
        worker !== undefined && worker.kind !== kind
          ? [`the handler of ${worker.kind} is registered under ${kind}`]
          : [],
      ),
    ];
    if (problems.length > 0)
      throw new FatalError(
        'handler_mismatch',
        `the handlers of ${service} do not match the topology: ${problems.join('; ')}`,
      );
    this.#workers = Object.values(given).flatMap((worker) => (worker === undefined ? [] : [worker]));
  }

  /** Call before starting the broker, which refuses to start for a service that does not consume all of its queues. */
  start(): void {
    for (const worker of this.#workers) worker.start();
  }

  async drain(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.drain()));
  }

  /** See `TaskWorker.assertMoving`. */
  assertMoving(): void {
    for (const worker of this.#workers) worker.assertMoving();
  }
}
