import {
  TASK_POLICIES,
  backoffSeconds,
  interruptionSeconds,
  type TaskState,
  type UnfinishedOutcome,
} from '@pugmark/domain';

export const NOTIFICATION_TIMEOUT_SECONDS = 65;
const POLICY = TASK_POLICIES.detect;

export interface ModelTask {
  state: TaskState;
  paused: boolean;
  attempt: number;
  failures: number;
  interruptions: number;
  /** Times in seconds on the model's clock. */
  dueAt: number;
  leaseUntil: number | null;
  queuedAt: number | null;
  readonly run: number;
  /** How often its result was written. */
  written: number;
}

/** An attempt that a worker believes to hold, or a dispatcher to have marked, rightly or not. */
export interface ModelClaim {
  readonly task: number;
  readonly attempt: number;
}

interface ModelRun {
  paused: boolean;
  cancelled: boolean;
}

/** What the states of tasks should be: the rules of the tasks table, in memory and without a database. */
export class TaskModel {
  now = 0;
  readonly runs: ModelRun[];
  readonly tasks: ModelTask[];
  readonly claims: ModelClaim[] = [];
  /** What dispatchers are publishing. */
  readonly publishing: ModelClaim[] = [];

  constructor(runs: number, tasksPerRun: number) {
    this.runs = Array.from({ length: runs }, () => ({ paused: false, cancelled: false }));
    this.tasks = Array.from({ length: runs * tasksPerRun }, (_, n) => ({
      state: 'waiting',
      paused: false,
      attempt: 0,
      failures: 0,
      interruptions: 0,
      dueAt: 0,
      leaseUntil: null,
      queuedAt: null,
      run: n % runs,
      written: 0,
    }));
  }

  /** Tasks that a dispatcher may mark as queued. */
  due(): number[] {
    return this.#where(
      (task) => task.state === 'waiting' && !task.paused && task.dueAt <= this.now && this.#isClaimable(task),
    );
  }

  markDue(marked: readonly number[]): void {
    for (const n of marked) {
      Object.assign(this.tasks[n]!, { state: 'queued', queuedAt: this.now });
      this.publishing.push({ task: n, attempt: this.tasks[n]!.attempt + 1 });
    }
  }

  putBack(unconfirmed: readonly ModelClaim[]): void {
    for (const { task: n, attempt } of unconfirmed) {
      const task = this.tasks[n]!;
      if (task.state === 'queued' && task.attempt === attempt - 1)
        Object.assign(task, { state: 'waiting', queuedAt: null });
    }
  }

  /** Returns the claimed tasks. */
  claim(wanted: readonly ModelClaim[]): number[] {
    const claimed = wanted
      .filter(({ task: n, attempt }) => {
        const task = this.tasks[n]!;
        return ['waiting', 'queued'].includes(task.state) && task.attempt === attempt - 1 && this.#isClaimable(task);
      })
      .map(({ task }) => task);
    for (const n of claimed) {
      const task = this.tasks[n]!;
      task.attempt += 1;
      Object.assign(task, { state: 'running', paused: false, leaseUntil: this.now + POLICY.leaseSeconds });
      this.claims.push({ task: n, attempt: task.attempt });
    }
    return claimed;
  }

  isHeld({ task, attempt }: ModelClaim): boolean {
    return this.tasks[task]!.state === 'running' && this.tasks[task]!.attempt === attempt;
  }

  renew(claims: readonly ModelClaim[]): void {
    for (const claim of claims)
      if (this.isHeld(claim)) this.tasks[claim.task]!.leaseUntil = this.now + POLICY.leaseSeconds;
  }

  /** Ends an attempt that is held. */
  end(n: number, outcome: 'done' | UnfinishedOutcome): void {
    const task = this.tasks[n]!;
    task.leaseUntil = null;
    if (outcome === 'done') {
      task.state = 'done';
      task.written += 1;
    } else if (outcome === 'interrupted') this.#interrupt(task);
    else {
      task.failures += 1;
      if (outcome === 'failed' || task.failures >= POLICY.maxFailures) task.state = 'failed';
      else this.#waitFor(task, backoffSeconds(POLICY, task.failures));
    }
  }

  reconcileTasks(): void {
    for (const task of this.tasks) {
      if (task.state === 'running' && task.leaseUntil! < this.now) this.#interrupt(task);
      else if (task.state === 'queued' && task.queuedAt! < this.now - NOTIFICATION_TIMEOUT_SECONDS)
        Object.assign(task, { state: 'waiting', queuedAt: null });
    }
  }

  reconcileRuns(): void {
    for (const [n, run] of this.runs.entries()) {
      if (run.cancelled) this.#cancelTasks(n, ['waiting', 'queued', 'running']);
      else if (run.paused) this.#pauseTasks(n);
      else for (const task of this.#of(n, 'waiting')) task.paused = false;
    }
  }

  /** Ends started tasks; waiting ones are ended by `reconcileRuns`, and cannot be published or claimed until then. */
  cancel(n: number): void {
    if (this.runs[n]!.cancelled) return this.#cancelTasks(n, ['queued', 'running']);
    this.runs[n] = { paused: false, cancelled: true };
    this.#cancelTasks(n, ['queued', 'running']);
  }

  pause(n: number): void {
    this.runs[n]!.paused = true;
    this.#pauseTasks(n);
  }

  resume(n: number): void {
    if (!this.runs[n]!.paused) return;
    this.runs[n]!.paused = false;
    for (const task of this.#of(n, 'queued')) Object.assign(task, { state: 'waiting', queuedAt: null });
    for (const task of this.#of(n, 'waiting')) task.paused = false;
  }

  retry(n: number): void {
    for (const task of this.#of(n, 'failed'))
      Object.assign(task, {
        state: 'waiting',
        paused: this.runs[n]!.paused,
        failures: 0,
        interruptions: 0,
        dueAt: this.now,
        queuedAt: null,
      });
  }

  get isOver(): boolean {
    return this.tasks.every(({ state }) => ['done', 'failed', 'cancelled'].includes(state));
  }

  #interrupt(task: ModelTask): void {
    task.interruptions += 1;
    task.leaseUntil = null;
    if (task.interruptions >= POLICY.maxInterruptions) task.state = 'failed';
    else this.#waitFor(task, interruptionSeconds(POLICY, task.interruptions));
  }

  #waitFor(task: ModelTask, seconds: number): void {
    Object.assign(task, { state: 'waiting', queuedAt: null, dueAt: this.now + seconds });
  }

  #pauseTasks(n: number): void {
    for (const task of this.#of(n, 'queued')) Object.assign(task, { state: 'waiting', queuedAt: null });
    for (const task of this.#of(n, 'waiting')) task.paused = true;
  }

  #cancelTasks(n: number, states: readonly TaskState[]): void {
    for (const task of this.#of(n, ...states))
      Object.assign(task, { state: 'cancelled', paused: false, leaseUntil: null, queuedAt: null });
  }

  #isClaimable({ run }: ModelTask): boolean {
    return !this.runs[run]!.paused && !this.runs[run]!.cancelled;
  }

  #of(run: number, ...states: readonly TaskState[]): ModelTask[] {
    return this.tasks.filter((task) => task.run === run && states.includes(task.state));
  }

  #where(matches: (task: ModelTask) => boolean): number[] {
    return this.tasks.flatMap((task, n) => (matches(task) ? [n] : []));
  }
}
