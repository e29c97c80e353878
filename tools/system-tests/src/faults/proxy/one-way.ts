import type { Socket } from 'node:net';
import { reset } from './reset';

/**
 * One direction of a proxied connection. While it is shut, neither bytes nor the news that the source ended or was reset get to
 * the sink: the source is not read, so that what arrives waits in the kernel and memory stays bounded.
 */
export class OneWay {
  readonly #source: Socket;
  #sink: Socket | null = null;
  #open = false;
  #waiting: Buffer[] = [];
  /** While a chunk is being looked at: what was injected meanwhile. */
  #injected: Buffer[] | null = null;
  #news: 'end' | 'reset' | null = null;

  /** `onBytes` decides what becomes of each chunk; it hands to `send` what is to go on. */
  constructor(source: Socket, onBytes: (chunk: Buffer) => void) {
    this.#source = source;
    source.pause();
    source.on('data', (chunk) => {
      const injected: Buffer[] = (this.#injected = []);
      onBytes(chunk);
      this.#injected = null;
      for (const bytes of injected) this.send(bytes);
    });
    source.on('end', () => this.#hear('end'));
    source.on('close', (failed) => {
      if (failed) this.#hear('reset');
    });
  }

  /** Where to; bytes wait until it is known. */
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

  /** Bytes of our own, after what has come from the source so far, the chunk that is being looked at included. */
  inject(bytes: Buffer): void {
    if (this.#injected === null) this.send(bytes);
    else this.#injected.push(bytes);
  }

  #hear(news: 'end' | 'reset'): void {
    this.#news = news;
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
    if (this.#news === 'end') sink.end();
    if (this.#news === 'reset') reset(sink);
    this.#news = null;
    if (sink.writableNeedDrain) this.#source.pause();
    else this.#source.resume();
  }
}
