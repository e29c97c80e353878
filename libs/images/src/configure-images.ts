import sharp from 'sharp';

/**
 * Configures the image library for the process; call once, at the start. No cache: images are not read twice, and the
 * cache keeps files open. One thread per image: services process several images concurrently, which wastes no time.
 */
export function configureImages(): void {
  sharp.cache(false);
  sharp.concurrency(1);
}
