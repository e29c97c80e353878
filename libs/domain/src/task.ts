import type { TaskKind } from '@pugmark/contracts';

/** `waiting → queued → running → done | failed | cancelled`; a retry goes back to `waiting` with a later `run_at`. */
export const TASK_STATES = ['waiting', 'queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/**
 * A task that this process owns until its lease ends. `attempt` is the fencing token: a commit with another one changes
 * nothing.
 */
export interface ClaimedTask {
  readonly id: number;
  readonly kind: TaskKind;
  /** Id of the task's ingest, image, export or bulk change, according to `kind`. */
  readonly subjectId: number;
  readonly runId: number | null;
  readonly attempt: number;
  /** Failed attempts before this one, since the task was created or last retried by a person. */
  readonly failures: number;
  /** Interrupted attempts before this one, counted like `failures`. */
  readonly interruptions: number;
  /** How the attempt before this one failed or was interrupted; null for the first. */
  readonly lastErrorCode: string | null;
  readonly traceparent: string | null;
}

/**
 * How an attempt can end without a result.
 * - `retry`: the work failed and may succeed later; at most `maxFailures` times.
 * - `interrupted`: nothing is known to be wrong with the work: the service stopped, or something that it needs was
 *   unavailable; at most `maxInterruptions` times.
 * - `failed`: another attempt would be useless.
 */
export type UnfinishedOutcome = 'retry' | 'interrupted' | 'failed';

/** Outcome of one attempt. `code` is stable and for programs, `message` is for the person who must act. */
export type TaskOutcome<Result> =
  | { readonly task: ClaimedTask; readonly outcome: 'done'; readonly result: Result }
  | {
      readonly task: ClaimedTask;
      readonly outcome: UnfinishedOutcome;
      readonly code: string;
      readonly message: string;
    };

export interface TaskPolicy {
  /** Failures after which the task is `failed`, with the error of the last one. */
  readonly maxFailures: number;
  /**
   * Interruptions after which the task is `failed`. Far more than deploys and outages cause, so that only a task that
   * ends its worker each time reaches it.
   */
  readonly maxInterruptions: number;
  /** Lease duration; renewed every third of it. A worker that does not renew in time loses the task. */
  readonly leaseSeconds: number;
  /**
   * Wait after the nth failure: `backoffSeconds × 2^(n − 1)`, at most `maxBackoffSeconds`. After the nth interruption
   * `backoffSeconds` less: nothing after the first.
   */
  readonly backoffSeconds: number;
  readonly maxBackoffSeconds: number;
}

export const TASK_POLICIES = {
  scan: { maxFailures: 20, maxInterruptions: 50, leaseSeconds: 15, backoffSeconds: 1, maxBackoffSeconds: 60 },
  detect: { maxFailures: 5, maxInterruptions: 50, leaseSeconds: 15, backoffSeconds: 1, maxBackoffSeconds: 60 },
  classify: { maxFailures: 5, maxInterruptions: 50, leaseSeconds: 15, backoffSeconds: 1, maxBackoffSeconds: 60 },
  export: { maxFailures: 5, maxInterruptions: 50, leaseSeconds: 15, backoffSeconds: 1, maxBackoffSeconds: 60 },
  derive: { maxFailures: 20, maxInterruptions: 50, leaseSeconds: 15, backoffSeconds: 1, maxBackoffSeconds: 60 },
} as const satisfies Record<TaskKind, TaskPolicy>;

/** Seconds to wait after the nth failure (from 1). */
export function backoffSeconds(policy: TaskPolicy, n: number): number {
  return Math.min(policy.maxBackoffSeconds, policy.backoffSeconds * 2 ** Math.max(0, n - 1));
}

/** Seconds to wait after the nth interruption (from 1). */
export function interruptionSeconds(policy: TaskPolicy, n: number): number {
  return backoffSeconds(policy, n) - policy.backoffSeconds;
}
