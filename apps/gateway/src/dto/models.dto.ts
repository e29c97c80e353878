import { IsIn } from 'class-validator';
import type { ClassifySettings, ModelRow } from '@pugmark/db';
import { CATEGORIES, type Category, type Stage } from '@pugmark/domain';
import { Fraction, Id } from './decorators';

/** A second stage: the classifier looks at the crops of what the detector found. */
export class ClassifyBody {
  @Id()
  readonly modelId!: number;

  /** Only detections of this category. */
  @IsIn(CATEGORIES)
  readonly category: Category = 'animal';

  /** Only detections from this confidence on. */
  @Fraction()
  readonly threshold: number = 0.2;
}

export function classifySettings({ modelId, category, threshold }: ClassifyBody): ClassifySettings {
  return { classifierId: modelId, category, threshold };
}

export interface ModelResponse {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly stage: Stage;
  /** The detector of runs whose project names none. */
  readonly isDefault: boolean;
  readonly licence: string;
  readonly threshold: number;
  readonly labels: readonly string[];
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  readonly createdAt: string;
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
