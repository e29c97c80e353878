import { sql } from 'kysely';
import { Broker } from '@pugmark/broker';
import {
  RunControlRepository,
  TaskRepository,
  createDatabase,
  migrate,
  type Database,
  type DatabaseTransaction,
  type InvariantViolation,
} from '@pugmark/db';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import { createMetrics, createTaskMetrics, sleep } from '@pugmark/platform';
import {
  createTestDatabase,
  createTestVhost,
  testLogger,
  waitUntil,
  type TestDatabase,
  type TestVhost,
} from '@pugmark/testing';
import { Dispatcher, NOTIFICATION_TIMEOUT_SECONDS } from './dispatcher';
import type { NotificationPublisher, TaskContext, TaskHandler } from './ports';
import { TaskWorker } from './task-worker';

export type Handle = (tasks: readonly ClaimedTask[], context: TaskContext) => Promise<TaskOutcome<number>[]>;

/**
 * Runs the function that a test gives, and writes each result as a project named after the task: writing one twice
 * would violate a constraint.
 */
export class RecordingHandler implements TaskHandler<DatabaseTransaction, number> {
  readonly kind = 'detect' as const;
  constructor(readonly handle: Handle) {}
  async write(tx: DatabaseTransaction, done: readonly { task: ClaimedTask; result: number }[]): Promise<void> {
    await tx
      .insertInto('projects')
      .values(done.map(({ task }) => ({ name: `task ${task.id}` })))
      .execute();
  }
}

export const allDone: Handle = async (tasks) => tasks.map((task) => ({ task, outcome: 'done', result: 1 }));

/**
 * A task system for tests: a database and a virtual host per test, and the dispatchers, workers and brokers that a test
 * starts. Registers the hooks that create and remove them, so it is called in a `describe`.
 */
export function useTaskSystem() {
  let server: TestDatabase;
  let vhost: TestVhost;
  let db: Database;
  let stop: (() => Promise<void>)[];
  let hung: (() => void)[];

  beforeEach(async () => {
    stop = [];
    hung = [];
    [server, vhost] = await Promise.all([createTestDatabase(migrate), createTestVhost()]);
    db = createDatabase({ url: server.url, applicationName: 'test', onIdleError: () => undefined });
  });

  afterEach(async () => {
    for (const release of hung) release();
    for (const end of stop.reverse()) await end();
    await db.destroy();
    await Promise.all([server.drop(), vhost.drop()]);
  });

  function createBroker(service: 'gateway' | 'ml-worker'): Broker {
    const broker = new Broker({
      url: vhost.url,
      managementUrl: vhost.managementUrl,
      service,
      logger: testLogger(),
      metrics: createMetrics(service),
    });
    stop.push(() => broker.close());
    return broker;
  }

  /** A broker that only publishes. */
  function startBroker(): Broker {
    const broker = createBroker('gateway');
    broker.start();
    return broker;
  }

  function startDispatcher(publisher: NotificationPublisher = startBroker()): Dispatcher {
    const dispatcher = new Dispatcher({
      store: new TaskRepository(db),
      runs: new RunControlRepository(db),
      publisher,
      logger: testLogger(),
      metrics: createTaskMetrics(createMetrics('d')),
    });
    dispatcher.start();
    stop.push(() => dispatcher.stop());
    return dispatcher;
  }

  /** Does not resolve while the test runs. */
  const hang: Handle = () =>
    new Promise((_resolve, reject) => hung.push(() => reject(new Error('released at the end of the test'))));

  function startWorker(
    handle: Handle,
    onFatal: (error: unknown) => void = () => undefined,
    store = new TaskRepository(db),
    stallLimitMs = 60_000,
  ) {
    const broker = createBroker('ml-worker');
    broker.consume('classify', 1, (delivery) => delivery.ack());
    const worker = new TaskWorker({
      handler: new RecordingHandler(handle),
      store,
      leases: store,
      source: broker,
      owner: 'test',
      batchSize: 16,
      batchDelayMs: 5,
      concurrency: 2,
      stallLimitMs,
      logger: testLogger(),
      metrics: createTaskMetrics(createMetrics('w')),
      onFatal,
    });
    worker.start();
    broker.start();
    stop.push(() => worker.drain());
    return { worker, broker };
  }

  async function given(count: number): Promise<void> {
    await sql`insert into tasks (kind, subject_id) select 'detect', n from generate_series(1, ${count}::int) n`.execute(
      db,
    );
  }

  async function counts(): Promise<Record<string, number>> {
    const rows = await db
      .selectFrom('tasks')
      .select(['state', sql<number>`count(*)::int`.as('n')])
      .groupBy('state')
      .orderBy('state')
      .execute();
    return Object.fromEntries(rows.map((row) => [row.state, row.n]));
  }

  const until = (what: string, expected: Record<string, number>, timeoutMs = 30_000): Promise<unknown> =>
    waitUntil(what, async () => JSON.stringify(await counts()) === JSON.stringify(expected) || false, timeoutMs);
  const findViolations = (graceSeconds = 1): Promise<InvariantViolation[]> =>
    new TaskRepository(db).findInvariantViolations(NOTIFICATION_TIMEOUT_SECONDS, graceSeconds);
  /** Slow enough that tasks can be observed while they run. */
  const slightlySlow: Handle = async (tasks, context) => {
    await sleep(20);
    return allDone(tasks, context);
  };
  const written = async (): Promise<number> =>
    (
      await db
        .selectFrom('projects')
        .select(sql<number>`count(*)::int`.as('n'))
        .executeTakeFirstOrThrow()
    ).n;

  return {
    get db(): Database {
      return db;
    },
    onEnd: (step: () => Promise<void>): void => void stop.push(step),
    releaseAtEnd: (release: () => void): void => void hung.push(release),
    createBroker,
    startBroker,
    startDispatcher,
    hang,
    startWorker,
    given,
    counts,
    until,
    findViolations,
    slightlySlow,
    written,
  };
}
