import type { StaticDetectionRow } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import { Description, Count, Flag, Id, Nested, OneOf, OrNull, Time, AnyText } from '../../http/dto/fields';
import { BoxResponse } from '../images/images.dto';

export class UpdateStaticDetectionBody {
  @Description('True: the object is real, and is counted. False reverts that.')
  @Flag()
  readonly dismissed!: boolean;
}

export class StaticDetectionResponse {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @Id()
  readonly deploymentId!: number;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @Description('Fractions of the width and height of the image, from its upper left corner.')
  @Nested(BoxResponse)
  readonly box!: BoxResponse;

  @Description('Images with a detection of it. 0: it is in fewer than 20 images now, and hides nothing.')
  @Count()
  readonly images!: number;

  @Description('One of these images, for display.')
  @OrNull()
  @Id()
  readonly exampleImageId!: number | null;

  @Description(
    'Capture time of the first of these images; when it is only minutes before the last, the object may be a resting animal.',
  )
  @OrNull()
  @Time()
  readonly firstAt!: string | null;

  @OrNull()
  @Time()
  readonly lastAt!: string | null;

  @Description('Since when a person has declared it real, so that its detections are counted.')
  @OrNull()
  @Time()
  readonly dismissedAt!: string | null;

  @Description('The name of the key that declared it real.')
  @OrNull()
  @AnyText()
  readonly dismissedBy!: string | null;

  @Time()
  readonly createdAt!: string;
}

export class StaticSearchResponse {
  @Description('Static detections of the deployment in 20 or more images, dismissed ones included.')
  @Count()
  readonly staticDetections!: number;

  @Description('How many of them are new.')
  @Count()
  readonly newStaticDetections!: number;

  @Description(
    'Images whose detections were assigned to another static detection, to one for the first time, or to none any more.',
  )
  @Count()
  readonly changedImages!: number;
}

export function staticDetectionResponse(row: StaticDetectionRow): StaticDetectionResponse {
  const { id, projectId, deploymentId, category, x, y, width, height, images, exampleImageId, dismissedBy } = row;
  return {
    id,
    projectId,
    deploymentId,
    category,
    box: { x, y, width, height },
    images,
    exampleImageId,
    firstAt: row.firstAt?.toISOString() ?? null,
    lastAt: row.lastAt?.toISOString() ?? null,
    dismissedAt: row.dismissedAt?.toISOString() ?? null,
    dismissedBy,
    createdAt: row.createdAt.toISOString(),
  };
}
