import type { Generated } from 'kysely';
import type { CreatedAt, Id } from '../connection/columns';
import type { ClassifierColumns } from '../runs/runs.tables';

export interface ProjectsTable extends ClassifierColumns {
  id: Id;
  name: string;
  model_id: number | null;
  sequence_gap_seconds: Generated<number>;
  event_gap_seconds: Generated<number>;
  created_at: CreatedAt;
}
