import {
  IMAGE_SORTS,
  MAX_COUNTED,
  MAX_COUNTED_OF_RUN,
  TIME_ISSUES,
  type ImageCount,
  type ImageDetails,
  type ImageSort,
  type TimeIssue,
} from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import { FailureResponse } from '../../http/dto/failure.dto';
import {
  Description,
  Count,
  Flag,
  Fraction,
  Id,
  Instant,
  Integer,
  ListOf,
  LocalTime,
  OptionalNotNull,
  Nested,
  OneOf,
  Optional,
  OrNull,
  QueryId,
  Sha256,
  Text,
  TextLike,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { PlaceResponse } from '../locations/locations.dto';
import { ObservedQuery } from './observed.dto';
import { Paged } from '../../http/dto/paging';
import { hideFolders } from '../../http/dto/hide-folders';

const STATUSES = ['pending', 'done', 'failed'] as const;
const CODE = /^[a-z0-9_]+$/;

/** Image filters, in a query. */
export class ImageFilterQuery extends ObservedQuery {
  @OptionalNotNull()
  @QueryId()
  readonly ingestId?: number;

  @Description(
    'Of this run, filtered by its model’s results instead of effective observations; `label` always means an effective observation.',
  )
  @OptionalNotNull()
  @QueryId()
  readonly runId?: number;

  @Description('The images of one event.')
  @OptionalNotNull()
  @QueryId()
  readonly eventId?: number;

  @OptionalNotNull()
  @OneOf(STATUSES)
  readonly status?: ImageDetails['status'];

  @Description('Failed with this code.')
  @OptionalNotNull()
  @TextLike(CODE, 100, 'the code of a failure')
  readonly failedReason?: string;

  @Description('Images whose time is unreliable for this reason.')
  @OptionalNotNull()
  @OneOf(TIME_ISSUES)
  readonly timeIssue?: TimeIssue;
}

export class ListImagesQuery extends Paged(ImageFilterQuery) {
  @Description('`-` sorts descending. By time or confidence, images without one are left out.')
  @OneOf(IMAGE_SORTS)
  readonly sort: ImageSort = 'id';
}

/** Image filters, in the body of a request. */
export class ImageFilterBody {
  @Optional()
  @Id()
  readonly deploymentId?: number | null;

  @Optional()
  @Id()
  readonly locationId?: number | null;

  @Optional()
  @Id()
  readonly ingestId?: number | null;

  @Description(
    'Of this run, filtered by its model’s results instead of effective observations; `label` always means an effective observation.',
  )
  @Optional()
  @Id()
  readonly runId?: number | null;

  @Optional()
  @Id()
  readonly eventId?: number | null;

  @Optional()
  @OneOf([...CATEGORIES, 'blank'])
  readonly category?: Category | 'blank' | null;

  @Optional()
  @Text(200)
  readonly label?: string | null;

  @Optional()
  @Fraction()
  readonly minConfidence?: number | null;

  @Optional()
  @Instant()
  readonly capturedFrom?: Date | null;

  @Optional()
  @Instant()
  readonly capturedTo?: Date | null;

  @Optional()
  @Integer(0, 23)
  readonly hourFrom?: number | null;

  @Optional()
  @Integer(0, 23)
  readonly hourTo?: number | null;

  @Optional()
  @Flag()
  readonly reviewed?: boolean | null;

  @Optional()
  @OneOf(STATUSES)
  readonly status?: ImageDetails['status'] | null;

  @Optional()
  @TextLike(CODE, 100, 'the code of a failure')
  readonly failedReason?: string | null;

  @Optional()
  @OneOf(TIME_ISSUES)
  readonly timeIssue?: TimeIssue | null;
}

export class ImageCountResponse implements ImageCount {
  @Count()
  readonly count!: number;

  @Description(
    `False: there are more. Only by project, place, category, hour and review more than ${MAX_COUNTED} are counted, within a run ${MAX_COUNTED_OF_RUN}.`,
  )
  @Flag()
  readonly exact!: boolean;
}

/** A person's correction of an image's deployment and time; absent fields stay unchanged. */
export class UpdateImageBody {
  @Description('Null: no deployment.')
  @Optional()
  @Id()
  readonly deploymentId?: number | null;

  @Description(
    "Local time at the deployment, `YYYY-MM-DDTHH:mm:ss`; takes precedence over the camera's reading, which is kept. Null removes it.",
  )
  @Optional()
  @LocalTime()
  readonly localTime?: string | null;
}

export class BoxResponse {
  @Fraction()
  readonly x!: number;

  @Fraction()
  readonly y!: number;

  @Fraction()
  readonly width!: number;

  @Fraction()
  readonly height!: number;
}

class ClassificationResponse {
  @AnyText()
  readonly label!: string;

  @Fraction()
  readonly score!: number;

  @Description('The classifier.')
  @AnyText()
  readonly model!: string;
}

export class DetectionResponse {
  @Id()
  readonly id!: number;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @Description("The detector's label.")
  @AnyText()
  readonly label!: string;

  @Fraction()
  readonly confidence!: number;

  @Description('Fractions of the width and height of the image, from its upper left corner.')
  @Nested(BoxResponse)
  readonly box!: BoxResponse;

  @AnyText()
  readonly model!: string;

  @Description('The same box is in 20 or more images of the deployment, and no person confirmed it: it is not counted.')
  @Flag()
  readonly static!: boolean;

  @Description('By descending confidence.')
  @ListOf(ClassificationResponse)
  readonly classifications!: readonly ClassificationResponse[];
}

export class ImageResponse extends PlaceResponse {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @Id()
  readonly ingestId!: number;

  @AnyText()
  readonly fileName!: string;

  @Sha256()
  readonly sha256!: string;

  @AnyText()
  readonly format!: string;

  @Count()
  readonly bytes!: number;

  @Count()
  readonly width!: number;

  @Count()
  readonly height!: number;

  @Description("The reading of the camera's clock.")
  @OrNull()
  @AnyText()
  readonly capturedLocal!: string | null;

  @Description(
    "Local time at the deployment: a person's correction, else the camera's reading with the clock offset; null when both are unknown.",
  )
  @OrNull()
  @AnyText()
  readonly localTime!: string | null;

  @OrNull()
  @AnyText()
  readonly timezone!: string | null;

  @OrNull()
  @Time()
  readonly capturedAt!: string | null;

  @Description('Source of the local time.')
  @OneOf(['exif', 'manual', 'none'])
  readonly timeSource!: ImageDetails['timeSource'];

  @Description('A daylight saving change skipped or repeated the local time.')
  @OrNull()
  @OneOf(['dst_gap', 'dst_overlap'])
  readonly dstIssue!: ImageDetails['dstIssue'];

  @Description('Captured before the start or after the end of the deployment.')
  @Flag()
  readonly isOutsideDeployment!: boolean;

  @OrNull()
  @AnyText()
  readonly cameraMake!: string | null;

  @OrNull()
  @AnyText()
  readonly cameraModel!: string | null;

  @Description('`pending` until a model has processed it, then `done`, or `failed` with a reason.')
  @OneOf(STATUSES)
  readonly status!: ImageDetails['status'];

  @OrNull()
  @Nested(FailureResponse)
  readonly failure!: FailureResponse | null;

  @Description('The file is truncated.')
  @OrNull()
  @OneOf(['truncated'])
  readonly warning!: 'truncated' | null;

  @ListOf(DetectionResponse)
  readonly detections!: readonly DetectionResponse[];
}

/** Maps each field by name: new fields of the read model do not become public by accident. */
export function imageResponse(image: ImageDetails): ImageResponse {
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
    dstIssue: image.dstIssue,
    isOutsideDeployment: image.isOutsideDeployment,
    cameraMake: image.cameraMake,
    cameraModel: image.cameraModel,
    latitude: image.latitude,
    longitude: image.longitude,
    status: image.status,
    failure: image.failure === null ? null : { code: image.failure.code, message: hideFolders(image.failure.message) },
    warning: image.warning,
    detections: image.detections.map(
      ({ id, category, label, confidence, box, model, static: isStatic, classifications }) => ({
        id,
        category,
        label,
        confidence,
        box,
        model,
        static: isStatic,
        classifications: classifications.map(({ label: name, score, model: classifier }) => ({
          label: name,
          score,
          model: classifier,
        })),
      }),
    ),
  };
}
