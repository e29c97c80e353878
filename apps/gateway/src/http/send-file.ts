import type { Response } from 'express';

/**
 * Streams a file below `root`, or the requested `Range` of it, with the headers already set: express' `sendFile` (npm
 * `send`) handles conditional requests, `Range`, `If-Range` and HEAD. Rejects with `status` 404 when the file is
 * missing and 416 for a range outside it; resolves when the client disconnects.
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

/** Removes file headers before a problem is sent instead of the file. */
export function removeFileHeaders(response: Response): void {
  for (const name of ['etag', 'content-disposition', 'cache-control']) response.removeHeader(name);
}
