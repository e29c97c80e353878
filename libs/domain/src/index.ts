export { newApiKey, parseApiKey, type ApiKey } from './api-key';
export { FatalError, PermanentError, RetryableError, messageOf } from './errors';
export {
  TASK_POLICIES,
  TASK_STATES,
  backoffSeconds,
  type ClaimedTask,
  type TaskOutcome,
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
  MOST_OBSERVATIONS,
  REFUSALS,
  review,
  type Refusal,
  type ReviewAction,
  type Reviewed,
  type ReviewedObservation,
  type Selection,
  type Word,
} from './review';
export { SAME_BOX } from './box-grid';
export {
  STATIC_IMAGES,
  findStaticBoxes,
  searchStaticBoxes,
  type FoundBox,
  type KnownBox,
  type StaticGroup,
} from './static-boxes';
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
export { deadline, withDeadline } from './deadline';
export { cutSequences, type Sequence, type TimedImage } from './sequences';
export { CALENDAR_STEPS, daysInSteps, stepsBetween, type CalendarStep, type DayRange } from './calendar';
