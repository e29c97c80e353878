import type { Response } from 'express';
import type { ExportWithTask } from '@pugmark/db';
import type { ExportStorage } from '@pugmark/storage';
import { exportStatus } from './exports.dto';
import { HttpProblem } from '../../http/http-problem';
import { removeFileHeaders, sendFile } from '../../http/send-file';

/**
 * Streams the file of a finished export, or the requested `Range` of it. Throws a 409 before it exists, a 410 once it
 * no longer exists.
 */
export async function sendExport(response: Response, files: ExportStorage, row: ExportWithTask): Promise<void> {
  const status = exportStatus(row);
  if (status === 'expired') throw expiredProblem();
  if (status !== 'completed' || row.file_key === null || row.sha256 === null) {
    throw new HttpProblem(409, 'not_ready', `the export is ${status}: there is nothing to download`);
  }
  response.set({
    etag: `"${row.sha256.toString('hex')}"`,
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="pugmark-${row.content}-${row.id}.csv"`,
    // The file of an export never changes; clients may cache it but must check that it still exists.
    'cache-control': 'private, no-cache',
  });
  try {
    await sendFile(response, files.folder, row.file_key);
  } catch (error) {
    removeFileHeaders(response);
    if ((error as { status?: unknown }).status === 404) throw expiredProblem(error);
    throw error;
  }
}

function expiredProblem(cause?: unknown): HttpProblem {
  return new HttpProblem(410, 'expired', 'the file of the export is no longer kept: export again', { cause });
}
