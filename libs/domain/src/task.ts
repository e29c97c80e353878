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
  /** Id of the task's ingest, image or export, according to `kind`. */
  readonly subjectId: number;
  readonly runId: number | null;
  readonly attempt: number;
  /** Attempts of this series, including this one: a failed task that is restarted begins a new series. */
  readonly tries: number;
  readonly traceparent: string | null;
}

/** Outcome of one attempt. `code` is stable and for programs, `message` is for the person who must act. */
export type TaskOutcome<Result> =
  | { readonly task: ClaimedTask; readonly outcome: 'done'; readonly result: Result }
  | { readonly task: ClaimedTask; readonly outcome: 'retry'; readonly code: string; readonly message: string }
  | { readonly task: ClaimedTask; readonly outcome: 'failed'; readonly code: string; readonly message: string };

export interface TaskPolicy {
  /** Attempts of a series, including the first; the error of the last one makes the task `failed`. */
  readonly maxAttempts: number;
  /** Lease duration; renewed every third of it. A worker that does not renew in time loses the task. */
  readonly leaseSeconds: number;
  /** Wait before attempt n + 1: `backoffSeconds × 2^(n − 1)`, at most `maxBackoffSeconds`. */
  readonly backoffSeconds: number;
  readonly maxBackoffSeconds: number;
}

export const TASK_POLICIES = {
  scan: { maxAttempts: 20, leaseSeconds: 15, backoffSeconds: 1, maxBackoffSeconds: 60 },
  detect: { maxAttempts: 5, leaseSeconds: 15, backoffSeconds: 1, maxBackoffSeconds: 60 },
  classify: { maxAttempts: 5, leaseSeconds: 15, backoffSeconds: 1, maxBackoffSeconds: 60 },
  export: { maxAttempts: 5, leaseSeconds: 15, backoffSeconds: 1, maxBackoffSeconds: 60 },
} as const satisfies Record<TaskKind, TaskPolicy>;

/** Seconds to wait after the attempt with this number in its series (from 1) failed. */
export function backoffSeconds(policy: TaskPolicy, tries: number): number {
  return Math.min(policy.maxBackoffSeconds, policy.backoffSeconds * 2 ** Math.max(0, tries - 1));
}
