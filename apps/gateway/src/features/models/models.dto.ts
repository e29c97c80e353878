import type { ClassifySettings, ModelRow } from '@pugmark/db';
import { CATEGORIES, STAGES, type Category, type Stage } from '@pugmark/domain';
import { Description, Flag, Fraction, Id, ListOf, OneOf, Sha256, Time, AnyText } from '../../http/dto/fields';

/** Second stage: the classifier runs on the crops of the detections. */
export class ClassifyBody {
  @Id()
  readonly modelId!: number;

  @Description('Only detections of this category.')
  @OneOf(CATEGORIES)
  readonly category: Category = 'animal';

  @Description('Only detections of at least this confidence.')
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
  @Description('Relative to the folder of the model.')
  @AnyText()
  readonly path!: string;

  @Sha256()
  readonly sha256!: string;
}

export class ModelResponse {
  @Id()
  readonly id!: number;

  @AnyText()
  readonly name!: string;

  @AnyText()
  readonly version!: string;

  @OneOf(STAGES)
  readonly stage!: Stage;

  @Description('The detector of runs whose project names none.')
  @Flag()
  readonly isDefault!: boolean;

  @AnyText()
  readonly licence!: string;

  @Description('Minimum confidence of an effective observation.')
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
