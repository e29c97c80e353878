import { ROUTES, TASK_KINDS, TOPOLOGY, type TaskKind } from '@pugmark/contracts';

export interface Binding {
  readonly source: string;
  readonly queue: string;
  readonly routingKey: string;
}

/** All bindings of the topology. */
export const BINDINGS: readonly Binding[] = [
  ...TASK_KINDS.map(bindingOf),
  { source: TOPOLOGY.deadLetters.exchange.name, queue: TOPOLOGY.deadLetters.queue.name, routingKey: '' },
];

export function bindingOf(kind: TaskKind): Binding {
  const { exchange, queue, routingKey } = ROUTES[kind];
  return { source: exchange.name, queue: queue.name, routingKey };
}

/** All queues of the topology. */
export const QUEUES: readonly string[] = [...new Set(BINDINGS.map(({ queue }) => queue))];

export const QUEUE_ARGUMENTS = { 'x-queue-type': 'quorum' } as const;
