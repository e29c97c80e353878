import { exportJobKey, type Cache, type ExportJob } from '@pugmark/cache';
import type { ExportWithTask } from '@pugmark/db';
import { exportResponse, exportStatus, type ExportResponse } from './exports.dto';

/** An export as stored, or, while it runs, with the more recent progress in the cache. */
export async function liveExport(cache: Cache, row: ExportWithTask): Promise<ExportResponse> {
  const live = exportStatus(row) === 'processing' ? await cache.get<ExportJob>(exportJobKey(row.id)) : undefined;
  return exportResponse(row, live);
}
