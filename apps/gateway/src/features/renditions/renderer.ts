import type { RenderOptions } from '@pugmark/images';
import { ImageProcess, type ImageProcessOptions } from './image-process';
import type { Renderer } from './renditions';

const CRASH_ERROR = {
  code: 'not_renderable',
  message: 'the image cannot be rendered: it crashed the decoder or took too long',
};

/** Renders images in a process of its own, a bundle of `render.child.ts`. */
export class IsolatedRenderer implements Renderer {
  readonly #process: ImageProcess<RenderOptions, Uint8Array>;

  constructor(options: ImageProcessOptions) {
    this.#process = new ImageProcess(options, CRASH_ERROR);
  }

  /** A JPEG. Throws what `renderImage` and `ImageProcess` throw. */
  async render(path: string, options: RenderOptions): Promise<Buffer> {
    return Buffer.from(await this.#process.process(path, options));
  }

  close(): void {
    this.#process.close();
  }
}
