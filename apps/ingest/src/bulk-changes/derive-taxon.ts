import type { ImageRepository, ReviewRepository } from '@pugmark/db';
import type { BulkChangeSteps } from './bulk-change-steps';

/** Derives the observations of all images of a taxon from its present name and category. */
export function deriveTaxon(images: ImageRepository, reviews: ReviewRepository): BulkChangeSteps {
  return {
    lock: (tx, { subject_id }) => reviews.lockTaxa(tx, [subject_id!]),
    list: (tx, { project_id, subject_id }, afterId, limit) =>
      reviews.listImagesWithTaxon(tx, project_id!, subject_id!, afterId, limit),
    apply: (tx, _change, imageIds) => images.deriveObservations(tx, imageIds),
  };
}
