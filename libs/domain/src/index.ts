export { newApiKey, parseApiKey, type ApiKey } from './api-key';
export { FatalError, PermanentError, RetryableError, messageOf } from './errors';
export {
  TASK_POLICIES,
  TASK_STATES,
  backoffSeconds,
  type ClaimedTask,
  type TaskOutcome,
  type UnfinishedOutcome,
  interruptionSeconds,
  type TaskPolicy,
  type TaskState,
} from './task';
export {
  CATEGORIES,
  intersectionOverUnion,
  type Box,
  type Category,
  type Classification,
  type Detection,
} from './detection';
export {
  MAX_OBSERVATIONS,
  REVIEW_REFUSALS,
  applyReviewAction,
  type ReviewRefusal,
  type ReviewAction,
  type ReviewResult,
  type ReviewedObservation,
  type ObservationSelection,
  type EffectiveObservations,
} from './review';
export { SAME_BOX_IOU } from './box-grid';
export {
  MIN_STATIC_IMAGES,
  findStaticDetections,
  searchStaticDetections,
  type LocatedDetection,
  type KnownStaticDetection,
  type StaticDetectionGroup,
} from './static-detections';
export {
  DECODERS,
  NORMALISATIONS,
  STAGES,
  stageOf,
  type Decoder,
  type ModelFile,
  type ModelManifest,
  type Normalisation,
  type Stage,
} from './model-manifest';
export type { ModelInput, Placement } from './model-input';
export { etaSeconds, ratePerMinute } from './progress';
export { startDeadline, withDeadline } from './deadline';
export { cutSequences, type Sequence, type TimedImage } from './sequences';
export { CALENDAR_STEPS, daysInSteps, stepsBetween, type CalendarStep, type DayRange } from './calendar';
