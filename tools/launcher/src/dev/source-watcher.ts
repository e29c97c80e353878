import { watch, type FSWatcher } from 'node:fs';

/**
 * Changes that follow within this time belong together: editors write a file in several steps, a checkout writes many
 * files.
 */
const SETTLE_MS = 200;

/** Calls back when files below the folders have changed and no further change followed for a moment. */
export class SourceWatcher {
  readonly #watchers: readonly FSWatcher[];
  readonly #settleMs: number;
  readonly #onChange: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(folders: readonly string[], onChange: () => void, settleMs = SETTLE_MS) {
    this.#onChange = onChange;
    this.#settleMs = settleMs;
    this.#watchers = folders.map((folder) => watch(folder, { recursive: true }, () => this.#schedule()));
    // A watched folder was removed.
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
