import type { DatabaseTransaction, ImageAnnotation } from '@pugmark/db';
import type { Box, ReviewedObservation } from '@pugmark/domain';
import { contradictingFields, type FieldError } from '../../http/http-problem';
import type { ReviewsDependencies } from './reviews.dependencies';
import type { ReviewedObservationBody } from './review-bodies.dto';
import { resolveTaxa } from './resolve-taxa';

/** Tolerance for rounded boxes that reach beyond the edge. */
const ROUNDING_TOLERANCE = 1e-6;

/**
 * The annotated observations of one image, from a request. Throws a 422 for invalid boxes, for detections of other
 * images, for a detection named twice, and for names as `resolveTaxa`. `fieldOf` returns the path of a field in the
 * request.
 */
export async function annotatedObservations(
  tx: DatabaseTransaction,
  deps: ReviewsDependencies,
  { imageId, projectId, observations: before }: Pick<ImageAnnotation, 'imageId' | 'projectId' | 'observations'>,
  annotated: readonly ReviewedObservationBody[],
  fieldOf: (index: number) => string,
): Promise<ReviewedObservation[]> {
  const boxes = await deps.reviews.detectionBoxes(
    tx,
    imageId,
    annotated.flatMap(({ detectionId }) => detectionId ?? []),
  );
  const errors = annotated.flatMap((one, place) => [
    ...boxErrors(one.box ?? null, `${fieldOf(place)}.box`),
    ...detectionErrors(
      one.detectionId ?? null,
      annotated.slice(0, place),
      boxes,
      imageId,
      `${fieldOf(place)}.detectionId`,
    ),
  ]);
  if (errors.length > 0) throw contradictingFields(errors);
  const names = await resolveTaxa(tx, deps, projectId, annotated, before, fieldOf);
  return annotated.map(({ individuals, box, detectionId }, place) => ({
    ...names[place]!,
    individuals,
    box: box == null ? (boxes.get(detectionId ?? 0) ?? null) : withinEdges(box),
    detectionId: detectionId ?? null,
  }));
}

function boxErrors(box: Box | null, field: string): FieldError[] {
  if (box === null) return [];
  if (box.width === 0 || box.height === 0)
    return [{ field, message: 'has no size: leave it out when the place is unknown' }];
  return box.x + box.width > 1 + ROUNDING_TOLERANCE || box.y + box.height > 1 + ROUNDING_TOLERANCE
    ? [{ field, message: 'reaches beyond the image: x + width and y + height must be at most 1' }]
    : [];
}

function withinEdges({ x, y, width, height }: Box): Box {
  return { x, y, width: Math.min(width, 1 - x), height: Math.min(height, 1 - y) };
}

function detectionErrors(
  id: number | null,
  before: readonly ReviewedObservationBody[],
  boxes: ReadonlyMap<number, Box>,
  imageId: number,
  field: string,
): FieldError[] {
  if (id === null) return [];
  if (!boxes.has(id)) return [{ field, message: `is not a detection of image ${imageId}` }];
  return before.some(({ detectionId }) => detectionId === id)
    ? [{ field, message: 'is named twice: use individuals to count what it shows' }]
    : [];
}
