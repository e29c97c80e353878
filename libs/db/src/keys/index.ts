export { ApiKeyRepository, type ApiKeyRow, type KeysVersion, type NewApiKey } from './api-key.repository';
export { AuditRepository, type AuditRow } from './audit.repository';
export { SessionRepository } from './session.repository';
