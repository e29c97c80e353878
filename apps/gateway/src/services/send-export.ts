import type { Response } from 'express';
import type { ExportWithTask } from '@pugmark/db';
import type { ExportStorage } from '@pugmark/storage';
import { exportStatus } from '../dto/exports.dto';
import { HttpProblem } from '../middleware/http-problem';

/**
 * Streams the file of a finished export, or the part of it that `Range` asks for. Throws 409 while there is none, 410 when
 * there is none any more.
 */
export async function sendExport(response: Response, files: ExportStorage, row: ExportWithTask): Promise<void> {
  const status = exportStatus(row);
  if (status === 'expired') throw gone();
  if (status !== 'completed' || row.file_key === null || row.sha256 === null) {
    throw new HttpProblem(409, 'not_ready', `the export is ${status}: there is nothing to download`);
  }
  response.set({
    etag: `"${row.sha256.toString('hex')}"`,
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="pugmark-${row.content}-${row.id}.csv"`,
    // The file of an export never changes; a browser may keep it but must ask whether it still is there.
    'cache-control': 'private, no-cache',
  });
  try {
    await sendFile(response, files.folder, row.file_key);
  } catch (error) {
    // They speak of the file, not of the problem that is sent instead.
    for (const name of ['etag', 'content-disposition', 'cache-control']) response.removeHeader(name);
    if ((error as { status?: unknown }).status === 404) throw gone(error);
    throw error;
  }
}

/** express's own `sendFile` (npm `send`): conditional requests, `Range`, `If-Range`, HEAD. */
function sendFile(response: Response, root: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.sendFile(path, { root, dotfiles: 'allow', lastModified: false, cacheControl: false }, (error: (Error & { code?: string }) | undefined) => {
      // A client that leaves in the middle of a download is no fault.
      if (error == null || error.code === 'ECONNABORTED' || error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve();
      else reject(error);
    });
  });
}

function gone(cause?: unknown): HttpProblem {
  return new HttpProblem(410, 'expired', 'the file of the export is no longer kept: export again', { cause });
}
