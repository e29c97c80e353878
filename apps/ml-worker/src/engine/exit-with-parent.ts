import { Worker } from 'node:worker_threads';

/**
 * Ends this process when its parent is gone, also when the parent was killed and could say nothing. The channel's end is
 * noticed at once, but only by a thread that is not stuck in native code; so a second thread looks at the parent once a second.
 */
export function exitWithParent(): void {
  process.on('disconnect', () => process.exit(0));
  // The channel may have closed before the line above.
  if (!process.connected) process.exit(0);
  const watcher = new Worker(
    `const parent = process.ppid;
     setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 1000);`,
    { eval: true, env: {}, execArgv: [] },
  );
  watcher.unref();
}
