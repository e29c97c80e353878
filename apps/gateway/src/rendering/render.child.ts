// Decodes pictures for the gateway, which must outlive any of them. Forked by Renderer.
import { RetryableError, messageOf } from '@pugmark/domain';
import { configureImages, renderPicture } from '@pugmark/images';
import type { FromRenderer, ToRenderer } from './render-protocol';

configureImages();
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group; when to end is the gateway's decision, which may be serving its last requests.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

process.on('message', ({ id, path, options }: ToRenderer) => {
  renderPicture(path, options).then(
    (jpeg) => answer({ id, jpeg }),
    (error: unknown) => answer({ id, error: { retryable: error instanceof RetryableError, code: codeOf(error), message: messageOf(error) } }),
  );
});

answer({ ready: true });

function answer(message: FromRenderer): void {
  // The gateway may have gone meanwhile; then this process goes too.
  process.send?.(message, undefined, undefined, () => undefined);
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'not_renderable';
}
