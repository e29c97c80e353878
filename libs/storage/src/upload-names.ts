import { uniqueName, safeFileName } from './safe-file-name';

/** The names in one upload: safe, each there once, also where upper and lower case are the same. */
export class UploadNames {
  /** Of files and folders, in lower case. */
  readonly #taken = new Set<string>();
  /** How often, in lower case. */
  readonly #requestCounts = new Map<string, number>();
  /** By what was asked for, in lower case: two spellings of a folder are one folder. */
  readonly #folders = new Map<string, string>();

  /** A path with `/` for a file of this name in these folders, each in the one before. */
  reserve(name: string, folders: readonly string[]): string {
    let below = '';
    for (const folder of folders) below = this.#folder(`${below}${safeFileName(folder)}`);
    return this.#free(`${below}${safeFileName(name)}`);
  }

  /** Every folder that was made, each after the one that it is in. */
  get folders(): readonly string[] {
    return [...this.#folders.values()];
  }

  /** With a `/` at its end. */
  #folder(asked: string): string {
    const key = asked.toLowerCase();
    let folder = this.#folders.get(key);
    if (folder === undefined) {
      // Not where a file has the name already.
      folder = `${this.#free(asked)}/`;
      this.#folders.set(key, folder);
    }
    return folder;
  }

  #free(asked: string): string {
    const key = asked.toLowerCase();
    // Asked for the thousandth time, it need not find out again that a thousand names are taken.
    const times = (this.#requestCounts.get(key) ?? 0) + 1;
    this.#requestCounts.set(key, times);
    const free = uniqueName(asked, this.#taken, times);
    this.#taken.add(free.toLowerCase());
    return free;
  }
}
