import type { ApiKeyRepository, AuditRepository, Database, ProjectRepository, SessionRepository } from '@pugmark/db';

/** What keys need from the composition root. */
export interface KeysDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly keys: ApiKeyRepository;
  readonly sessions: SessionRepository;
  readonly audit: AuditRepository;
}
