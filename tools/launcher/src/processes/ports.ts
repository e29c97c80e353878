import { createServer } from 'node:net';
import { CommandError } from '@pugmark/toolkit';

/**
 * Below the range from which Linux and macOS take ports for outgoing connections, so that a remembered port stays free.
 */
const FIRST = 20_000;
const COUNT = 12_000;
const ATTEMPTS = 200;

/** Picks ports that are free on 127.0.0.1, none of them twice. */
export class Ports {
  readonly #given = new Set<number>();

  constructor(
    private readonly isFree: (port: number) => Promise<boolean> = isPortFree,
    private readonly random: () => number = Math.random,
  ) {}

  async pick(): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const port = FIRST + Math.floor(this.random() * COUNT);
      if (await this.#take(port)) return port;
    }
    throw new CommandError(`no free port found between ${FIRST} and ${FIRST + COUNT} on 127.0.0.1`);
  }

  /** Returns the preferred port, or another one when it is taken; then calls `onTaken`. */
  async keep(preferred: number | undefined, onTaken: (preferred: number, port: number) => void): Promise<number> {
    if (preferred !== undefined && (await this.#take(preferred))) return preferred;
    const port = await this.pick();
    if (preferred !== undefined) onTaken(preferred, port);
    return port;
  }

  async #take(port: number): Promise<boolean> {
    if (this.#given.has(port)) return false;
    this.#given.add(port);
    return this.isFree(port);
  }
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
