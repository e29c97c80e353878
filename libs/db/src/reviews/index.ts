export {
  readImageAnnotations,
  type EffectiveReview,
  type ImageAnnotation,
  type ProposedObservation,
} from './image-annotations';
export {
  REVIEW_QUEUES,
  countReviewQueue,
  listReviewQueue,
  type ReviewQueue,
  type ReviewQueueFilter,
  type ReviewQueuePosition,
  type ReviewQueueRow,
} from './review-queue';
export {
  ReviewRepository,
  type ReviewHistoryRow,
  type NewReview,
  type ReviewBatch,
  type Reviewer,
  type ReviewRow,
} from './review.repository';
