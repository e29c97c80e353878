export { ImageStorage, type ImageFormat } from './image-storage';
export { ExportStorage, type StoredFile, type WriteChunk } from './export-storage';
export { RenditionStorage, type RenditionId } from './rendition-storage';
export { UploadStorage, type IncomingUpload, type UploadedFile } from './upload-storage';
export { isPathWithin } from './is-path-within';
export { openWithin, type OpenedFile } from './open-within';
export { safeFileName } from './safe-file-name';
