import type { DatabaseTransaction, ImageWord } from '@pugmark/db';
import type { Box, ReviewedObservation } from '@pugmark/domain';
import { unfitFields, type FieldError } from '../../http/http-problem';
import type { ReviewsDependencies } from './reviews.dependencies';
import type { ReviewedObservationBody } from './review-bodies.dto';
import { saidNames } from './resolve-taxa';

/** What boxes that were rounded may reach beyond the edge. */
const ROUNDING = 1e-6;

/**
 * What a request says of one image. Throws a 422 for boxes that are none, for detections of other images, for one that is named twice, and for
 * names as `saidNames`. `fieldOf` says where each stands in the request.
 */
export async function saidObservations(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  { imageId, projectId, observations: before }: Pick<ImageWord, 'imageId' | 'projectId' | 'observations'>,
  said: readonly ReviewedObservationBody[],
  fieldOf: (place: number) => string,
): Promise<ReviewedObservation[]> {
  const boxes = await deps.reviews.detectionBoxes(
    tx,
    imageId,
    said.flatMap(({ detectionId }) => detectionId ?? []),
  );
  const errors = said.flatMap((one, place) => [
    ...boxFaults(one.box ?? null, `${fieldOf(place)}.box`),
    ...detectionFaults(one.detectionId ?? null, said.slice(0, place), boxes, imageId, `${fieldOf(place)}.detectionId`),
  ]);
  if (errors.length > 0) throw unfitFields(errors);
  const names = await saidNames(tx, deps, projectId, said, before, fieldOf);
  return said.map(({ individuals, box, detectionId }, place) => ({
    ...names[place]!,
    individuals,
    box: box == null ? (boxes.get(detectionId ?? 0) ?? null) : withinEdges(box),
    detectionId: detectionId ?? null,
  }));
}

function boxFaults(box: Box | null, field: string): FieldError[] {
  if (box === null) return [];
  if (box.width === 0 || box.height === 0)
    return [{ field, message: 'has no size: leave it out, where nobody knows where it is' }];
  return box.x + box.width > 1 + ROUNDING || box.y + box.height > 1 + ROUNDING
    ? [{ field, message: 'reaches beyond the image: x + width and y + height must be at most 1' }]
    : [];
}

function withinEdges({ x, y, width, height }: Box): Box {
  return { x, y, width: Math.min(width, 1 - x), height: Math.min(height, 1 - y) };
}

function detectionFaults(
  id: number | null,
  before: readonly ReviewedObservationBody[],
  boxes: ReadonlyMap<number, Box>,
  imageId: number,
  field: string,
): FieldError[] {
  if (id === null) return [];
  if (!boxes.has(id)) return [{ field, message: `is none of image ${imageId}` }];
  return before.some(({ detectionId }) => detectionId === id)
    ? [{ field, message: 'is named twice: count what it shows with individuals' }]
    : [];
}
