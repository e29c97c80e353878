import { Worker } from 'node:worker_threads';

/**
 * Exits when the parent process has exited or was killed. The end of the channel is noticed at once, but only by a
 * thread that is not blocked in native code; so a second thread checks the parent once a second.
 */
export function exitWithParent(): void {
  process.on('disconnect', end);
  // The channel may have closed before the line above.
  if (!process.connected) end();
  const watcher = new Worker(
    `const parent = process.ppid;
     setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 1000);`,
    { eval: true, env: {}, execArgv: [] },
  );
  watcher.unref();
}

/** Not `process.exit`, which waits for threads, of which one may read from a disk that hangs. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
