import { kindsOf, type KindsOf, type ServiceName, type TaskKind } from '@pugmark/contracts';
import { FatalError } from '@pugmark/domain';

/** What is needed of a worker here, whatever its transaction and its results are. */
interface AnyWorker<Kind extends TaskKind> {
  readonly kind: Kind;
  start(): void;
  drain(): Promise<void>;
  assertMoving(limitMs: number): void;
}

/** One worker for each kind that the topology gives to the service. */
export type WorkersOf<S extends ServiceName> = [KindsOf<S>] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [Kind in KindsOf<S>]: AnyWorker<Kind> };

/**
 * The workers of a service, all of them and no other: a kind without a worker, or a worker of another service's kind, does not
 * compile; and whatever came past the compiler is a FatalError before anything is consumed.
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
        worker !== undefined && worker.kind !== kind ? [`the handler of ${worker.kind} stands under ${kind}`] : [],
      ),
    ];
    if (problems.length > 0)
      throw new FatalError(
        'handler_mismatch',
        `the handlers of ${service} are not those of the topology: ${problems.join('; ')}`,
      );
    this.#workers = Object.values(given).flatMap((worker) => (worker === undefined ? [] : [worker]));
  }

  /** Before the broker: it refuses to start for a service that does not consume all of its queues. */
  start(): void {
    for (const worker of this.#workers) worker.start();
  }

  async drain(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.drain()));
  }

  /** See `TaskWorker.assertMoving`. */
  assertMoving(limitMs: number): void {
    for (const worker of this.#workers) worker.assertMoving(limitMs);
  }
}
