import { closeSync, mkdirSync, openSync, fstatSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A log file that is renamed to `.1`, `.2`, … when it becomes too large. Writes are synchronous, so that the last lines
 * before a crash are kept.
 */
export class RotatingFile {
  #fd: number;
  #bytes: number;
  #closed = false;

  constructor(
    private readonly file: string,
    private readonly maxBytes: number = 10 * 1024 * 1024,
    private readonly keep: number = 3,
  ) {
    mkdirSync(dirname(file), { recursive: true });
    this.#fd = openSync(file, 'a');
    this.#bytes = fstatSync(this.#fd).size;
  }

  write(text: string): void {
    if (this.#closed) return;
    const data = Buffer.from(text);
    if (this.#bytes > 0 && this.#bytes + data.length > this.maxBytes) this.#rotate();
    writeSync(this.#fd, data);
    this.#bytes += data.length;
  }

  /** Later writes are dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }

  #rotate(): void {
    closeSync(this.#fd);
    for (let number = this.keep - 1; number >= 1; number -= 1)
      rename(`${this.file}.${number}`, `${this.file}.${number + 1}`);
    rename(this.file, `${this.file}.1`);
    this.#fd = openSync(this.file, 'a');
    this.#bytes = fstatSync(this.#fd).size;
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
