import type { HeaderOptions, ImageFormat } from '@pugmark/images';
import { PictureProcess, type PictureProcessOptions } from './image-process';

export interface PictureCheck {
  /** Throws PermanentError when the file is no picture to take. */
  check(path: string, options: HeaderOptions): Promise<ImageFormat>;
}

const VERDICT = {
  code: 'not_a_picture',
  message: 'the file is no picture that can be read: it ended the decoder or took it too long',
};

/**
 * Says what a file is in a process of its own, a bundle of `check.child.ts`. Only its header is read; but that too is done by libraries in
 * C, for whatever anyone sends, and `ingest` is begun again when it dies of a file, while with the gateway every upload would be cut off.
 * Apart from the renderer: an upload should not wait for thumbnails.
 */
export class PictureChecker implements PictureCheck {
  readonly #process: PictureProcess<HeaderOptions, ImageFormat>;

  constructor(options: PictureProcessOptions) {
    this.#process = new PictureProcess(options, VERDICT);
  }

  /** Throws what `checkPicture` and `PictureProcess` throw. */
  check(path: string, options: HeaderOptions): Promise<ImageFormat> {
    return this.#process.look(path, options);
  }

  close(): void {
    this.#process.close();
  }
}
