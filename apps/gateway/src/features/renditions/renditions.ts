import { createHash } from 'node:crypto';
import type { RenderOptions } from '@pugmark/images';
import type { OpenedFile, RenditionId, RenditionStorage } from '@pugmark/storage';

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

  /** Identifies a rendition by everything that it depends on: content and options. */
  idOf(sha256: string, { pixelLimit: _, ...options }: RenderOptions): RenditionId {
    const variant = createHash('sha256')
      .update(JSON.stringify([GENERATION, sha256, options]))
      .digest('hex');
    return { sha256, variant };
  }

  /**
   * Key of the rendition, rendered first if it is not cached, from the original that `open` opens. Throws as `open` and
   * the renderer.
   */
  async key(id: RenditionId, open: () => Promise<OpenedFile>, options: RenderOptions): Promise<string> {
    const { key, stored: kept } = await this.#storage.find(id);
    if (kept) return key;
    let making = this.#rendering.get(id.variant);
    if (making === undefined) {
      making = this.#render(id, open, options).finally(() => this.#rendering.delete(id.variant));
      this.#rendering.set(id.variant, making);
    }
    await making;
    return key;
  }

  async #render(id: RenditionId, open: () => Promise<OpenedFile>, options: RenderOptions): Promise<void> {
    const { handle, path } = await open();
    try {
      await this.#storage.store(id, await this.#renderer.render(path, options));
    } finally {
      await handle.close();
    }
  }
}
