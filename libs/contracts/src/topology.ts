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

export interface Route {
  readonly exchange: ExchangeDeclaration;
  readonly routingKey: string;
  readonly queue: QueueDeclaration;
  /**
   * The AMQP `type` property: a literal independent of the class name, so that renaming a class does not change the
   * wire form.
   */
  readonly wireName: string;
  /** Version of the payload, in the header `x-version`. */
  readonly version: number;
  readonly message: new () => TaskNotification;
  /** The one service that consumes the queue. */
  readonly consumer: ServiceName;
  /**
   * Maximum number of ready notifications in the queue. The other tasks wait in the table, where priority changes and
   * cancels take effect at once.
   */
  readonly depth: number;
}

const WORK: ExchangeDeclaration = { name: 'pugmark.work', type: 'direct' };
const DEAD_LETTERS: ExchangeDeclaration = { name: 'pugmark.dead-letters', type: 'fanout' };

/** One route per kind of task. A kind without a route, or a route without a kind, does not compile. */
export const ROUTES = {
  scan: {
    exchange: WORK,
    routingKey: 'scan',
    queue: { name: 'pugmark.scan' },
    wireName: 'pugmark.scan.requested',
    version: 1,
    message: TaskNotification,
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
    consumer: 'export-worker',
    depth: 16,
  },
  derive: {
    exchange: WORK,
    routingKey: 'derive',
    queue: { name: 'pugmark.derive' },
    wireName: 'pugmark.derive.requested',
    version: 1,
    message: TaskNotification,
    consumer: 'ingest',
    depth: 16,
  },
} as const satisfies Record<TaskKind, Route>;

/** Complete broker topology: publishers, consumers, the startup check and the deployment derive from it. */
export const TOPOLOGY = {
  exchanges: [WORK, DEAD_LETTERS],
  routes: ROUTES,
  deadLetters: { exchange: DEAD_LETTERS, queue: { name: 'messages_dlx' } },
  /**
   * Limits are set by policies, not by queue arguments: a differing queue argument closes the channel with 406, a
   * policy can be changed at run time.
   */
  policies: [
    {
      name: 'pugmark-work',
      pattern: '^pugmark\\.',
      applyTo: 'queues',
      definition: { 'dead-letter-exchange': DEAD_LETTERS.name, 'delivery-limit': 20 },
    },
    // Since version 4, RabbitMQ drops a message after 20 deliveries by default. Inspecting dead letters must not lose
    // them.
    {
      name: 'pugmark-dead-letters',
      pattern: '^messages_dlx$',
      applyTo: 'queues',
      definition: { 'delivery-limit': 1_000_000 },
    },
  ],
} as const;

/** The kinds of tasks that a service consumes. */
export type KindsOf<S extends ServiceName> = {
  [K in TaskKind]: (typeof ROUTES)[K]['consumer'] extends S ? K : never;
}[TaskKind];

export function kindsOf(service: ServiceName): readonly TaskKind[] {
  return TASK_KINDS.filter((kind) => ROUTES[kind].consumer === service);
}

/** Larger messages are rejected as malformed: a notification has under 200 bytes. */
export const MAX_MESSAGE_BYTES = 4_096;
