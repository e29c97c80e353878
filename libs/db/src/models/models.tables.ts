import type { Generated, JSONColumnType } from 'kysely';
import type { ModelManifest, Stage } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

export interface ModelsTable {
  id: Id;
  name: string;
  version: string;
  licence: string;
  threshold: number;
  manifest: JSONColumnType<ModelManifest>;
  stage: Generated<Stage>;
  is_default: Generated<boolean>;
  created_at: CreatedAt;
}
