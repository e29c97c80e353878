import type { ApiKeyRepository, AuditRepository, Database, SessionRepository } from '@pugmark/db';

/** What access control needs from the composition root. */
export interface AccessDependencies {
  readonly db: Database;
  readonly keys: ApiKeyRepository;
  readonly sessions: SessionRepository;
  readonly audit: AuditRepository;
}
