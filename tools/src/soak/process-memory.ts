import { readFileSync, readdirSync } from 'node:fs';

const PAGE = 4096;

/** Resident bytes of a process and everything it started. Linux only: reads /proc. */
export function residentBytes(pid: number): number {
  return [pid, ...descendants(pid)].reduce((sum, member) => sum + residentOf(member), 0);
}

function residentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE;
  } catch {
    // It ended between the listing and this look.
    return 0;
  }
}

function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      // The name in parentheses may hold spaces; the parent is the second field after it.
      const parent = Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // Ended meanwhile.
    }
  }
  const below = (parent: number): number[] => (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}
