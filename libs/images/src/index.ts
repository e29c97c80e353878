export { checkPicture } from './check-picture';
export { configureImages } from './configure-images';
export { decodeCropsForModel, type DecodedCrops } from './decode-crops-for-model';
export { decodeForModel, type DecodeOptions, type DecodedImage } from './decode-for-model';
export { renderPicture, type RenderOptions } from './render-picture';
export { readImageHeader, type HeaderOptions, type ImageHeader } from './read-image-header';
export type { GpsPosition } from './camera-facts';
export type { PictureFormat } from './picture-format';
