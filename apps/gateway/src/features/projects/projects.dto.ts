import type { ProjectRow } from '@pugmark/db';
import { About, Id, Integer, MayBeAbsent, Nested, Optional, OrNull, Text, Time, Words } from '../../http/dto/fields';
import { ClassifyBody, ClassifyResponse } from '../models/models.dto';

export class CreateProjectBody {
  @Text(200)
  readonly name!: string;
}

const LONGEST_SEQUENCE_GAP = 86_400;
const LONGEST_EVENT_GAP = 604_800;

/** Which models new runs of the project are for, and how its images are grouped; what is absent stays as it is. */
export class UpdateProjectBody {
  @About('The detector; null for the default one.')
  @Optional()
  @Id()
  readonly modelId?: number | null;

  @About('The classifier of what the detector finds; null for none.')
  @Optional()
  @Nested(ClassifyBody)
  readonly classify?: ClassifyBody | null;

  @About('Longer between two images of a deployment, and a new sequence begins.')
  @MayBeAbsent()
  @Integer(0, LONGEST_SEQUENCE_GAP)
  readonly sequenceGapSeconds?: number;

  @About(
    'Longer without a kind of animal at a deployment, and its next image begins a new event. All events of the project are formed anew.',
  )
  @MayBeAbsent()
  @Integer(0, LONGEST_EVENT_GAP)
  readonly eventGapSeconds?: number;
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

  @About('Longer between two images of a deployment, and a new sequence begins.')
  @Integer(0, LONGEST_SEQUENCE_GAP)
  readonly sequenceGapSeconds!: number;

  @About('Longer without a kind of animal at a deployment, and its next image begins a new event.')
  @Integer(0, LONGEST_EVENT_GAP)
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
