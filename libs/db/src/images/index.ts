export { deleteImages } from './delete-images';
export { keepContents, removeDeletedContents, type ContentFiles } from './deleted-contents';
export { MAX_COUNTED, MAX_COUNTED_OF_RUN, countImages, type ImageCount } from './image-count';
export { findImage, type ImageDetails, type ListedDetection } from './image-details';
export {
  TIME_ISSUES,
  findEventSpan,
  type EventSpan,
  type ImageFilter,
  type ImageStatus,
  type TimeIssue,
} from './image-filter';
export { IMAGE_SORTS, listImages, type ImagePosition, type ImageSort, type ListedImage } from './image-list';
export { countSelectedImages, listSelectedImages, type ImageSelection, type SelectedImages } from './image-selection';
export {
  ImageRepository,
  type ImageCorrection,
  type ImageFile,
  type ImageOrigin,
  type NewImage,
  type DownloadableImage,
} from './image.repository';
export type { ImageFormat } from './images.tables';
