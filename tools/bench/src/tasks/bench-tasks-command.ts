import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import { migrate } from '@pugmark/db';
import { median } from '../median';
import { Ports, type ServerUrls, startServers } from '@pugmark/launcher';
import { RigFactory, type RigProcess, sumOf } from '@pugmark/service-rig';
import {
  describeMachine,
  type CommandContext,
  integerOption,
  parseOptions,
  formatTable,
  waitUntil,
} from '@pugmark/toolkit';
import { TaskFeeder } from './task-feeder';

const USAGE = 'npm run bench:tasks [-- --rounds N] [--seconds N] [--json FILE]';
const WORKERS = 2;
const BATCH = 256;
const FEW = 1_000;
const MANY = 200_000;
const FILL_DEADLINE_MS = 180_000;
const SETTLE_MS = 3_000;

export interface TaskBenchResult {
  readonly workers: number;
  readonly batch: number;
  readonly few: { readonly waiting: number; readonly tasksPerSecond: number; readonly rounds: readonly number[] };
  readonly many: { readonly waiting: number; readonly tasksPerSecond: number; readonly rounds: readonly number[] };
  /** Rate with many waiting tasks ÷ rate with few. */
  readonly ratio: number;
  /** One claim and one commit per task, everything else being the same. */
  readonly oneByOne: { readonly tasksPerSecond: number };
  readonly batchedOverOneByOne: number;
  readonly machine: string;
}

/** Measures how many tasks per second go from row to result when the work itself takes no time. */
export async function benchTasksCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const options = parseOptions('bench:tasks', USAGE, args, {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'string' },
  });
  const rounds = integerOption('bench:tasks', 'rounds', options.rounds, 1) ?? 3;
  const seconds = integerOption('bench:tasks', 'seconds', options.seconds, 1) ?? 15;
  const result = await runBench(rounds, seconds, context);
  context.log(
    `\n${formatTable([
      [`tasks per second, ${FEW} waiting`, result.few.tasksPerSecond],
      [`tasks per second, ${MANY} waiting`, result.many.tasksPerSecond],
      ['many ÷ few', result.ratio],
      ['tasks per second, one commit each', result.oneByOne.tasksPerSecond],
      ['batched ÷ one by one', result.batchedOverOneByOne],
      ['machine', result.machine],
    ])}`,
  );
  if (options.json !== undefined)
    writeFileSync(resolve(context.userFolder, options.json), `${JSON.stringify(result, null, 2)}\n`);
  return 0;
}

async function runBench(rounds: number, seconds: number, context: CommandContext): Promise<TaskBenchResult> {
  const { root, log, environment, signal } = context;
  const dir = join(root, '.pugmark');
  const urls = await startServers({ instance: 'bench-tasks', dir, root, log, environment, signal });
  const forget = context.onForcedEnd(() => urls.kill());
  const pool = new Pool({ connectionString: urls.databaseUrl, max: 2 });
  pool.on('error', () => undefined);
  try {
    await migrate(urls.databaseUrl);
    const factory = new RigFactory({
      root,
      folder: join(dir, 'bench-tasks'),
      ports: new Ports(),
      environment: { PATH: environment['PATH'], LOG_LEVEL: 'warn' },
    });
    const few: number[] = [];
    const many: number[] = [];
    await withRig(factory, urls, BATCH, signal, async (gateway) => {
      for (let round = 1; round <= rounds; round += 1) {
        few.push(await measure(pool, gateway, FEW, seconds, signal));
        log(`round ${round}: ${FEW} waiting, ${few.at(-1)} tasks per second`);
        many.push(await measure(pool, gateway, MANY, seconds, signal));
        log(`round ${round}: ${MANY} waiting, ${many.at(-1)} tasks per second`);
      }
    });
    const alone = await withRig(factory, urls, 1, signal, (gateway) => measure(pool, gateway, FEW, seconds, signal));
    return {
      workers: WORKERS,
      batch: BATCH,
      few: { waiting: FEW, tasksPerSecond: Math.round(median(few)), rounds: few },
      many: { waiting: MANY, tasksPerSecond: Math.round(median(many)), rounds: many },
      ratio: Math.round((median(many) / median(few)) * 1000) / 1000,
      oneByOne: { tasksPerSecond: alone },
      batchedOverOneByOne: Math.round((median(few) / alone) * 10) / 10,
      machine: describeMachine(),
    };
  } finally {
    await pool.end();
    await urls.stop();
    forget();
  }
}

/** Runs `use` with a gateway, which publishes notifications, and the workers. */
async function withRig<T>(
  factory: RigFactory,
  urls: ServerUrls,
  batch: number,
  signal: AbortSignal,
  use: (gateway: RigProcess) => Promise<T>,
): Promise<T> {
  const gateway = await factory.app('gateway', urls);
  const names = Array.from({ length: WORKERS }, (_, index) => `worker-${index + 1}`);
  const workers = await Promise.all(names.map((name) => factory.worker(name, urls, { RIG_BATCH: String(batch) })));
  const all = [gateway, ...workers];
  try {
    for (const each of all) each.start();
    await Promise.all(all.map((each) => each.ready(signal)));
    return await use(gateway);
  } finally {
    await Promise.all(all.map((each) => each.stop()));
  }
}

/**
 * Returns whole tasks per second over `seconds`, with `waiting` tasks waiting all the time: new ones are created as
 * fast as others are published.
 */
async function measure(
  pool: Pool,
  gateway: RigProcess,
  waiting: number,
  seconds: number,
  signal: AbortSignal,
): Promise<number> {
  await pool.query('truncate tasks restart identity');
  const published = async (): Promise<number> =>
    sumOf(await gateway.metrics(), 'pugmark_task_notifications_published_total');
  const done = async (): Promise<number> => {
    const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from tasks where state = 'done'");
    return rows[0]?.n ?? 0;
  };
  const feeder = new TaskFeeder(pool, waiting, published);
  try {
    await waitUntil(() => feeder.full, { what: `${waiting} waiting tasks`, deadlineMs: FILL_DEADLINE_MS, signal });
    // Lets the publish rate settle.
    await delay(SETTLE_MS, undefined, { signal });
    const [from, began] = [await done(), performance.now()];
    await delay(seconds * 1_000, undefined, { signal });
    return Math.round((((await done()) - from) * 1_000) / (performance.now() - began));
  } finally {
    await feeder.stop();
  }
}
