export {
  StaticDetectionRepository,
  type SearchDelays,
  type StaticDetectionRow,
  type StaticDetectionSearch,
} from './static-detection.repository';
