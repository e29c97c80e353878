import { setTimeout as delay } from 'node:timers/promises';
import { descendants } from './descendants';
import { isRunning, processFacts } from './process-facts';

export interface StopOptions {
  /** Asks politely; SIGKILL follows after the deadline. */
  readonly signal: NodeJS.Signals;
  readonly deadlineMs: number;
}

/**
 * Ends a process and what is left of its group. True when it went politely. The number must be known to be ours: this does not check.
 */
export async function stopProcess(pid: number, options: StopOptions): Promise<boolean> {
  // Some of them may be in groups of their own (Erlang's port program is) and end only after their parent has.
  const below = descendants(pid).map((child) => ({ pid: child, start: processFacts(child)?.start }));
  send(pid, options.signal);
  const polite = await gone(pid, options.deadlineMs);
  // The group outlives its leader when a helper of it hangs.
  send(-pid, 'SIGKILL');
  if (!polite) {
    send(pid, 'SIGKILL');
    await gone(pid, 5_000);
  }
  for (const child of below) {
    const same = (): boolean => processFacts(child.pid)?.start === child.start;
    if (child.start === undefined || (await untilFalse(same, 2_000))) continue;
    send(child.pid, 'SIGKILL');
    await untilFalse(same, 2_000);
  }
  return polite;
}

/** SIGKILL to a process and its group, without waiting. */
export function killProcess(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  send(-pid, signal);
  send(pid, signal);
}

function gone(pid: number, deadlineMs: number): Promise<boolean> {
  return untilFalse(() => isRunning(pid), deadlineMs);
}

async function untilFalse(condition: () => boolean, deadlineMs: number): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (condition()) {
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
