import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';

export interface ProcessFacts {
  /** Arguments, separated by spaces. */
  readonly commandLine: string;
  /** Current folder, where the system reports it. */
  readonly folder: string | null;
  /** Start time, for comparison only: process ids are reused, but not together with a start time. */
  readonly start: string;
}

/** Facts that the operating system reports about a process; null when it has exited (also when it is a zombie). */
export function processFacts(pid: number): ProcessFacts | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return process.platform === 'linux' ? factsFromProc(pid) : factsFromPs(pid);
}

export function isRunning(pid: number): boolean {
  return processFacts(pid) !== null;
}

/**
 * Whether this process is the server whose data are in `folder`. Either the command line or the current folder must
 * match: Redis overwrites its command line, and epmd takes no folder.
 */
export function belongsTo(facts: Pick<ProcessFacts, 'commandLine' | 'folder'>, folder: string): boolean {
  const inFolder = facts.folder !== null && (facts.folder === folder || facts.folder.startsWith(folder + sep));
  return inFolder || facts.commandLine.includes(folder + sep) || `${facts.commandLine} `.includes(`${folder} `);
}

function factsFromProc(pid: number): ProcessFacts | null {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (stat.state === 'Z' || stat.state === 'X') return null;
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { commandLine, folder: linkTarget(`/proc/${pid}/cwd`), start: stat.start };
  } catch {
    // It exited meanwhile.
    return null;
  }
}

/**
 * Parses /proc/<pid>/stat. proc(5): the name stands in brackets and may hold anything, so fields are counted from the
 * last bracket; the 3rd is the state, the 22nd the start.
 */
export function parseStat(stat: string): { readonly state: string; readonly start: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', start: fields[19] ?? '' };
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    // Another user's process.
    return null;
  }
}

function factsFromPs(pid: number): ProcessFacts | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      timeout: 5_000,
    }).trim();
    // `S+  Mon Nov 23 19:45:00 2026     postgres -D …`
    const match = /^(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
    if (!match || match[1]?.startsWith('Z')) return null;
    return { commandLine: match[3] ?? '', folder: null, start: match[2] ?? '' };
  } catch {
    // ps ends with 1 when there is no such process.
    return null;
  }
}
