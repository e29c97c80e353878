import { spawn } from 'node:child_process';

export interface Step {
  readonly command: string;
  readonly args: readonly string[];
  readonly deadlineMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** What it printed to its standard output. Rejects with its last words when it fails, or does not end in time; it is killed then. */
export function runStep(step: Step): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(step.command, step.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(step.cwd === undefined ? {} : { cwd: step.cwd }),
      env: { ...process.env, LC_ALL: 'C', ...step.env },
      timeout: step.deadlineMs,
      killSignal: 'SIGKILL',
      ...(step.signal === undefined ? {} : { signal: step.signal }),
    });
    let out = '';
    let words = '';
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (words = (words + data.toString()).slice(-4_000)));
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      if (code === 0) return resolve(out);
      const how =
        killedBy === null
          ? `ended with exit code ${code}`
          : `was killed (${killedBy}; it had ${Math.round(step.deadlineMs / 1000)} s)`;
      reject(new Error(`${step.command} ${how}: ${lastLines(words || out)}`));
    });
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-4).join(' | ') || 'it said nothing';
}
