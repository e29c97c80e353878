import type { FaultRig, FaultRigSettings } from './fault-rig';
import type { Observer } from './observer';

/** One way in which the world breaks. */
export interface Fault {
  readonly name: string;
  /** Also part of `npm test`. */
  readonly short: boolean;
  /** Settings of services, by process. */
  readonly settings?: FaultRigSettings;
  /** Before any service starts. */
  prepare?(rig: FaultRig): Promise<void>;
  /** Breaks it, and mends what does not mend itself (a stopped server, a dead process); resolves when the fault is over. */
  inject(rig: FaultRig): Promise<void>;
  /** Whether a metric or a log line shows the fault. */
  noticed(seen: Observer): boolean;
  /** What must hold at the end besides what every fault must leave in order; throws what does not. */
  afterwards?(rig: FaultRig): Promise<void>;
}

export interface FaultResult {
  readonly name: string;
  /** Created in all. */
  readonly tasks: number;
  /** Queued or running when the fault struck. */
  readonly inFlight: number;
  /** Not done at the end, or created and gone. */
  readonly lost: number;
  /** Results written more than once. */
  readonly doubled: number;
  /** From the blow to the first metric or log line that shows it; null when none did. */
  readonly noticedSeconds: number | null;
  /** From the end of the fault to when all that was in flight had ended and every service was ready. */
  readonly recoveredSeconds: number | null;
  /** Why the fault counts as failed; empty when all held. */
  readonly problems: readonly string[];
}
