import type { StaticBoxRow } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import { About, Count, Flag, Id, Nested, OneOf, OrNull, Time, Words } from '../../http/dto/fields';
import { BoxResponse } from '../images/images.dto';

export class UpdateStaticBoxBody {
  @About('True: what the box holds is real, and counts. False takes that back.')
  @Flag()
  readonly unmarked!: boolean;
}

export class StaticBoxResponse {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @Id()
  readonly deploymentId!: number;

  @OneOf(CATEGORIES)
  readonly category!: Category;

  @About('Fractions of the width and height of the image, from its upper left corner.')
  @Nested(BoxResponse)
  readonly box!: BoxResponse;

  @About('With a detection that belongs to it. 0: it is in less than 20 by now, and hides nothing.')
  @Count()
  readonly images!: number;

  @About('One of these images, to look at.')
  @OrNull()
  @Id()
  readonly exampleImageId!: number | null;

  @About(
    'When the first of these images was taken; a few minutes before the last, and it may be an animal that lay still.',
  )
  @OrNull()
  @Time()
  readonly firstAt!: string | null;

  @OrNull()
  @Time()
  readonly lastAt!: string | null;

  @About('Since when its detections count, because a person said so.')
  @OrNull()
  @Time()
  readonly unmarkedAt!: string | null;

  @About('The name of the key with which that was said.')
  @OrNull()
  @Words()
  readonly unmarkedBy!: string | null;

  @Time()
  readonly createdAt!: string;
}

export class StaticSearchResponse {
  @About('Static boxes of the deployment that are in 20 or more images now, unmarked ones too.')
  @Count()
  readonly boxes!: number;

  @About('Of them, those that were not known.')
  @Count()
  readonly newBoxes!: number;

  @About('Images with detections that belong to another box than before, to one now, or to none any more.')
  @Count()
  readonly changedImages!: number;
}

export function staticBoxResponse(row: StaticBoxRow): StaticBoxResponse {
  const { id, projectId, deploymentId, category, x, y, width, height, images, exampleImageId, unmarkedBy } = row;
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
    unmarkedAt: row.unmarkedAt?.toISOString() ?? null,
    unmarkedBy,
    createdAt: row.createdAt.toISOString(),
  };
}
