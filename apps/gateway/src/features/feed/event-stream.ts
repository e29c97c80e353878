import type { Response } from 'express';
import type { FeedFilter } from '@pugmark/db';
import { withJitter } from '@pugmark/platform';
import { heartbeatFrame, resetFrame, retryFrame } from './frames';
import type { FeedReader } from './feed-reader';

export interface StreamTimes {
  /** Interval of heartbeats while nothing else is sent. */
  readonly heartbeatMs: number;
  /** Maximum time that a client may leave sent data unread. */
  readonly unreadMs: number;
}

/** Start position of a stream. */
export interface StreamStart {
  /** After this id; null: with everything unfinished. */
  readonly after: number | null;
  /** The newest id in the feed. */
  readonly newest: number;
  /** Why the client must reload, if it must. */
  readonly reset?: string;
}

/** Spreads the reconnects of the clients of a gateway that shuts down. */
const MAX_RETRY_MS = 3_000;

/** The event stream of one client: reads the feed only as fast as the client does. */
export class EventStream {
  readonly #response: Response;
  readonly #reader: FeedReader;
  readonly #filter: FeedFilter;
  readonly #times: StreamTimes;
  readonly #isEnded = new AbortController();
  #wroteAt = performance.now();
  #running = false;
  #unread = false;
  #closedUnread = false;

  constructor(response: Response, reader: FeedReader, filter: FeedFilter, times: StreamTimes) {
    this.#response = response;
    this.#reader = reader;
    this.#filter = filter;
    this.#times = times;
    response.once('close', () => this.#isEnded.abort());
  }

  /**
   * True when the client has disconnected or `end` was called. Checks the socket too: it may have closed before the
   * stream existed, and a response that is queued behind another one on its connection gets no close event.
   */
  get isOver(): boolean {
    return this.#isEnded.signal.aborted || this.#response.req.socket.destroyed;
  }

  /** True when the stream was closed because its client did not read. */
  get wasClosedUnread(): boolean {
    return this.#closedUnread;
  }

  /** Resolves when the client has disconnected, or after `end`. */
  async run(beginning: StreamStart): Promise<void> {
    const stopListening = this.#reader.listen();
    this.#running = true;
    try {
      await this.#send(retryFrame(Math.round(withJitter(MAX_RETRY_MS))));
      let position = await this.#sendStart(beginning);
      while (!this.isOver) {
        const page = await this.#reader.after(position, this.#filter);
        for (const { frame } of page.events) await this.#send(frame);
        if (page.position > position) position = page.position;
        else await this.#waitForEvents(position);
      }
    } finally {
      stopListening();
      this.#response.end();
    }
  }

  /** Ends the response at once: waits neither for a slow client nor for a database that does not answer. */
  end(): void {
    this.#isEnded.abort();
    if (this.#unread) this.#response.destroy();
    else if (this.#running) this.#response.end();
  }

  async #sendStart({ after, newest, reset }: StreamStart): Promise<number> {
    if (reset !== undefined) await this.#send(resetFrame(reset));
    if (after !== null) return after;
    let position = 0;
    while (position < newest && !this.isOver) {
      const page = await this.#reader.unfinished(position, newest, this.#filter);
      for (const { frame } of page.events) await this.#send(frame);
      position = page.position;
    }
    await this.#send(heartbeatFrame(newest));
    return newest;
  }

  async #waitForEvents(position: number): Promise<void> {
    const quietMs = performance.now() - this.#wroteAt;
    await this.#reader.wait(position, Math.max(0, this.#times.heartbeatMs - quietMs), this.#isEnded.signal);
    if (performance.now() - this.#wroteAt >= this.#times.heartbeatMs) await this.#send(heartbeatFrame(position));
  }

  async #send(frame: string): Promise<void> {
    if (this.isOver) return;
    this.#wroteAt = performance.now();
    if (!this.#response.write(frame)) await this.#waitUntilRead();
  }

  /**
   * Resolves when the client has read what was sent; closes the stream of a client that does not. This is the maximum
   * wait for any event of the response.
   */
  async #waitUntilRead(): Promise<void> {
    this.#unread = true;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(limit);
        this.#response.off('drain', done).off('close', done);
        resolve();
      };
      const limit = setTimeout(() => {
        this.#closedUnread = true;
        this.end();
        done();
      }, this.#times.unreadMs);
      this.#response.once('drain', done).once('close', done);
    });
    this.#unread = false;
  }
}
