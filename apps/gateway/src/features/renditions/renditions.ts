import { createHash } from 'node:crypto';
import type { RenderOptions } from '@pugmark/images';
import type { RenditionStorage } from '@pugmark/storage';

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
   * Key of the rendition, rendered first if it is not cached. `pathOf` returns the path of the original. Throws as the
   * renderer.
   */
  async key(hash: string, pathOf: () => Promise<string>, options: RenderOptions): Promise<string> {
    const { key, stored: kept } = await this.#storage.find(hash);
    if (kept) return key;
    let making = this.#rendering.get(hash);
    if (making === undefined) {
      making = this.#render(hash, pathOf, options).finally(() => this.#rendering.delete(hash));
      this.#rendering.set(hash, making);
    }
    await making;
    return key;
  }

  async #render(hash: string, pathOf: () => Promise<string>, options: RenderOptions): Promise<void> {
    await this.#storage.store(hash, await this.#renderer.render(await pathOf(), options));
  }
}
