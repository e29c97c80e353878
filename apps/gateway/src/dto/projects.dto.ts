import type { ProjectRow } from '@pugmark/db';
import { About, Id, Nested, Optional, OrNull, Text, Time, Words } from './fields';
import { ClassifyBody, ClassifyResponse } from './models.dto';

export class CreateProjectBody {
  @Text(200)
  readonly name!: string;
}

/** Which models new runs of the project are for; what is absent stays as it is. */
export class UpdateProjectBody {
  @About('The detector; null for the default one.')
  @Optional()
  @Id()
  readonly modelId?: number | null;

  @About('The classifier of what the detector finds; null for none.')
  @Optional()
  @Nested(ClassifyBody)
  readonly classify?: ClassifyBody | null;
}

export class ProjectResponse {
  @Id()
  readonly id!: number;

  @Words()
  readonly name!: string;

  @About('The detector of new runs; null: the default one.')
  @OrNull()
  @Id()
  readonly modelId!: number | null;

  @OrNull()
  @Nested(ClassifyResponse)
  readonly classify!: ClassifyResponse | null;

  @Time()
  readonly createdAt!: string;
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
