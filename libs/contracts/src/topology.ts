import { TaskDoorbell } from './messages/task-doorbell';
import type { TaskKind } from './task-kind';

export type ServiceName = 'gateway' | 'ingest' | 'ml-worker' | 'export-worker' | 'watchdog';

export interface ExchangeDeclaration {
  readonly name: string;
  readonly type: 'direct' | 'fanout';
}

export interface QueueDeclaration {
  readonly name: string;
}

export interface Route {
  readonly exchange: ExchangeDeclaration;
  readonly routingKey: string;
  readonly queue: QueueDeclaration;
  /** The AMQP `type` property: a literal that never follows a class name, so a renamed class breaks nothing on the wire. */
  readonly wireName: string;
  /** Version of the payload, in the header `x-version`. */
  readonly version: number;
  readonly message: new () => object;
  /** The one service that consumes the queue. */
  readonly consumer: ServiceName;
  /** Most rings that may stand in the queue: the rest waits in the table, where priorities and cancels act at once. */
  readonly depth: number;
}

const WORK: ExchangeDeclaration = { name: 'pugmark.work', type: 'direct' };
const DEAD_LETTERS: ExchangeDeclaration = { name: 'pugmark.dead-letters', type: 'fanout' };

/** One route for each kind of task; a kind without a route, or a route without a kind, does not compile. */
export const ROUTES = {
  scan: {
    exchange: WORK,
    routingKey: 'scan',
    queue: { name: 'pugmark.scan' },
    wireName: 'pugmark.scan.requested',
    version: 1,
    message: TaskDoorbell,
    consumer: 'ingest',
    depth: 16,
  },
  detect: {
    exchange: WORK,
    routingKey: 'detect',
    queue: { name: 'pugmark.detect' },
    wireName: 'pugmark.detect.requested',
    version: 1,
    message: TaskDoorbell,
    consumer: 'ml-worker',
    depth: 2_048,
  },
  export: {
    exchange: WORK,
    routingKey: 'export',
    queue: { name: 'pugmark.export' },
    wireName: 'pugmark.export.requested',
    version: 1,
    message: TaskDoorbell,
    consumer: 'export-worker',
    depth: 16,
  },
} as const satisfies Record<TaskKind, Route>;

/** Everything that the broker must hold, no more and no less: producers, consumers, the startup check and deploy derive from it. */
export const TOPOLOGY = {
  exchanges: [WORK, DEAD_LETTERS],
  routes: ROUTES,
  deadLetters: { exchange: DEAD_LETTERS, queue: { name: 'messages_dlx' } },
  /**
   * Limits live in a policy, never in queue arguments: an argument that differs from the declared queue's closes the channel
   * with 406, a policy can be changed at run time.
   */
  policy: {
    name: 'pugmark-work',
    pattern: '^pugmark\\.',
    applyTo: 'queues',
    definition: { 'dead-letter-exchange': DEAD_LETTERS.name, 'delivery-limit': 20 },
  },
} as const;

/** `type` property of the probe that checks a route; a consumer acks it without looking further. */
export const PROBE_WIRE_NAME = 'pugmark.probe';
