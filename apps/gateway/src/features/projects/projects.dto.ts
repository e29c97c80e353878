import type { ProjectRow } from '@pugmark/db';
import {
  Description,
  Id,
  Integer,
  OptionalNotNull,
  Nested,
  Optional,
  OrNull,
  Text,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { ClassifyBody, ClassifyResponse } from '../models/models.dto';

export class CreateProjectBody {
  @Text(200)
  readonly name!: string;
}

const MAX_SEQUENCE_GAP = 86_400;
const MAX_EVENT_GAP = 604_800;

/** The models of new runs, and the gaps that separate sequences and events; absent fields stay unchanged. */
export class UpdateProjectBody {
  @Description('The detector; null for the default one.')
  @Optional()
  @Id()
  readonly modelId?: number | null;

  @Description('The classifier of detections; null for none.')
  @Optional()
  @Nested(ClassifyBody)
  readonly classify?: ClassifyBody | null;

  @Description('Maximum gap between two images of a sequence.')
  @OptionalNotNull()
  @Integer(0, MAX_SEQUENCE_GAP)
  readonly sequenceGapSeconds?: number;

  @Description(
    'Maximum gap within an event: the next image of the same kind after it begins a new event. All events of the project are formed anew.',
  )
  @OptionalNotNull()
  @Integer(0, MAX_EVENT_GAP)
  readonly eventGapSeconds?: number;
}

export class ProjectResponse {
  @Id()
  readonly id!: number;

  @AnyText()
  readonly name!: string;

  @Description('The detector of new runs; null: the default one.')
  @OrNull()
  @Id()
  readonly modelId!: number | null;

  @OrNull()
  @Nested(ClassifyResponse)
  readonly classify!: ClassifyResponse | null;

  @Description('Maximum gap between two images of a sequence.')
  @Integer(0, MAX_SEQUENCE_GAP)
  readonly sequenceGapSeconds!: number;

  @Description('Maximum gap within an event: the next image of the same kind after it begins a new event.')
  @Integer(0, MAX_EVENT_GAP)
  readonly eventGapSeconds!: number;

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
    sequenceGapSeconds: row.sequence_gap_seconds,
    eventGapSeconds: row.event_gap_seconds,
    createdAt: row.created_at.toISOString(),
  };
}
