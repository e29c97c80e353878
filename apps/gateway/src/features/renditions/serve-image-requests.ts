import { RetryableError, messageOf } from '@pugmark/domain';
import { configureImages } from '@pugmark/images';
import type { ImageReply, ImageRequest } from './image-process-protocol';

/** Turns this process into a child of ImageProcess: answers each image with the result of `work`. */
export function serveImageRequests<Options, Result>(work: (path: string, options: Options) => Promise<Result>): void {
  configureImages();
  // Not `process.exit`, which waits for threads, of which one may read from a disk that hangs.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // Ctrl-C reaches the whole process group; the gateway decides when to end this process, since it may still be serving
  // requests.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('message', ({ id, path, options }: ImageRequest<Options>) => {
    work(path, options).then(
      (result) => answer({ id, result }),
      (error: unknown) =>
        answer({
          id,
          error: { retryable: error instanceof RetryableError, code: codeOf(error), message: messageOf(error) },
        }),
    );
  });
  answer({ ready: true });

  function answer(message: ImageReply<Result>): void {
    // The gateway may have exited meanwhile; then this process exits too.
    process.send?.(message, undefined, undefined, () => undefined);
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'not_readable';
}
