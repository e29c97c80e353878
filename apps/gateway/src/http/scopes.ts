/** Scopes of a key. `admin` includes all others; the others do not include one another. */
export const SCOPES = ['read', 'review', 'ingest', 'run', 'export', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];
