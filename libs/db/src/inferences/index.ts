export { ClassificationRepository, type ClassifyResult, type CropToClassify } from './classification.repository';
export { DetectionRepository, type ImageResult } from './detection.repository';
