import * as fc from 'fast-check';
import { sql } from 'kysely';
import type { ClaimedTask, TaskOutcome, UnfinishedOutcome } from '@pugmark/domain';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import { createDatabase, type Database, type DatabaseTransaction } from '../connection/database';
import { migrate } from '../migrations/migrate';
import { RunControlRepository } from '../runs/run-control.repository';
import { RunRepository } from '../runs/run.repository';
import { NOTIFICATION_TIMEOUT_SECONDS, TaskModel, type ModelClaim } from './task-states.fixture';
import { TaskRepository } from './task.repository';

const RUNS = 2;
const TASKS_PER_RUN = 4;
const MAX_COMMANDS = 120;
/** Sequences that once failed, or that every run repeats. */
const SEEDS = [20261127, 1, 2, 3];
/** The long form: `PUGMARK_TEST_STEPS=1000000 npm test -- --project @pugmark/db --file task-states`. */
const STEPS = Number(process.env['PUGMARK_TEST_STEPS'] ?? 10_000);

type Outcome = 'done' | UnfinishedOutcome;

/** The tables, and the claims of workers that live. */
class Real {
  readonly tasks: TaskRepository;
  readonly control: RunControlRepository;
  readonly claims = new Map<string, ClaimedTask>();
  readonly written: number[] = [];
  #at = performance.now();

  constructor(
    readonly db: Database,
    readonly runIds: readonly number[],
    readonly taskIds: readonly number[],
  ) {
    this.tasks = new TaskRepository(db);
    this.control = new RunControlRepository(db);
  }

  claimed({ task, attempt }: ModelClaim): ClaimedTask {
    return this.claims.get(`${task}/${attempt}`)!;
  }

  changeRun(n: number, change: (tx: DatabaseTransaction, id: number) => Promise<unknown>): Promise<void> {
    return this.db.transaction().execute(async (tx) => {
      await new RunRepository().lock(tx, this.runIds[n]!);
      await change(tx, this.runIds[n]!);
    });
  }

