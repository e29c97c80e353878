import type { FaultRig, FaultRigSettings } from './fault-rig';
import type { Observer } from './observer';

/** One way in which the system breaks. */
export interface Fault {
  readonly name: string;
  /** Whether `npm test` includes it. */
  readonly short: boolean;
  /** Settings of services, by process. */
  readonly settings?: FaultRigSettings;
  /** Called before any service starts. */
  prepare?(rig: FaultRig): Promise<void>;
  /**
   * Breaks the system, and repairs what does not recover by itself (a stopped server, a killed process). Resolves when
   * the fault is over.
   */
  inject(rig: FaultRig): Promise<void>;
  /** Whether a metric or a log line shows the fault. */
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
  /** From the start of the fault to the first metric or log line that shows it; null when none did. */
  readonly noticedSeconds: number | null;
  /** From the end of the fault until all tasks in flight had ended and every service was ready. */
  readonly recoveredSeconds: number | null;
  /** Why the fault test failed; empty when it passed. */
  readonly problems: readonly string[];
}
