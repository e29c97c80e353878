import type { Schemas } from '@pugmark/client';

/** What someone should look at, one line each; empty when all is well. `work` is null where it is not known. */
export function findProblems(
  { dependencies, routes, engines }: Schemas['SystemResponse'],
  work: Schemas['ProcessingResponse'] | null,
): string[] {
  const { postgres, redis, broker } = dependencies;
  return [
    ...(postgres === 'down' ? ['Postgres does not answer: nothing can be done until it does'] : []),
    ...(redis === 'down' ? ['Redis does not answer: live progress is coarser meanwhile, nothing else'] : []),
    ...broker.problems.map((problem) => `RabbitMQ: ${problem}`),
    ...(broker.ready || broker.problems.length > 0 ? [] : ['RabbitMQ is not ready']),
    // A probe may wait behind work; what leads nowhere is among the broker's problems.
    ...routes
      .filter(({ state }) => state === 'no_consumer')
      .map(({ queue }) => `nobody takes work from ${queue}: start the service that does`),
    ...(engines ?? [])
      .filter(({ processes, processesUp }) => processesUp < processes)
      .map(({ worker, processes, processesUp }) => `${worker}: ${processesUp} of ${processes} engine processes are up`),
    ...(engines?.length === 0 ? ['no ml-worker is up: no picture is looked at'] : []),
    ...(work !== null && work.pending + work.processing > 0 && work.ratePerMinute === 0
      ? [`${work.pending + work.processing} pictures are to be looked at, and none was done in the last minute`]
      : []),
  ];
}
