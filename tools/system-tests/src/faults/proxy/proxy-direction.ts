import type { Socket } from 'node:net';
import { reset } from './reset';

/**
 * One direction of a proxied connection. While it is shut, neither bytes nor the end or reset of the source reach the
 * sink: the source is not read, so that data wait in the kernel and memory stays bounded.
 */
export class ProxyDirection {
  readonly #source: Socket;
  #sink: Socket | null = null;
  #open = false;
  #waiting: Buffer[] = [];
  /** Bytes injected while a chunk is being handled. */
  #injected: Buffer[] | null = null;
  #event: 'end' | 'reset' | null = null;

  /** `onBytes` handles each chunk, and passes to `send` what is to be forwarded. */
  constructor(source: Socket, onBytes: (chunk: Buffer) => void) {
    this.#source = source;
    source.pause();
    source.on('data', (chunk) => {
      const injected: Buffer[] = (this.#injected = []);
      onBytes(chunk);
      this.#injected = null;
      for (const bytes of injected) this.send(bytes);
    });
    source.on('end', () => this.#onEvent('end'));
    source.on('close', (failed) => {
      if (failed) this.#onEvent('reset');
    });
  }

  /** Sets the sink; bytes wait until it is known. */
  connect(sink: Socket): void {
    this.#sink = sink;
    sink.on('drain', () => this.#flow());
    this.#flow();
  }

  setOpen(open: boolean): void {
    this.#open = open;
    this.#flow();
  }

  send(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#flow();
  }

  /** Injects bytes after everything that has come from the source so far, including the chunk that is being handled. */
  inject(bytes: Buffer): void {
    if (this.#injected === null) this.send(bytes);
    else this.#injected.push(bytes);
  }

  #onEvent(event: 'end' | 'reset'): void {
    this.#event = event;
    this.#flow();
  }

  #flow(): void {
    const sink = this.#sink;
    if (!this.#open || sink === null) {
      this.#source.pause();
      return;
    }
    for (const bytes of this.#waiting.splice(0)) {
      if (sink.writable) sink.write(bytes);
    }
    if (this.#event === 'end') sink.end();
    if (this.#event === 'reset') reset(sink);
    this.#event = null;
    if (sink.writableNeedDrain) this.#source.pause();
    else this.#source.resume();
  }
}
