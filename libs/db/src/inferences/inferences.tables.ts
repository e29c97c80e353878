import type { Category } from '@pugmark/domain';
import type { CreatedAt, Id } from '../connection/columns';

export interface InferencesTable {
  id: Id;
  image_id: number;
  model_id: number;
  stage: 'detect';
  engine: string;
  warning: 'truncated' | null;
  decode_ms: number;
  infer_ms: number;
  /** Highest confidence of each category, also below the threshold. */
  animal: number | null;
  person: number | null;
  vehicle: number | null;
  created_at: CreatedAt;
}

export interface DetectionsTable {
  id: Id;
  inference_id: number;
  image_id: number;
  category: Category;
  label: string;
  confidence: number;
  x: number;
  y: number;
  width: number;
  height: number;
  static_detection_id: number | null;
}

export interface ClassificationsTable {
  detection_id: number;
  model_id: number;
  rank: number;
  label: string;
  score: number;
  engine: string;
  created_at: CreatedAt;
}
