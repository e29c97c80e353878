import type { CreatedAt, Id } from '../connection/columns';

export interface LocationsTable {
  id: Id;
  project_id: number;
  name: string;
  latitude: number | null;
  longitude: number | null;
  created_at: CreatedAt;
}
