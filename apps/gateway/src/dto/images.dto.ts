import { IsIn } from 'class-validator';
import { TIME_ISSUES, type ListedImage, type TimeIssue } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import { Id, Instant, LocalTime, Optional, QueryFraction, QueryId } from './decorators';
import { PageQuery } from './paging';
import { withoutPaths } from './without-paths';

export class ImagesQuery extends PageQuery {
  @Optional()
  @QueryId()
  readonly projectId?: number;

  @Optional()
  @QueryId()
  readonly deploymentId?: number;

  @Optional()
  @QueryId()
  readonly ingestId?: number;

  /** Of this run, and judged by its model. */
  @Optional()
  @QueryId()
  readonly runId?: number;

  @Optional()
  @IsIn([...CATEGORIES, 'blank'])
  readonly category?: Category | 'blank';

  /** Default: the threshold of the model that found it. */
  @Optional()
  @QueryFraction()
  readonly minConfidence?: number;

  @Optional()
  @IsIn(['pending', 'done', 'failed'])
  readonly status?: ListedImage['status'];

  /** Images without a known time lie in no range. */
  @Optional()
  @Instant()
  readonly capturedFrom?: Date;

  /** Exclusive. */
  @Optional()
  @Instant()
  readonly capturedTo?: Date;

  /** Images whose time cannot be relied on, for this reason. */
  @Optional()
  @IsIn(TIME_ISSUES)
  readonly timeIssue?: TimeIssue;
}

/** What a person says of an image's place and time; what is absent stays as it is. */
export class UpdateImageBody {
  /** Null: it belongs to none. */
  @Optional()
  @Id()
  readonly deploymentId?: number | null;

  /** Local time at the deployment, `YYYY-MM-DDTHH:mm:ss`; it stands beside the camera's reading and wins. Null takes it back. */
  @Optional()
  @LocalTime()
  readonly localTime?: string | null;
}

export interface ImageResponse extends Omit<ListedImage, 'capturedAt'> {
  readonly capturedAt: string | null;
}

/** Field by field: what a read model gains is not public by that. */
export function imageResponse(image: ListedImage): ImageResponse {
  return {
    id: image.id,
    projectId: image.projectId,
    deploymentId: image.deploymentId,
    ingestId: image.ingestId,
    fileName: image.fileName,
    sha256: image.sha256,
    format: image.format,
    bytes: image.bytes,
    width: image.width,
    height: image.height,
    capturedLocal: image.capturedLocal,
    localTime: image.localTime,
    timezone: image.timezone,
    capturedAt: image.capturedAt?.toISOString() ?? null,
    timeSource: image.timeSource,
    timeDoubt: image.timeDoubt,
    outOfDates: image.outOfDates,
    cameraMake: image.cameraMake,
    cameraModel: image.cameraModel,
    latitude: image.latitude,
    longitude: image.longitude,
    status: image.status,
    failure: image.failure === null ? null : { code: image.failure.code, message: withoutPaths(image.failure.message) },
    warning: image.warning,
    detections: image.detections.map(({ category, label, confidence, box, model, classifications }) => ({
      category,
      label,
      confidence,
      box,
      model,
      classifications: classifications.map(({ label: name, score, model: classifier }) => ({ label: name, score, model: classifier })),
    })),
  };
}
