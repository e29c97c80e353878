import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** What the processes of this service may use together. */
export interface MachineLimits {
  /** Cores; a quota of half a core is 0.5. */
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Files and facts of the machine; replaced in tests. */
export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
  /** `/proc/self/cgroup`. */
  readonly groupFile: string;
  /** `/sys/fs/cgroup`. */
  readonly groups: string;
}

const THIS_MACHINE = (): Machine => ({
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  groupFile: '/proc/self/cgroup',
  groups: '/sys/fs/cgroup',
});

/**
 * Reads the limits of the machine and of the control groups (cgroup v2) that this process belongs to, such as those of
 * a container: https://docs.kernel.org/admin-guide/cgroup-v2.html. Without control groups, only those of the machine.
 */
export function readMachineLimits(machine: Machine = THIS_MACHINE()): MachineLimits {
  let { cores, memoryBytes } = machine;
  for (const group of groupsOf(machine)) {
    // "max 100000" or "50000 100000": microseconds of the processor per period.
    const [quota, period] = (read(join(group, 'cpu.max')) ?? 'max').split(' ').map(Number);
    if (quota !== undefined && period !== undefined && quota > 0 && period > 0) cores = Math.min(cores, quota / period);
    const memory = Number(read(join(group, 'memory.max')) ?? 'max');
    if (memory > 0) memoryBytes = Math.min(memoryBytes, memory);
  }
  return { cores, memoryBytes };
}

/** The folder of the process's group and those above it: each may have a limit. */
function groupsOf({ groupFile, groups }: Machine): string[] {
  // "0::/path" is the group of version 2; a container usually sees its own as "/".
  const own = /^0::(\/.*)$/m.exec(read(groupFile) ?? '')?.[1];
  if (own === undefined) return [];
  const found = [groups];
  for (let path = own; path !== '/'; path = dirname(path)) found.push(join(groups, path));
  return found;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // Not there: another system, or a group without this limit.
    return null;
  }
}
