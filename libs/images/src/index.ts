export { checkImage } from './check-image';
export { configureImages } from './configure-images';
export { decodeCropsForModel, type DecodedCrops } from './decode-crops-for-model';
export { decodeForModel, type DecodeOptions, type DecodedImage } from './decode-for-model';
export { renderImage, type RenderOptions } from './render-image';
export { readImageHeader, type HeaderOptions, type ImageHeader } from './read-image-header';
export type { GpsPosition } from './camera-metadata';
export type { ImageFormat } from './image-format';
