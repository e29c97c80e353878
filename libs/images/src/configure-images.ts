import sharp from 'sharp';

/**
 * Settings of the picture library for this whole process; call it once, at the start. No cache: no picture is read twice, and
 * the cache keeps files open. One thread a picture: the services run several pictures side by side instead, which loses
 * nothing to waiting.
 */
export function configureImages(): void {
  sharp.cache(false);
  sharp.concurrency(1);
}