  /** Undoes the time that the last step took: on the model's clock none has passed. */
  async stopClock(): Promise<void> {
    const now = performance.now();
    await this.pass((this.#at - now) / 1_000);
    this.#at = now;
    // A time that the last step set to its own end is not to come; every real wait has a second or more.
    await sql`update tasks set run_at = clock_timestamp()
      where run_at between clock_timestamp() and clock_timestamp() + interval '0.5 seconds'`.execute(this.db);
  }

  async pass(seconds: number): Promise<void> {
    const ago = sql`${seconds} * interval '1 second'`;
    await sql`update tasks set run_at = run_at - ${ago}, lease_until = lease_until - ${ago},
      queued_at = queued_at - ${ago}`.execute(this.db);
  }

  async commit(outcomes: readonly TaskOutcome<null>[]): Promise<number[]> {
    const ids = await this.tasks.commit(outcomes, async (_tx, done) => {
      this.written.push(...done.map(({ task }) => this.taskIds.indexOf(task.id)));
    });
    return ids.map((id) => this.taskIds.indexOf(id));
  }
}

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

let steps = 0;

/** A step of the test: changes the model and the tables, and compares what each returns; then all of their states. */
class Step implements fc.AsyncCommand<TaskModel, Real> {
  constructor(
    private readonly name: string,
    private readonly change: (model: TaskModel, real: Real) => Promise<void>,
    private readonly isPossible: (model: Readonly<TaskModel>) => boolean = () => true,
  ) {}

  check(model: Readonly<TaskModel>): boolean {
    return this.isPossible(model);
  }

  async run(model: TaskModel, real: Real): Promise<void> {
    steps += 1;
    await real.stopClock();
    await this.change(model, real);
    await expectSame(model, real);
  }

  toString(): string {
    return this.name;
  }
}

async function expectSame(model: TaskModel, real: Real): Promise<void> {
  const rows = await real.db
    .selectFrom('tasks')
    .select(['state', 'paused', 'attempt', 'failures', 'interruptions'])
    .orderBy('id')
    .execute();
  expect(rows).toEqual(
    model.tasks.map(({ state, paused, attempt, failures, interruptions }) => ({
      state,
      paused,
      attempt,
      failures,
      interruptions,
    })),
  );
  expect(sorted(real.written)).toEqual(
    model.tasks.flatMap(({ written }, n) => Array.from({ length: written }, () => n)),
  );
}

/** Takes elements by numbers that do not know how many there are. */
function pick<T>(all: readonly T[], numbers: readonly number[]): T[] {
  return all.length === 0 ? [] : [...new Set(numbers.map((n) => all[n % all.length]!))];
}

const markDue = () =>
  new Step('mark due tasks as queued', async (model, real) => {
    const due = model.due();
    const marked = await real.tasks.markDue('detect', 1_000, 1_000);
    expect(sorted(marked.map(({ id }) => real.taskIds.indexOf(id)))).toEqual(due);
    model.markDue(due);
    expect(sorted(marked.map(({ attempt }) => attempt))).toEqual(sorted(due.map((n) => model.tasks[n]!.attempt + 1)));
  });

/** Some notifications are not confirmed; the others are, or their dispatcher crashed and puts nothing back. */
const endPublishing = (numbers: readonly number[]) =>
  new Step(
    'put back what was not confirmed',
    async (model, real) => {
      const unconfirmed = pick(model.publishing, numbers);
      await real.tasks.putBack(
        unconfirmed.map(({ task, attempt }) => ({ id: real.taskIds[task]!, attempt, traceparent: null })),
      );
      model.putBack(unconfirmed);
      model.publishing.splice(0);
    },
    ({ publishing }) => publishing.length > 0,
  );

/** `stale`: notifications of the attempt before. */
const claim = (numbers: readonly number[], stale: boolean) =>
  new Step(`claim${stale ? ' by stale notifications' : ''}`, async (model, real) => {
    const wanted = pick(
      model.tasks.map((_, n) => n),
      numbers,
    ).map((task) => ({ task, attempt: model.tasks[task]!.attempt + (stale ? 0 : 1) }));
    const found = await real.tasks.claim(
      'detect',
      wanted.map(({ task, attempt }) => ({ id: real.taskIds[task]!, attempt })),
      'worker',
    );
    expect(sorted(found.map(({ id }) => real.taskIds.indexOf(id)))).toEqual(sorted(model.claim(wanted)));
    for (const task of found) real.claims.set(`${real.taskIds.indexOf(task.id)}/${task.attempt}`, task);
  });

const commit = (numbers: readonly number[], outcome: Outcome) =>
  new Step(
    `commit as ${outcome}`,
    async (model, real) => {
      const claims = pick(model.claims, numbers);
      const held = claims.filter((one) => model.isHeld(one)).map(({ task }) => task);
      const committed = await real.commit(
        claims.map((one): TaskOutcome<null> => {
          const task = real.claimed(one);
          return outcome === 'done'
            ? { task, outcome, result: null }
            : { task, outcome, code: 'code', message: 'message' };
        }),
      );
      expect(sorted(committed)).toEqual(sorted(held));
      for (const n of held) model.end(n, outcome);
    },
    ({ claims }) => claims.length > 0,
  );

const renew = (numbers: readonly number[]) =>
  new Step('renew', async (model, real) => {
    const claims = pick(model.claims, numbers);
    const renewed = await real.tasks.renew(claims.map((one) => real.claimed(one)));
    const held = claims.filter((one) => model.isHeld(one)).map(({ task }) => task);
    expect(sorted(renewed.map((id) => real.taskIds.indexOf(id)))).toEqual(sorted(held));
    model.renew(claims);
  });

/** Its tasks are never committed. */
const crash = () => new Step('crash of the workers', async (model) => void model.claims.splice(0));

const pass = (seconds: number) =>
  new Step(`${seconds} s pass`, async (model, real) => {
    model.now += seconds;
    await real.pass(seconds);
  });

const reconcileTasks = () =>
  new Step('reconcile tasks', async (model, real) => {
    await real.tasks.reconcile('detect', NOTIFICATION_TIMEOUT_SECONDS);
    model.reconcileTasks();
  });

const reconcileRuns = () =>
  new Step('reconcile runs', async (model, real) => {
    while ((await real.control.reconcile(1_000)) > 0);
    model.reconcileRuns();
  });

const changeRun = (n: number, change: 'pause' | 'resume' | 'retry' | 'cancel') =>
  new Step(
    `${change} run ${n}`,
    async (model, real) => {
      await real.changeRun(n, (tx, id) => real.control[change](tx, id));
      model[change](n);
    },
    ({ runs }) => !runs[n]!.cancelled,
  );

const someTasks = fc.array(fc.nat(RUNS * TASKS_PER_RUN - 1), { minLength: 1, maxLength: RUNS * TASKS_PER_RUN });
const someClaims = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 6 });
const someRun = fc.nat(RUNS - 1);
const STEPS_OF_TASKS = [
  fc.constant(markDue()),
  someClaims.map(endPublishing),
  someTasks.map((tasks) => claim(tasks, false)),
  fc.tuple(someTasks, fc.boolean()).map(([tasks, stale]) => claim(tasks, stale)),
  fc
    .tuple(someClaims, fc.constantFrom<Outcome>('done', 'retry', 'retry', 'interrupted', 'failed'))
    .map(([claims, outcome]) => commit(claims, outcome)),
  someClaims.map(renew),
  fc.constant(crash()),
  // Never exactly to a deadline.
  fc.constantFrom(20, 40, 80).map(pass),
  fc.constant(reconcileTasks()),
  fc.constant(reconcileRuns()),
  fc
    .tuple(someRun, fc.constantFrom('pause' as const, 'resume' as const, 'retry' as const))
    .map(([run, change]) => changeRun(run, change)),
  // Seldom: nothing happens to a run afterwards.
  fc.tuple(someRun, fc.nat(9)).map(([run, n]) => (n === 0 ? changeRun(run, 'cancel') : reconcileTasks())),
];

