import type { ApiKeyRepository, AuditRepository, Database, SessionRepository } from '@pugmark/db';

/** Dependencies of access control, provided by the composition root. */
export interface AccessDependencies {
  readonly db: Database;
  /** The same database over connections that requests do not use. */
  readonly accessDb: Database;
  readonly keys: ApiKeyRepository;
  readonly sessions: SessionRepository;
  readonly audit: AuditRepository;
}
