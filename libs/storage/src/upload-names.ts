import { uniqueName, safeFileName } from './safe-file-name';

/** Assigns names within one upload: safe, and unique regardless of case. */
export class UploadNames {
  /** Names of files and folders, in lower case. */
  readonly #taken = new Set<string>();
  /** Number of requests for each name, in lower case. */
  readonly #requestCounts = new Map<string, number>();
  /** Folders by requested name in lower case: two spellings of a folder are one folder. */
  readonly #folders = new Map<string, string>();

  /** Returns a unique path with `/` for a file in nested folders. */
  reserve(name: string, folders: readonly string[]): string {
    let below = '';
    for (const folder of folders) below = this.#folder(`${below}${safeFileName(folder)}`);
    return this.#free(`${below}${safeFileName(name)}`);
  }

  /** The assigned folders, parents before children. */
  get folders(): readonly string[] {
    return [...this.#folders.values()];
  }

  /** Path with a trailing `/`. */
  #folder(requested: string): string {
    const key = requested.toLowerCase();
    let folder = this.#folders.get(key);
    if (folder === undefined) {
      // A file may have the name already.
      folder = `${this.#free(requested)}/`;
      this.#folders.set(key, folder);
    }
    return folder;
  }

  #free(requested: string): string {
    const key = requested.toLowerCase();
    // Starts at the number of earlier requests, so that the thousandth does not try a thousand names.
    const times = (this.#requestCounts.get(key) ?? 0) + 1;
    this.#requestCounts.set(key, times);
    const free = uniqueName(requested, this.#taken, times);
    this.#taken.add(free.toLowerCase());
    return free;
  }
}
