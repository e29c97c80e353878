import { createHash } from 'node:crypto';
import type { RenderOptions } from '@pugmark/images';
import type { OpenedFile, RenditionStorage } from '@pugmark/storage';

/** To be increased whenever the same options give another image. */
const GENERATION = 1;

export interface Renderer {
  render(path: string, options: RenderOptions): Promise<Buffer>;
}

/** Renders and caches renditions; concurrent requests for one share the rendering. */
export class Renditions {
  readonly #storage: RenditionStorage;
  readonly #renderer: Renderer;
  readonly #rendering = new Map<string, Promise<void>>();

  constructor(storage: RenditionStorage, renderer: Renderer) {
    this.#storage = storage;
    this.#renderer = renderer;
  }

  /** The storage folder; keys are relative to it. */
  get folder(): string {
    return this.#storage.folder;
  }

  /** A hash of everything that the rendition depends on: content and options. */
  hashOf(sha256: string, { pixelLimit: _, ...options }: RenderOptions): string {
    return createHash('sha256')
      .update(JSON.stringify([GENERATION, sha256, options]))
      .digest('hex');
  }

  /**
   * Key of the rendition, rendered first if it is not cached, from the original that `open` opens. Throws as `open` and
   * the renderer.
   */
  async key(hash: string, open: () => Promise<OpenedFile>, options: RenderOptions): Promise<string> {
    const { key, stored: kept } = await this.#storage.find(hash);
    if (kept) return key;
    let making = this.#rendering.get(hash);
    if (making === undefined) {
      making = this.#render(hash, open, options).finally(() => this.#rendering.delete(hash));
      this.#rendering.set(hash, making);
    }
    await making;
    return key;
  }

  async #render(hash: string, open: () => Promise<OpenedFile>, options: RenderOptions): Promise<void> {
    const { handle, path } = await open();
    try {
      await this.#storage.store(hash, await this.#renderer.render(path, options));
    } finally {
      await handle.close();
    }
  }
}
