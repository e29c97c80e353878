import childProcess, { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForkedChild, type ChildExit, type ForkedChildOptions } from './forked-child';

const folder = mkdtempSync(join(tmpdir(), 'pugmark-forked-child-'));
const running: Supervised[] = [];

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
  for (const { child } of running.splice(0)) child.kill('the test is over');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Supervised {
  readonly child: ForkedChild<object, unknown>;
  /** Messages and exits in the order in which they were reported. */
  readonly events: unknown[];
  readonly exited: Promise<ChildExit>;
  /** Resolves at the next message. */
  nextMessage(): Promise<unknown>;
}

function forkScript(script: string, options: Partial<ForkedChildOptions> = {}): Supervised {
  const childPath = join(folder, `${running.length}.js`);
  writeFileSync(childPath, script);
  const events: unknown[] = [];
  let onMessage: (message: unknown) => void = () => undefined;
  let onExited: (exit: ChildExit) => void = () => undefined;
  const exited = new Promise<ChildExit>((resolve) => (onExited = resolve));
  const child = new ForkedChild<object, unknown>(
    { childPath, env: {}, serialization: 'json', captureOutput: true, ...options },
    {
      onMessage: (message) => {
        events.push(message);
        onMessage(message);
      },
      onExited: (exit) => {
        events.push(exit);
        onExited(exit);
      },
    },
  );
  const supervised = {
    child,
    events,
    exited,
    nextMessage: () => new Promise((resolve) => (onMessage = resolve)),
  };
  running.push(supervised);
  return supervised;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Resolves when the process does not exist any more. */
async function waitForExit(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Script of a process that passes its channel to another process, which runs `script`, and exits with code 5. */
const exitAndLeaveChannelTo = (script: string): string =>
  `const env = { NODE_CHANNEL_FD: '3', NODE_CHANNEL_SERIALIZATION_MODE: 'json' };
   const options = { stdio: ['ignore', 'ignore', 'ignore', 3], env };
   require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}], options);
   process.exit(5);`;

/** Keeps the process running after its channel closed. */
const KEEP_RUNNING = `setInterval(() => undefined, 1000);`;
const BLOCK_FOREVER = `for (;;);`;

describe('messages', () => {
  it('are exchanged with the process', async () => {
    const { child, nextMessage } = forkScript(`process.on('message', ({ n }) => process.send({ square: n * n }));`);
    expect(child.isAvailable).toBe(true);
    child.send({ n: 7 });
    expect(await nextMessage()).toEqual({ square: 49 });
  });

  it('may hold buffers with advanced serialization', async () => {
    const { child, nextMessage } = forkScript(`process.on('message', ({ data }) => process.send(data.reverse()));`, {
      serialization: 'advanced',
    });
    child.send({ data: Buffer.from('abc') });
    expect(Buffer.from((await nextMessage()) as Uint8Array).toString()).toBe('cba');
  });

  it('that are still in the channel when the process has exited are reported before its exit', async () => {
    const { child, events, exited } = forkScript(
      `process.send('first'); ${exitAndLeaveChannelTo(`setTimeout(() => process.send('last'), 300)`)}`,
    );
    await waitForExit(child.pid!);
    expect(await exited).toMatchObject({ kind: 'exited', message: 'exited with code 5' });
    expect(events).toEqual(['first', 'last', await exited]);
  });

  it('are awaited for one second when the channel stays open after the exit', async () => {
    const { child, exited } = forkScript(exitAndLeaveChannelTo(`setTimeout(() => undefined, 4000)`));
    await waitForExit(child.pid!);
    const exitedAt = Date.now();
    expect(await exited).toMatchObject({ kind: 'exited', message: 'exited with code 5' });
    const waitedMs = Date.now() - exitedAt;
    expect(waitedMs).toBeGreaterThanOrEqual(900);
    expect(waitedMs).toBeLessThan(3_000);
  });

  it('are dropped once the process has exited', async () => {
    const { child, events, exited } = forkScript(`process.exit(0);`);
    await exited;
    expect(child.isAvailable).toBe(false);
    child.send({ n: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toHaveLength(1);
  });
});

describe('the environment', () => {
  it('is only the given one', async () => {
    const { nextMessage } = forkScript(`process.send([Object.keys(process.env).sort(), process.execArgv]);`, {
      env: { GIVEN: '1' },
    });
    expect(await nextMessage()).toEqual([['GIVEN'], []]);
  });
});

describe('the exit is reported once, with its reason, of a process that', () => {
  it('exits by itself, with the end of its output', async () => {
    const { exited, events } = forkScript(
      `process.stdout.write('x'.repeat(5000)); process.stderr.write('out of memory\\n', () => process.exit(3));`,
    );
    const exit = await exited;
    expect(exit).toMatchObject({ kind: 'exited', message: 'exited with code 3' });
    expect(exit.lastOutput).toMatch(/^x+out of memory$/);
    expect(exit.lastOutput.length).toBeLessThanOrEqual(2_000);
    expect(events).toEqual([exit]);
  });

  it('is ended by a signal', async () => {
    const { child, exited } = forkScript(KEEP_RUNNING);
    process.kill(child.pid!, 'SIGSEGV');
    expect(await exited).toEqual({ kind: 'exited', message: 'was ended by signal SIGSEGV', lastOutput: '' });
  });

  it('is killed by another process, as by the kernel when memory ran out', async () => {
    const { child, exited } = forkScript(KEEP_RUNNING);
    process.kill(child.pid!, 'SIGKILL');
    expect(await exited).toEqual({ kind: 'terminated', message: 'was ended by signal SIGKILL', lastOutput: '' });
  });

  it('closes its channel and keeps running', async () => {
    const { child, exited } = forkScript(`process.disconnect(); ${KEEP_RUNNING}`);
    expect(await exited).toMatchObject({ kind: 'disconnected', message: 'closed its channel and did not exit' });
    expect(isAlive(child.pid!)).toBe(false);
  });

  it('closes its channel and then exits', async () => {
    const { exited } = forkScript(`process.disconnect(); setTimeout(() => process.exit(4), 100);`);
    expect(await exited).toMatchObject({ kind: 'exited', message: 'exited with code 4' });
  });

  it('is killed, also when it is stuck', async () => {
    const { child, nextMessage, exited, events } = forkScript(`process.send('stuck', () => { ${BLOCK_FOREVER} });`);
    await nextMessage();
    child.kill('took too long');
    child.kill('again');
    expect(child.isAvailable).toBe(false);
    expect(await exited).toEqual({ kind: 'killed', message: 'took too long', lastOutput: '' });
    expect(events).toHaveLength(2);
    expect(isAlive(child.pid!)).toBe(false);
  });

  it('cannot be killed', async () => {
    const { child, exited } = forkScript(KEEP_RUNNING);
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const kill = jest.spyOn(ChildProcess.prototype, 'kill').mockReturnValue(true);
    child.kill('took too long');
    jest.advanceTimersByTime(5_000);
    const { pid } = child;
    expect(await exited).toMatchObject({
      kind: 'killed',
      message: `took too long; it does not exit after SIGKILL (process ${pid})`,
    });
    expect(kill).toHaveBeenCalledWith('SIGKILL');
    process.kill(pid!, 'SIGKILL');
  });

  it.each([
    // Linux limits one variable to 128 KiB; fork then throws.
    ['fork throws', { env: { TOO_LONG: 'x'.repeat(200_000) } }, process.execPath, 'E2BIG'],
    ['fork emits an error', {}, '/nowhere/node', 'ENOENT'],
  ])('cannot be started, where %s', async (_, options, execPath, problem) => {
    const { fork } = childProcess;
    jest
      .spyOn(childProcess, 'fork')
      .mockImplementation((path, args, forkOptions) =>
        fork(path, args as readonly string[], { ...forkOptions, execPath }),
      );
    const { child, exited, events } = forkScript('', options);
    child.send({ n: 1 });
    expect(await exited).toEqual({
      kind: 'not_started',
      message: expect.stringMatching(`^could not be started: .*${problem}`),
      lastOutput: '',
    });
    expect([child.pid, child.isAvailable]).toEqual([null, false]);
    child.kill('too late');
    child.stop(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toHaveLength(1);
  });
});

describe('stop', () => {
  it('lets the process exit by itself within the grace period', async () => {
    const { child, nextMessage, exited } = forkScript(
      `process.on('disconnect', () => process.stdout.write('cleaned up', () => process.exit(0)));
       process.send('ready');`,
    );
    await nextMessage();
    const stoppedAt = Date.now();
    child.stop(5_000);
    expect(child.isAvailable).toBe(false);
    expect(await exited).toMatchObject({ kind: 'stopped', message: 'was stopped' });
    expect(Date.now() - stoppedAt).toBeLessThan(4_000);
  });

  it('kills the process after the grace period', async () => {
    const { child, nextMessage, exited } = forkScript(`${KEEP_RUNNING} process.send('ready');`);
    await nextMessage();
    const stoppedAt = Date.now();
    child.stop(200);
    expect(await exited).toEqual({ kind: 'stopped', message: 'was stopped', lastOutput: '' });
    expect(Date.now() - stoppedAt).toBeGreaterThanOrEqual(190);
    expect(isAlive(child.pid!)).toBe(false);
  });
});
