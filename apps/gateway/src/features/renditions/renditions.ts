import { createHash } from 'node:crypto';
import type { RenderOptions } from '@pugmark/images';
import type { RenditionStorage } from '@pugmark/storage';

/** Changes whenever the same options make another picture. */
const GENERATION = 1;

export interface PictureRenderer {
  render(path: string, options: RenderOptions): Promise<Buffer>;
}

/** Renditions of pictures, each made once and kept; asked for by several at the same time, too. */
export class Renditions {
  readonly #storage: RenditionStorage;
  readonly #renderer: PictureRenderer;
  readonly #making = new Map<string, Promise<void>>();

  constructor(storage: RenditionStorage, renderer: PictureRenderer) {
    this.#storage = storage;
    this.#renderer = renderer;
  }

  /** The storage folder; keys are relative to it. */
  get folder(): string {
    return this.#storage.folder;
  }

  /** Of everything that the rendition is made from: another content or another option makes another hash. */
  hashOf(sha256: string, { pixelLimit: _, ...options }: RenderOptions): string {
    return createHash('sha256')
      .update(JSON.stringify([GENERATION, sha256, options]))
      .digest('hex');
  }

  /** Key of the rendition; made first if it is not there. `pathOf` tells where the picture lies. Throws as the renderer. */
  async key(hash: string, pathOf: () => Promise<string>, options: RenderOptions): Promise<string> {
    const { key, stored: kept } = await this.#storage.find(hash);
    if (kept) return key;
    let making = this.#making.get(hash);
    if (making === undefined) {
      making = this.#make(hash, pathOf, options).finally(() => this.#making.delete(hash));
      this.#making.set(hash, making);
    }
    await making;
    return key;
  }

  async #make(hash: string, pathOf: () => Promise<string>, options: RenderOptions): Promise<void> {
    await this.#storage.store(hash, await this.#renderer.render(await pathOf(), options));
  }
}
