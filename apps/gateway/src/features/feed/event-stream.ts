import type { Response } from 'express';
import type { FeedFilter } from '@pugmark/db';
import { heartbeatFrame, resetFrame, retryFrame } from './frames';
import type { FeedReader } from './feed-reader';

export interface StreamTimes {
  /** Between two signs of life, when nothing else is sent. */
  readonly heartbeatMs: number;
  /** Longest that a client may leave unread what was sent. */
  readonly unreadMs: number;
}

/** Where a stream begins. */
export interface Beginning {
  /** After this id; null: with all that has not ended. */
  readonly after: number | null;
  /** The newest id there is. */
  readonly newest: number;
  /** Why the client must read anew, if it must. */
  readonly reset?: string;
}

/** Clients of a gateway that ends should not all come back in the same instant. */
const RETRY_MS = [1_000, 3_000] as const;

/** The events of one client: no more is read of the feed than the client takes. */
export class EventStream {
  readonly #response: Response;
  readonly #reader: FeedReader;
  readonly #filter: FeedFilter;
  readonly #times: StreamTimes;
  readonly #over = new AbortController();
  #wroteAt = performance.now();
  #running = false;
  #unread = false;
  #cut = false;

  constructor(response: Response, reader: FeedReader, filter: FeedFilter, times: StreamTimes) {
    this.#response = response;
    this.#reader = reader;
    this.#filter = filter;
    this.#times = times;
    response.once('close', () => this.#over.abort());
  }

  /**
   * The client has gone, or `end` was called. The socket is asked too: it may have closed before the stream was made, and an answer that
   * is still behind another one on its connection is not told that this has closed.
   */
  get isOver(): boolean {
    return this.#over.signal.aborted || this.#response.req.socket.destroyed;
  }

  /** It was cut off because the client did not read. */
  get wasCut(): boolean {
    return this.#cut;
  }

  /** Resolves when the client has gone, or after `end`. */
  async run(beginning: Beginning): Promise<void> {
    const stopListening = this.#reader.listen();
    this.#running = true;
    try {
      await this.#send(retryFrame(Math.round(RETRY_MS[0] + Math.random() * (RETRY_MS[1] - RETRY_MS[0]))));
      let position = await this.#begin(beginning);
      while (!this.isOver) {
        const page = await this.#reader.after(position, this.#filter);
        for (const { frame } of page.events) await this.#send(frame);
        if (page.position > position) position = page.position;
        else await this.#rest(position);
      }
    } finally {
      stopListening();
      this.#response.end();
    }
  }

  /** Ends the answer at once: neither a client that does not read what was sent nor a database that does not answer is waited for. */
  end(): void {
    this.#over.abort();
    if (this.#unread) this.#response.destroy();
    else if (this.#running) this.#response.end();
  }

  async #begin({ after, newest, reset }: Beginning): Promise<number> {
    if (reset !== undefined) await this.#send(resetFrame(reset));
    if (after !== null) return after;
    let position = 0;
    while (position < newest && !this.isOver) {
      const page = await this.#reader.unended(position, newest, this.#filter);
      for (const { frame } of page.events) await this.#send(frame);
      position = page.position;
    }
    await this.#send(heartbeatFrame(newest));
    return newest;
  }

  async #rest(position: number): Promise<void> {
    const quietMs = performance.now() - this.#wroteAt;
    await this.#reader.wait(position, Math.max(0, this.#times.heartbeatMs - quietMs), this.#over.signal);
    if (performance.now() - this.#wroteAt >= this.#times.heartbeatMs) await this.#send(heartbeatFrame(position));
  }

  async #send(frame: string): Promise<void> {
    if (this.isOver) return;
    this.#wroteAt = performance.now();
    if (!this.#response.write(frame)) await this.#read();
  }

  /** Resolves when the client has read what was sent; one that does not is cut off. It waits no longer than that for any event of the answer. */
  async #read(): Promise<void> {
    this.#unread = true;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(limit);
        this.#response.off('drain', done).off('close', done);
        resolve();
      };
      const limit = setTimeout(() => {
        this.#cut = true;
        this.end();
        done();
      }, this.#times.unreadMs);
      this.#response.once('drain', done).once('close', done);
    });
    this.#unread = false;
  }
}
