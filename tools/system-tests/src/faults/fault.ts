import type { FaultRig, FaultRigSettings } from './fault-rig';
import type { Observer } from './observer';

/** One way in which the system breaks, or in which it could be taken for broken. */
export interface Fault {
  readonly name: string;
  /** Whether `npm test` includes it. */
  readonly short: boolean;
  /**
   * Nothing is broken: a model is slow, a service is deployed. Then nothing may be taken for a fault: no failure is
   * charged to a task, and no engine process is restarted.
   */
  readonly harmless?: boolean;
  /** Why it cannot be injected on this machine; null when it can. */
  unavailableReason?(): string | null;
  /** Settings of services, by process. */
  readonly settings?: FaultRigSettings;
  /** Called before any service starts. */
  prepare?(rig: FaultRig): Promise<void>;
  /**
   * Breaks the system, and repairs what does not recover by itself (a stopped server, a killed process). Resolves when
   * the fault is over.
   */
  inject(rig: FaultRig): Promise<void>;
  /** Whether a metric, a log line or a health page shows the fault; if it is harmless, the state. */
  noticed(seen: Observer): boolean;
  /** Checks what must hold at the end, in addition to what is checked after every fault. Throws what does not hold. */
  afterwards?(rig: FaultRig): Promise<void>;
}

export interface FaultResult {
  readonly name: string;
  /** Number of tasks created in total. */
  readonly tasks: number;
  /** Tasks that were queued or running when the fault began. */
  readonly inFlight: number;
  /** Tasks that have not ended at the end, no longer exist, or are done without a result. */
  readonly lost: number;
  /** Results that were written more than once. */
  readonly doubled: number;
  /** Tasks that failed though nothing was wrong with their images. */
  readonly failed: number;
  readonly harmless: boolean;
  /** From the start of the fault to the first sign that shows it; null when there was none. */
  readonly noticedSeconds: number | null;
  /** From the end of the fault until all tasks in flight had ended and every service was ready. */
  readonly recoveredSeconds: number | null;
  /** Why the fault test failed; empty when it passed. */
  readonly problems: readonly string[];
}
