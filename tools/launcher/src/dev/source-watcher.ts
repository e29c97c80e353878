import { watch, type FSWatcher } from 'node:fs';

/** Editors write a file in several steps, and a checkout changes many: what follows this soon belongs to the same change. */
const SETTLE_MS = 200;

/** Reports, some time after the last of them, that files below the folders have changed. */
export class SourceWatcher {
  readonly #watchers: readonly FSWatcher[];
  readonly #settleMs: number;
  readonly #onChange: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(folders: readonly string[], onChange: () => void, settleMs = SETTLE_MS) {
    this.#onChange = onChange;
    this.#settleMs = settleMs;
    this.#watchers = folders.map((folder) => watch(folder, { recursive: true }, () => this.#schedule()));
    // A folder that was removed while it is watched.
    for (const watcher of this.#watchers) watcher.on('error', () => this.#schedule());
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onChange, this.#settleMs);
  }
}
