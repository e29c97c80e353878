/** What a key may do. `admin` may do everything; the others are for themselves. */
export const SCOPES = ['read', 'review', 'ingest', 'run', 'export', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];
