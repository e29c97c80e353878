/** Progress of an export for display. The database is authoritative; this may be older, or absent. */
export interface ExportJob {
  readonly status: 'processing' | 'completed' | 'failed' | 'cancelled';
  /** 0 to 100. */
  readonly percent: number;
}

export function exportJobKey(exportId: number): string {
  return `export_job:${exportId}`;
}
