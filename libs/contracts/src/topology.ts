import { TaskNotification } from './messages/task-notification';
import { TASK_KINDS, type TaskKind } from './task-kind';

export type ServiceName = 'gateway' | 'ingest' | 'ml-worker' | 'export-worker' | 'watchdog';

export interface ExchangeDeclaration {
  readonly name: string;
  readonly type: 'direct' | 'fanout';
}

export interface QueueDeclaration {
  readonly name: string;
}

export interface PreviousVersion {
  readonly message: new () => object;
  /** The old message, valid as such, in today's form. */
  upgrade(old: object): TaskNotification;
}

export interface Route {
  readonly exchange: ExchangeDeclaration;
  readonly routingKey: string;
  readonly queue: QueueDeclaration;
  /** The AMQP `type` property: a literal that never follows a class name, so a renamed class breaks nothing on the wire. */
  readonly wireName: string;
  /** Version of the payload, in the header `x-version`. */
  readonly version: number;
  readonly message: new () => TaskNotification;
  /**
   * The version before, which consumers still accept: during an upgrade its messages lie in the queue, and services of it still
   * run. Null only for version 1.
   */
  readonly previous: PreviousVersion | null;
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
    message: TaskNotification,
    previous: null,
    consumer: 'ingest',
    depth: 16,
  },
  detect: {
    exchange: WORK,
    routingKey: 'detect',
    queue: { name: 'pugmark.detect' },
    wireName: 'pugmark.detect.requested',
    version: 1,
    message: TaskNotification,
    previous: null,
    consumer: 'ml-worker',
    depth: 2_048,
  },
  classify: {
    exchange: WORK,
    routingKey: 'classify',
    queue: { name: 'pugmark.classify' },
    wireName: 'pugmark.classify.requested',
    version: 1,
    message: TaskNotification,
    previous: null,
    consumer: 'ml-worker',
    depth: 2_048,
  },
  export: {
    exchange: WORK,
    routingKey: 'export',
    queue: { name: 'pugmark.export' },
    wireName: 'pugmark.export.requested',
    version: 1,
    message: TaskNotification,
    previous: null,
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
   * Limits live in policies, never in queue arguments: an argument that differs from the declared queue's closes the channel
   * with 406, a policy can be changed at run time.
   */
  policies: [
    {
      name: 'pugmark-work',
      pattern: '^pugmark\\.',
      applyTo: 'queues',
      definition: { 'dead-letter-exchange': DEAD_LETTERS.name, 'delivery-limit': 20 },
    },
    // From version 4 on, RabbitMQ drops a message that was delivered 20 times: whoever looks at dead letters must not lose them.
    {
      name: 'pugmark-dead-letters',
      pattern: '^messages_dlx$',
      applyTo: 'queues',
      definition: { 'delivery-limit': 1_000_000 },
    },
  ],
} as const;

/** The kinds that a service consumes. */
export type KindsOf<S extends ServiceName> = {
  [K in TaskKind]: (typeof ROUTES)[K]['consumer'] extends S ? K : never;
}[TaskKind];

export function kindsOf(service: ServiceName): readonly TaskKind[] {
  return TASK_KINDS.filter((kind) => ROUTES[kind].consumer === service);
}

/** Whatever is larger is no message of ours: a doorbell has under 200 bytes. */
export const MAX_MESSAGE_BYTES = 4_096;
