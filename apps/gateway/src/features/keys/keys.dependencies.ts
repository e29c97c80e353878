import type { ApiKeyRepository, AuditRepository, Database, ProjectRepository, SessionRepository } from '@pugmark/db';

/** Dependencies of keys, provided by the composition root. */
export interface KeysDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly keys: ApiKeyRepository;
  readonly sessions: SessionRepository;
  readonly audit: AuditRepository;
}
