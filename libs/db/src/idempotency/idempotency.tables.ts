import type { CreatedAt } from '../connection/columns';

export interface IdempotencyKeysTable {
  key: string;
  request_hash: Buffer;
  resource_id: number | null;
  created_at: CreatedAt;
}
