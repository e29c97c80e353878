import type { Response } from 'express';

/**
 * Streams a file below `root`, or the part of it that `Range` asks for, under the headers that are set: express's own `sendFile`
 * (npm `send`) knows conditional requests, `Range`, `If-Range`, HEAD. Rejects with `status` 404 when the file is not there, 416 for
 * a range outside it; a client that leaves in the middle is no fault.
 */
export function sendFile(response: Response, root: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.sendFile(
      path,
      { root, dotfiles: 'allow', lastModified: false, cacheControl: false },
      (error: (Error & { code?: string }) | undefined) => {
        if (error == null || error.code === 'ECONNABORTED' || error.code === 'EPIPE' || error.code === 'ECONNRESET')
          resolve();
        else reject(error);
      },
    );
  });
}

/** Headers that speak of a file, for when a problem is sent instead of it. */
export function forgetFile(response: Response): void {
  for (const name of ['etag', 'content-disposition', 'cache-control']) response.removeHeader(name);
}
