import type { RenderOptions } from '@pugmark/images';
import { PictureProcess, type PictureProcessOptions } from './image-process';
import type { PictureRenderer } from './renditions';

const VERDICT = {
  code: 'not_renderable',
  message: 'the picture cannot be shown: it ended the decoder or took it too long',
};

/** Renders pictures in a process of its own, a bundle of `render.child.ts`. */
export class Renderer implements PictureRenderer {
  readonly #process: PictureProcess<RenderOptions, Uint8Array>;

  constructor(options: PictureProcessOptions) {
    this.#process = new PictureProcess(options, VERDICT);
  }

  /** A JPEG. Throws what `renderPicture` and `PictureProcess` throw. */
  async render(path: string, options: RenderOptions): Promise<Buffer> {
    return Buffer.from(await this.#process.look(path, options));
  }

  close(): void {
    this.#process.close();
  }
}
