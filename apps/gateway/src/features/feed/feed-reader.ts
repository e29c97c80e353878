import { FEED_TOPICS, type Database, type FeedFilter, type FeedRepository, type FeedRow } from '@pugmark/db';
import { backgroundLoop, type BackgroundLoop, type Logger } from '@pugmark/platform';
import { eventFrame } from './frames';

/** A row in its wire form, serialized once for all streams. */
export interface FeedEvent extends FeedRow {
  readonly frame: string;
}

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Complete up to this id. */
  readonly position: number;
}

const POLL_MS = 500;
const PAGE = 500;
/** Rows kept in memory for streams that keep up; slower ones query the database. */
const MAX_CACHED_ROWS = 2_000;

interface Waiter {
  readonly position: number;
  wake(): void;
}

/**
 * Reads the feed once for all streams of this gateway: one query every half second, only while streams are open.
 * Streams fetch what follows their own position, so that none receives more than it can take.
 */
export class FeedReader {
  readonly #db: Database;
  readonly #feed: FeedRepository;
  readonly #loop: BackgroundLoop;
  readonly #waiters = new Set<Waiter>();
  #listeners = 0;
  /** All rows after `#cachedFrom` and up to `#position`. */
  #cached: readonly FeedEvent[] = [];
  #cachedFrom = Infinity;
  #position = 0;

  constructor(parts: { readonly db: Database; readonly feed: FeedRepository; readonly logger: Logger }) {
    this.#db = parts.db;
    this.#feed = parts.feed;
    this.#loop = backgroundLoop('read the feed', parts.logger, () => this.#poll());
  }

  /** Reads until the returned function is called. */
  listen(): () => void {
    this.#listeners += 1;
    return () => void (this.#listeners -= 1);
  }

  /** Rows after a position: from memory or, for a slow stream, a page from the database. */
  async after(position: number, filter: FeedFilter): Promise<FeedPage> {
    if (position >= this.#cachedFrom) {
      const events = this.#cached.filter((event) => event.id > position && matches(filter, event));
      return { events, position: Math.max(position, this.#position) };
    }
    const { newest } = await this.#feed.readBounds(this.#db);
    return this.#page(newest, await this.#feed.rows(this.#db, filter, position, newest, PAGE));
  }

  /** The latest row of each unfinished subject up to `upTo`, page by page. */
  async unfinished(position: number, upTo: number, filter: FeedFilter): Promise<FeedPage> {
    return this.#page(upTo, await this.#feed.listNotEnded(this.#db, filter, position, upTo, PAGE));
  }

  /** Resolves when rows follow a position, after `ms`, or when the signal is aborted. */
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

  async #poll(): Promise<number> {
    if (this.#listeners === 0) {
      this.#cached = [];
      this.#cachedFrom = Infinity;
      return POLL_MS;
    }
    const { newest } = await this.#feed.readBounds(this.#db);
    const begin = this.#cachedFrom === Infinity;
    const rows =
      begin || newest === this.#position
        ? []
        : await this.#feed.rows(this.#db, NO_FILTER, this.#position, newest, PAGE);
    const more = rows.length === PAGE;
    this.#addToCache(rows.map(toEvent), more ? rows.at(-1)!.id : newest, begin);
    return more ? 0 : POLL_MS;
  }

  #addToCache(events: readonly FeedEvent[], position: number, begin: boolean): void {
    if (begin) this.#cachedFrom = position;
    const cached = [...this.#cached, ...events];
    const dropped = cached.length - MAX_CACHED_ROWS;
    if (dropped > 0) this.#cachedFrom = cached[dropped - 1]!.id;
    this.#cached = dropped > 0 ? cached.slice(dropped) : cached;
    this.#position = position;
    for (const waiter of this.#waiters) if (waiter.position < position) waiter.wake();
  }
}

const NO_FILTER: FeedFilter = { topics: FEED_TOPICS, projectIds: null };

function toEvent(row: FeedRow): FeedEvent {
  return { ...row, frame: eventFrame(row) };
}

/** The same filter as in the database query. */
function matches({ topics, projectIds }: FeedFilter, { topic, projectId }: FeedEvent): boolean {
  const isOfProjects =
    projectIds === null || topic === 'incident' || (projectId !== null && projectIds.includes(projectId));
  return topics.includes(topic) && isOfProjects;
}
