import type { CreatedAt, Id } from '../connection/columns';

export interface ApiKeysTable {
  id: Id;
  name: string;
  /** The visible part of the key, by which it is looked up. */
  prefix: string;
  /** SHA-256 of the whole key. */
  secret_hash: Buffer;
  scopes: string[];
  /** Null: all projects. */
  project_ids: number[] | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  created_by: number | null;
  created_at: CreatedAt;
}

export interface SessionsTable {
  id: Id;
  token_hash: Buffer;
  key_id: number;
  expires_at: Date;
  created_at: CreatedAt;
}

export interface AuditLogTable {
  id: Id;
  at: CreatedAt;
  key_id: number | null;
  operation: string;
  path: string;
  remote_address: string | null;
  request_id: string;
  /** Null: the response was not sent yet, or the process ended before. */
  status: number | null;
  responded_at: Date | null;
}
