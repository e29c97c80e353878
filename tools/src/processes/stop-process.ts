import { setTimeout as delay } from 'node:timers/promises';
import { isRunning } from './process-facts';

export interface StopOptions {
  /** Asks politely; SIGKILL follows after the deadline. */
  readonly signal: NodeJS.Signals;
  readonly deadlineMs: number;
}

/**
 * Ends a process and what is left of its group. True when it went politely. The number must be known to be ours: this does not check.
 */
export async function stopProcess(pid: number, options: StopOptions): Promise<boolean> {
  send(pid, options.signal);
  const polite = await gone(pid, options.deadlineMs);
  // The group outlives its leader when a helper of it hangs.
  send(-pid, 'SIGKILL');
  if (!polite) {
    send(pid, 'SIGKILL');
    await gone(pid, 5_000);
  }
  return polite;
}

/** SIGKILL to a process and its group, without waiting. */
export function killProcess(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  send(-pid, signal);
  send(pid, signal);
}

async function gone(pid: number, deadlineMs: number): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (isRunning(pid)) {
    if (performance.now() > end) return false;
    await delay(50);
  }
  return true;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}
