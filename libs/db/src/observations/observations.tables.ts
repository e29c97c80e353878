import type { Generated, GeneratedAlways } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { DstIssue } from '../sql/local-time';

export interface ObservationsTable {
  image_id: number;
  project_id: number;
  category: Category;
  label: string;
  individuals: number;
  confidence: number;
  captured_at: Date | null;
}

export interface ImageSummariesTable {
  image_id: number;
  project_id: number;
  deployment_id: number | null;
  ingest_id: number;
  captured_at: Date | null;
  local_hour: number | null;
  outside_deployment: boolean;
  dst_issue: DstIssue | null;
  processed: boolean;
  inference_id: number | null;
  review_id: number | null;
  has_animal: boolean;
  has_person: boolean;
  has_vehicle: boolean;
  blank: boolean;
  animal: number | null;
  person: number | null;
  vehicle: number | null;
  max_confidence: GeneratedAlways<number | null>;
  confidence: number | null;
  /** Effective detections of the latest inference: above the threshold, not static. */
  detections: Generated<number>;
}
