import type { Database, FeedFilter, FeedRepository, FeedRow } from '@pugmark/db';
import { backgroundLoop, type BackgroundLoop, type Logger } from '@pugmark/platform';
import { eventFrame } from './frames';

/** A row as it is sent; made once for all that get it. */
export interface FeedEvent extends FeedRow {
  readonly frame: string;
}

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Up to here nothing is missing. */
  readonly position: number;
}

const POLL_MS = 500;
const PAGE = 500;
/** Rows that are held for streams that keep up; those that lag further behind ask the database. */
const HELD = 2_000;

interface Waiter {
  readonly position: number;
  wake(): void;
}

/**
 * The feed, read once for all streams of this gateway: one query each half second, and only while someone listens. Streams come and
 * take what is after their own position, so that none of them is ever handed anything that it cannot take.
 */
export class FeedReader {
  readonly #db: Database;
  readonly #feed: FeedRepository;
  readonly #loop: BackgroundLoop;
  readonly #waiters = new Set<Waiter>();
  #listeners = 0;
  /** All rows after `#heldFrom` and up to `#position`. */
  #held: readonly FeedEvent[] = [];
  #heldFrom = Infinity;
  #position = 0;

  constructor(parts: { readonly db: Database; readonly feed: FeedRepository; readonly logger: Logger }) {
    this.#db = parts.db;
    this.#feed = parts.feed;
    this.#loop = backgroundLoop('read the feed', parts.logger, () => this.#turn());
  }

  /** Reads on until the returned function is called. */
  listen(): () => void {
    this.#listeners += 1;
    return () => void (this.#listeners -= 1);
  }

  /** What comes after a position: from memory, or, for who is too far behind, a page from the database. */
  async after(position: number, filter: FeedFilter): Promise<FeedPage> {
    if (position >= this.#heldFrom) {
      const events = this.#held.filter((event) => event.id > position && letsThrough(filter, event));
      return { events, position: Math.max(position, this.#position) };
    }
    const { newest } = await this.#feed.bounds(this.#db);
    return this.#page(newest, await this.#feed.rows(this.#db, filter, position, newest, PAGE));
  }

  /** The latest row of each thing that has not ended, page by page, as far as they are not after `upTo`. */
  async unended(position: number, upTo: number, filter: FeedFilter): Promise<FeedPage> {
    return this.#page(upTo, await this.#feed.unended(this.#db, filter, position, upTo, PAGE));
  }

  /** Resolves when there is something after a position, after `ms`, or when the signal is aborted. */
  wait(position: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#position > position || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiters.delete(waiter);
        resolve();
      };
      const waiter = { position, wake };
      const timer = setTimeout(wake, ms);
      signal.addEventListener('abort', wake);
      this.#waiters.add(waiter);
    });
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  #page(upTo: number, rows: readonly FeedRow[]): FeedPage {
    return { events: rows.map(toEvent), position: rows.length < PAGE ? upTo : rows.at(-1)!.id };
  }

  async #turn(): Promise<number> {
    if (this.#listeners === 0) {
      this.#held = [];
      this.#heldFrom = Infinity;
      return POLL_MS;
    }
    const { newest } = await this.#feed.bounds(this.#db);
    const begin = this.#heldFrom === Infinity;
    const rows =
      begin || newest === this.#position
        ? []
        : await this.#feed.rows(this.#db, EVERYTHING, this.#position, newest, PAGE);
    const more = rows.length === PAGE;
    this.#hold(rows.map(toEvent), more ? rows.at(-1)!.id : newest, begin);
    return more ? 0 : POLL_MS;
  }

  #hold(events: readonly FeedEvent[], position: number, begin: boolean): void {
    if (begin) this.#heldFrom = position;
    const held = [...this.#held, ...events];
    const dropped = held.length - HELD;
    if (dropped > 0) this.#heldFrom = held[dropped - 1]!.id;
    this.#held = dropped > 0 ? held.slice(dropped) : held;
    this.#position = position;
    for (const waiter of this.#waiters) if (waiter.position < position) waiter.wake();
  }
}

const EVERYTHING: FeedFilter = { topics: ['run', 'export', 'incident'], projectIds: null };

function toEvent(row: FeedRow): FeedEvent {
  return { ...row, frame: eventFrame(row) };
}

/** The same as the database does for those who ask it. */
function letsThrough({ topics, projectIds }: FeedFilter, { topic, projectId }: FeedEvent): boolean {
  return topics.includes(topic) && (projectIds === null || projectId === null || projectIds.includes(projectId));
}
