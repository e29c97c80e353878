import type { Schemas } from '@pugmark/client';

/** Problems that need attention, one line each. `work` is null if unknown. */
export function findProblems(
  { dependencies, routes, engines }: Schemas['SystemResponse'],
  work: Schemas['ProcessingResponse'] | null,
): string[] {
  const { postgres, redis, broker } = dependencies;
  return [
    ...(postgres === 'down' ? ['Postgres does not answer: nothing can be processed until it does'] : []),
    ...(redis === 'down' ? ['Redis does not answer: live progress is coarser meanwhile'] : []),
    ...broker.problems.map((problem) => `RabbitMQ: ${problem}`),
    ...(broker.ready || broker.problems.length > 0 ? [] : ['RabbitMQ is not ready']),
    // A probe may wait behind work; unroutable routes are among the broker's problems.
    ...routes
      .filter(({ state }) => state === 'no_consumer')
      .map(({ queue }) => `no service consumes ${queue}: start the service that does`),
    ...(engines ?? [])
      .filter(({ processes, processesReady }) => processesReady < processes)
      .map(
        ({ worker, processes, processesReady }) =>
          `${worker}: ${processesReady} of ${processes} engine processes are ready`,
      ),
    ...(engines?.length === 0 ? ['no ml-worker is up: no image is processed'] : []),
    ...(work !== null && work.pending + work.processing > 0 && work.ratePerMinute === 0
      ? [
          `${work.pending + work.processing} images are waiting or in progress, and none was finished in the last minute`,
        ]
      : []),
  ];
}
