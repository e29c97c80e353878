import { setTimeout as delay } from 'node:timers/promises';
import { descendants } from './descendants';
import { isRunning, processFacts } from './process-facts';

export interface StopOptions {
  /** Sent first; SIGKILL follows after the deadline. */
  readonly signal: NodeJS.Signals;
  readonly deadlineMs: number;
}

/**
 * Stops a process and the rest of its group. Resolves with whether it exited before the deadline. The caller must know
 * that the process id is still its own.
 */
export async function stopProcess(pid: number, options: StopOptions): Promise<boolean> {
  // Some may have process groups of their own (Erlang's port program) and exit only after their parent.
  const below = descendants(pid).map((child) => ({ pid: child, start: processFacts(child)?.start }));
  send(pid, options.signal);
  const polite = await hasExited(pid, options.deadlineMs);
  // A hanging child keeps the group alive after its leader has exited.
  send(-pid, 'SIGKILL');
  if (!polite) {
    send(pid, 'SIGKILL');
    await hasExited(pid, 5_000);
  }
  for (const child of below) {
    const same = (): boolean => processFacts(child.pid)?.start === child.start;
    if (child.start === undefined || (await untilFalse(same, 2_000))) continue;
    send(child.pid, 'SIGKILL');
    await untilFalse(same, 2_000);
  }
  return polite;
}

/** Sends SIGKILL to a process and its group, without waiting. */
export function killProcess(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  send(-pid, signal);
  send(pid, signal);
}

function hasExited(pid: number, deadlineMs: number): Promise<boolean> {
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
    // It has exited already.
  }
}
