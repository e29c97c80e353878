import {
  IMAGE_SORTS,
  MOST_COUNTED,
  MOST_JUDGED,
  TIME_ISSUES,
  type ImageCount,
  type ImageDetails,
  type ImageSort,
  type TimeIssue,
} from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import { FaultResponse } from '../../http/dto/failure.dto';
import {
  About,
  Count,
  Flag,
  Fraction,
  Id,
  Instant,
  Integer,
  ListOf,
  LocalTime,
  MayBeAbsent,
  Nested,
  OneOf,
  Optional,
  OrNull,
  QueryId,
  Sha256,
  Text,
  TextLike,
  Time,
  Words,
} from '../../http/dto/fields';
import { PlaceResponse } from '../locations/locations.dto';
import { ObservedQuery } from './observed.dto';
import { Paged } from '../../http/dto/paging';
import { withoutPaths } from '../../http/dto/hide-folders';

const STATUSES = ['pending', 'done', 'failed'] as const;
const CODE = /^[a-z0-9_]+$/;

/** What images are narrowed down by, in a query. */
export class ImageFilterQuery extends ObservedQuery {
  @MayBeAbsent()
  @QueryId()
  readonly ingestId?: number;

  @About('Of this run, and judged by its model instead of by what counts; a `label` is always one that counts.')
  @MayBeAbsent()
  @QueryId()
  readonly runId?: number;

  @About('The images of one event.')
  @MayBeAbsent()
  @QueryId()
  readonly eventId?: number;

  @MayBeAbsent()
  @OneOf(STATUSES)
  readonly status?: ImageDetails['status'];

  @About('Failed with this code.')
  @MayBeAbsent()
  @TextLike(CODE, 100, 'the code of a failure')
  readonly failedReason?: string;

  @About('Images whose time cannot be relied on, for this reason.')
  @MayBeAbsent()
  @OneOf(TIME_ISSUES)
  readonly timeIssue?: TimeIssue;
}

export class ListImagesQuery extends Paged(ImageFilterQuery) {
  @About('`-` is downwards. By time or confidence, images without one are not listed.')
  @OneOf(IMAGE_SORTS)
  readonly sort: ImageSort = 'id';
}

/** The same in the body of a request. */
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

  @About('Of this run, and judged by its model instead of by what counts; a `label` is always one that counts.')
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

  @About(
    `False: there are more. Only by project, place, category, hour and review more than ${MOST_COUNTED} are counted, within a run ${MOST_JUDGED}.`,
  )
  @Flag()
  readonly exact!: boolean;
}

/** What a person says of an image's place and time; what is absent stays as it is. */
export class UpdateImageBody {
  @About('Null: it belongs to none.')
  @Optional()
  @Id()
  readonly deploymentId?: number | null;

  @About(
    "Local time at the deployment, `YYYY-MM-DDTHH:mm:ss`; it stands beside the camera's reading and wins. Null takes it back.",
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
  @Words()
  readonly label!: string;

  @Fraction()
  readonly score!: number;

  @About('The classifier.')
  @Words()
  readonly model!: string;
}

export class DetectionResponse {
  @Id()
  readonly id!: number;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @About('What the detector calls it.')
  @Words()
  readonly label!: string;

  @Fraction()
  readonly confidence!: number;

  @About('Fractions of the width and height of the image, from its upper left corner.')
  @Nested(BoxResponse)
  readonly box!: BoxResponse;

  @Words()
  readonly model!: string;

  @About('The same box is in 20 or more images of the deployment, and nobody said that it is real: it does not count.')
  @Flag()
  readonly static!: boolean;

  @About('The surest first.')
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

  @Words()
  readonly fileName!: string;

  @Sha256()
  readonly sha256!: string;

  @Words()
  readonly format!: string;

  @Count()
  readonly bytes!: number;

  @Count()
  readonly width!: number;

  @Count()
  readonly height!: number;

  @About('What the clock of the camera showed.')
  @OrNull()
  @Words()
  readonly capturedLocal!: string | null;

  @About(
    'Local time at the deployment: what a person says, else the reading with the clock offset; null where neither is known.',
  )
  @OrNull()
  @Words()
  readonly localTime!: string | null;

  @OrNull()
  @Words()
  readonly timezone!: string | null;

  @OrNull()
  @Time()
  readonly capturedAt!: string | null;

  @About('Where the local time comes from.')
  @OneOf(['exif', 'manual', 'none'])
  readonly timeSource!: ImageDetails['timeSource'];

  @About('A change of the clocks skipped the local time, or showed it twice.')
  @OrNull()
  @OneOf(['dst_gap', 'dst_overlap'])
  readonly timeDoubt!: ImageDetails['timeDoubt'];

  @About('Taken before the start or after the end of the deployment.')
  @Flag()
  readonly outOfDates!: boolean;

  @OrNull()
  @Words()
  readonly cameraMake!: string | null;

  @OrNull()
  @Words()
  readonly cameraModel!: string | null;

  @About('`pending` until a model has answered, else `done`; `failed` with a reason.')
  @OneOf(STATUSES)
  readonly status!: ImageDetails['status'];

  @OrNull()
  @Nested(FaultResponse)
  readonly failure!: FaultResponse | null;

  @About('The file was cut short.')
  @OrNull()
  @OneOf(['truncated'])
  readonly warning!: 'truncated' | null;

  @ListOf(DetectionResponse)
  readonly detections!: readonly DetectionResponse[];
}

/** Field by field: what a read model gains is not public by that. */
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
    timeDoubt: image.timeDoubt,
    outOfDates: image.outOfDates,
    cameraMake: image.cameraMake,
    cameraModel: image.cameraModel,
    latitude: image.latitude,
    longitude: image.longitude,
    status: image.status,
    failure: image.failure === null ? null : { code: image.failure.code, message: withoutPaths(image.failure.message) },
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
