import type { ClassifySettings, ModelRow } from '@pugmark/db';
import { CATEGORIES, STAGES, type Category, type Stage } from '@pugmark/domain';
import { About, Flag, Fraction, Id, ListOf, OneOf, Sha256, Time, Words } from '../../http/dto/fields';

/** A second stage: the classifier looks at the crops of what the detector found. */
export class ClassifyBody {
  @Id()
  readonly modelId!: number;

  @About('Only detections of this category.')
  @OneOf(CATEGORIES)
  readonly category: Category = 'animal';

  @About('Only detections from this confidence on.')
  @Fraction()
  readonly threshold: number = 0.2;
}

export class ClassifyResponse {
  @Id()
  readonly modelId!: number;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @Fraction()
  readonly threshold!: number;
}

export function classifySettings({ modelId, category, threshold }: ClassifyBody): ClassifySettings {
  return { classifierId: modelId, category, threshold };
}

class ModelFileResponse {
  @About('Relative to the folder of the model.')
  @Words()
  readonly path!: string;

  @Sha256()
  readonly sha256!: string;
}

export class ModelResponse {
  @Id()
  readonly id!: number;

  @Words()
  readonly name!: string;

  @Words()
  readonly version!: string;

  @OneOf(STAGES)
  readonly stage!: Stage;

  @About('The detector of runs whose project names none.')
  @Flag()
  readonly isDefault!: boolean;

  @Words()
  readonly licence!: string;

  @About('From which confidence on a detection counts.')
  @Fraction()
  readonly threshold!: number;

  @ListOf({ type: 'string' })
  readonly labels!: readonly string[];

  @ListOf(ModelFileResponse)
  readonly files!: readonly ModelFileResponse[];

  @Time()
  readonly createdAt!: string;
}

export function modelResponse(row: ModelRow): ModelResponse {
  const { labels = [], files = [] } = row.manifest;
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    stage: row.stage,
    isDefault: row.is_default,
    licence: row.licence,
    threshold: row.threshold,
    labels,
    files: files.map(({ path, sha256 }) => ({ path, sha256 })),
    createdAt: row.created_at.toISOString(),
  };
}
