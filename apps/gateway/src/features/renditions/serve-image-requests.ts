import { RetryableError, messageOf } from '@pugmark/domain';
import { configureImages } from '@pugmark/images';
import type { FromPictureProcess, ToPictureProcess } from './image-process-protocol';

/** Makes this process one that PictureProcess forks: it answers each picture with what `work` makes of it. */
export function servePictures<Options, Result>(work: (path: string, options: Options) => Promise<Result>): void {
  configureImages();
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole process group; when to end is the gateway's decision, which may be serving its last requests.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('message', ({ id, path, options }: ToPictureProcess<Options>) => {
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

  function answer(message: FromPictureProcess<Result>): void {
    // The gateway may have gone meanwhile; then this process goes too.
    process.send?.(message, undefined, undefined, () => undefined);
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'not_readable';
}
