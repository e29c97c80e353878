import { exportJobKey, type Cache, type ExportJob } from '@pugmark/cache';
import type { ExportWithTask } from '@pugmark/db';
import { exportResponse, exportStatus, type ExportResponse } from './exports.dto';

/** An export as its row says it, or, while it is being made, as the cache does, which is told more often. */
export async function liveExport(cache: Cache, row: ExportWithTask): Promise<ExportResponse> {
  const live = exportStatus(row) === 'processing' ? await cache.get<ExportJob>(exportJobKey(row.id)) : undefined;
  return exportResponse(row, live);
}
