import type { ProjectRow } from '@pugmark/db';
import type { Category } from '@pugmark/domain';
import { Id, Nested, Optional, Text } from './decorators';
import { ClassifyBody } from './models.dto';

export class CreateProjectBody {
  @Text(200)
  readonly name!: string;
}

/** Which models new runs of the project are for; what is absent stays as it is. */
export class UpdateProjectBody {
  /** The detector; null for the default one. */
  @Optional()
  @Id()
  readonly modelId?: number | null;

  /** The classifier of what the detector finds; null for none. */
  @Optional()
  @Nested(ClassifyBody)
  readonly classify?: ClassifyBody | null;
}

export interface ProjectResponse {
  readonly id: number;
  readonly name: string;
  /** The detector of new runs; null: the default one. */
  readonly modelId: number | null;
  readonly classify: { readonly modelId: number; readonly category: Category; readonly threshold: number } | null;
  readonly createdAt: string;
}

export function projectResponse(row: ProjectRow): ProjectResponse {
  const { classifier_id: modelId, classify_category: category, classify_threshold: threshold } = row;
  return {
    id: row.id,
    name: row.name,
    modelId: row.model_id,
    classify: modelId === null ? null : { modelId, category: category!, threshold: threshold! },
    createdAt: row.created_at.toISOString(),
  };
}
