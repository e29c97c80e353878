import type { HeaderOptions, ImageFormat } from '@pugmark/images';
import { ImageProcess, type ImageProcessOptions } from './image-process';

export interface ImageChecker {
  /** Throws a PermanentError when the file is not an acceptable image. */
  check(path: string, options: HeaderOptions): Promise<ImageFormat>;
}

const CRASH_ERROR = {
  code: 'not_an_image',
  message: 'the file is not a readable image: it crashed the decoder or took too long',
};

/**
 * Detects the format of uploaded files in a process of its own, a bundle of `check.child.ts`. Only headers are read,
 * but by libraries in C and from untrusted files: a crash in the gateway would abort every upload. Separate from the
 * renderer, so that uploads do not wait for thumbnails.
 */
export class IsolatedImageChecker implements ImageChecker {
  readonly #process: ImageProcess<HeaderOptions, ImageFormat>;

  constructor(options: ImageProcessOptions) {
    this.#process = new ImageProcess(options, CRASH_ERROR);
  }

  /** Throws what `checkImage` and `ImageProcess` throw. */
  check(path: string, options: HeaderOptions): Promise<ImageFormat> {
    return this.#process.process(path, options);
  }

  close(): void {
    this.#process.close();
  }
}
