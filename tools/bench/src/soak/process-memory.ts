import { readFileSync } from 'node:fs';
import { descendants } from '@pugmark/toolkit';

const PAGE = 4096;

/** Resident bytes of a process and all its descendants. Linux only: reads /proc. */
export function residentBytes(pid: number): number {
  return [pid, ...descendants(pid)].reduce((sum, member) => sum + residentOf(member), 0);
}

function residentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE;
  } catch {
    // It has exited meanwhile.
    return 0;
  }
}
