import type { Generated } from 'kysely';
import type { CreatedAt, Id } from '../connection/columns';

export interface DeploymentsTable {
  id: Id;
  project_id: number;
  location_id: number | null;
  name: string;
  camera: string | null;
  timezone: string;
  clock_offset_seconds: Generated<number>;
  starts_at: Date | null;
  ends_at: Date | null;
  created_at: CreatedAt;
}