describe('the states of tasks', () => {
  let server: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    await sql`
      insert into projects (name) values ('p');
      insert into models (name, version, licence, threshold, manifest) values ('m', '1', 'MIT', 0.2, '{}')`.execute(db);
  });
  afterAll(async () => {
    await db.destroy();
    await server.drop();
  });

  async function start(): Promise<{ model: TaskModel; real: Real }> {
    await sql`truncate tasks restart identity; delete from runs`.execute(db);
    const model = new TaskModel(RUNS, TASKS_PER_RUN);
    const runIds: number[] = [];
    for (let n = 0; n < RUNS; n += 1)
      runIds.push(await new RunRepository().create(db, { projectId: 1, modelId: 1, classify: null, priority: 0 }));
    const rows = await db
      .insertInto('tasks')
      .values(model.tasks.map(({ run }, n) => ({ kind: 'detect' as const, subject_id: n + 1, run_id: runIds[run]! })))
      .returning('id')
      .execute();
    return { model, real: new Real(db, runIds, sorted(rows.map(({ id }) => id))) };
  }

  /** Whatever happened before: with a dispatcher and a worker that work, every task ends. */
  async function expectAllToEnd(model: TaskModel, real: Real): Promise<void> {
    const all = model.tasks.map((_, n) => n);
    const rounds = [
      ...model.runs.flatMap(({ cancelled }, n) => (cancelled ? [] : [changeRun(n, 'resume')])),
      reconcileRuns(),
      pass(80),
      reconcileTasks(),
      pass(80),
      markDue(),
      claim(all, false),
    ];
    for (const step of rounds) await step.run(model, real);
    await commit(
      model.claims.map((_, n) => n),
      'done',
    ).run(model, real);
    expect(model.isOver).toBe(true);
    expect(await real.tasks.findInvariantViolations(NOTIFICATION_TIMEOUT_SECONDS, 0)).toEqual([]);
    for (const { state, written } of model.tasks) expect(written).toBe(state === 'done' ? 1 : 0);
  }

  it(
    'follow their rules through any sequence of steps, and every task ends, with its result written once',
    async () => {
      steps = 0;
      for (let round = 0; steps < STEPS; round += 1) {
        await fc.assert(
          fc.asyncProperty(
            fc.commands(STEPS_OF_TASKS, { maxCommands: MAX_COMMANDS, size: 'max' }),
            async (commands) => {
              const { model, real } = await start();
              await fc.asyncModelRun(() => ({ model, real }), commands);
              await expectAllToEnd(model, real);
            },
          ),
          { seed: SEEDS[round] ?? SEEDS[0]! + round, numRuns: 20, endOnFailure: false },
        );
      }
      expect(steps).toBeGreaterThanOrEqual(STEPS);
    },
    Math.max(240_000, STEPS * 20),
  );
});
