import type { Request, Response } from 'express';
import type { Database, FeedBounds, FeedFilter } from '@pugmark/db';
import { withDeadline } from '@pugmark/domain';
import {
  Counter,
  backgroundLoop,
  registerGauge,
  type BackgroundLoop,
  type Logger,
  type Registry,
} from '@pugmark/platform';
import type { Caller } from '../../http/access/caller';
import { sessionTokenOf, tokenHash } from '../../http/access/session-cookie';
import { tooManyRequests, unavailable } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { FeedDependencies } from './feed.dependencies';
import { EventStream, type StreamStart, type StreamTimes } from './event-stream';
import { FeedReader } from './feed-reader';

export interface StreamSettings extends StreamTimes {
  /** Maximum number of streams. */
  readonly maxStreams: number;
  /** Maximum number of streams per key or, where keys are disabled, per address. */
  readonly maxStreamsPerKey: number;
  /** How often the keys of open streams are checked. */
  readonly checkKeysMs: number;
  /** How long streams stay open while their keys cannot be checked, until the next failed check. */
  readonly unverifiedMs: number;
}

export const STREAM_TIMES = { heartbeatMs: 15_000, unreadMs: 30_000, checkKeysMs: 1_000, unverifiedMs: 50_000 };
/** With `unverifiedMs` less than a minute: a check that begins just before its end may take that long. */
const CHECK_DEADLINE_MS = 5_000;
const MAX_CHECK_BACKOFF_MS = 1_000;

export interface EventStreamsOptions {
  readonly deps: Pick<FeedDependencies, 'db' | 'feed' | 'keys' | 'sessions'>;
  /** Keys are checked over connections that requests do not use. */
  readonly accessDb: Database;
  readonly settings: StreamSettings;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/** The credentials of a stream. */
interface StreamCredentials {
  /** Streams with the same owner count together. */
  readonly owner: string;
  readonly keyId: number | null;
  /** Null: not authenticated by session cookie. */
  readonly session: Buffer | null;
}

const RETRY_AFTER_SECONDS = 10;
const HEADERS = {
  'content-type': 'text/event-stream',
  // Proxies must neither compress nor buffer events.
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};
/** Detects clients whose network vanished. */
const KEEP_ALIVE_MS = 30_000;

/** The open event streams of this gateway. */
export class EventStreams {
  readonly #deps: EventStreamsOptions['deps'];
  readonly #accessDb: Database;
  readonly #settings: StreamSettings;
  readonly #reader: FeedReader;
  readonly #keyCheck: BackgroundLoop;
  readonly #closedUnread: Counter;
  readonly #streams = new Map<EventStream, StreamCredentials>();
  #closed = false;
  /** When the last successful check began. */
  #verifiedAt = performance.now();

  constructor({ deps, accessDb, settings, logger, metrics }: EventStreamsOptions) {
    this.#deps = deps;
    this.#accessDb = accessDb;
    this.#settings = settings;
    this.#reader = new FeedReader({ db: deps.db, feed: deps.feed, logger });
    this.#keyCheck = backgroundLoop(
      'close streams of revoked and expired keys',
      logger,
      () => this.#checkKeys(),
      MAX_CHECK_BACKOFF_MS,
    );
    this.#closedUnread = new Counter({
      name: 'pugmark_event_streams_cut_total',
      help: 'Event streams closed because their clients did not read',
      registers: [metrics],
    });
    registerGauge(metrics, 'pugmark_event_streams', 'Open event streams', () => this.#streams.size);
  }

  /** Sends events until the client disconnects. Throws a 429 or 503 when too many streams are open. */
  async serve(
    { request, response, caller, logger }: Pick<Call<object, unknown>, 'request' | 'response' | 'caller' | 'logger'>,
    filter: FeedFilter,
    lastId: number | null,
  ): Promise<void> {
    const stream = new EventStream(response, this.#reader, filter, this.#settings);
    this.#admit(stream, credentialsOf(request, caller));
    try {
      const beginning = streamStart(await this.#deps.feed.readBounds(this.#deps.db), lastId);
      if (stream.isOver) throw unavailable('stream_ended', 'the stream ended before it started: connect again', 1);
      response.status(200).set(HEADERS);
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      keepOpen(request, response);
      await stream.run(beginning);
    } finally {
      this.#streams.delete(stream);
      if (stream.wasClosedUnread) {
        this.#closedUnread.inc();
        logger.warn(
          { unreadMs: this.#settings.unreadMs },
          'closed the stream of a client that did not read; the client can continue where it was',
        );
      }
    }
  }

  /**
   * Ends all streams at once and refuses new ones; resolves when no more is read. Clients reconnect to another gateway.
   */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stream of this.#streams.keys()) stream.end();
    await Promise.all([this.#reader.stop(), this.#keyCheck.stop()]);
  }

  #admit(stream: EventStream, pass: StreamCredentials): void {
    const { maxStreams, maxStreamsPerKey } = this.#settings;
    if (this.#closed) throw unavailable('shutting_down', 'the server is shutting down: connect again', 1);
    if (this.#streams.size >= maxStreams)
      throw unavailable(
        'too_many_streams',
        `${maxStreams} streams are open, the maximum of this server`,
        RETRY_AFTER_SECONDS,
      );
    const streamsOfOwner = [...this.#streams.values()].filter(({ owner }) => owner === pass.owner).length;
    if (streamsOfOwner >= maxStreamsPerKey)
      throw tooManyRequests(
        'too_many_streams',
        `${streamsOfOwner} streams are open with this key, the maximum per key`,
        RETRY_AFTER_SECONDS,
      );
    this.#streams.set(stream, pass);
  }

  /** Ends the streams of keys that are not valid any more; if that cannot be checked for too long, of all keys. */
  async #checkKeys(): Promise<number> {
    const startedAt = performance.now();
    try {
      await withDeadline(this.#closeInvalid(), CHECK_DEADLINE_MS, 'the check of the keys of event streams');
      this.#verifiedAt = startedAt;
    } catch (error) {
      if (performance.now() - this.#verifiedAt >= this.#settings.unverifiedMs)
        for (const [stream, { keyId }] of this.#streams) if (keyId !== null) stream.end();
      throw error;
    }
    return this.#settings.checkKeysMs;
  }

  /** One query for all keys and one for all sessions. */
  async #closeInvalid(): Promise<void> {
    const { keys, sessions } = this.#deps;
    const passes = [...this.#streams];
    const keyIds = [...new Set(passes.flatMap(([, { keyId }]) => keyId ?? []))];
    const tokens = passes.flatMap(([, { session }]) => session ?? []);
    const usable = keyIds.length === 0 ? new Set() : await keys.filterUsable(this.#accessDb, keyIds);
    const live = tokens.length === 0 ? new Set() : await sessions.filterActive(this.#accessDb, tokens);
    for (const [stream, { keyId, session }] of passes) {
      if ((keyId !== null && !usable.has(keyId)) || (session !== null && !live.has(session.toString('base64'))))
        stream.end();
    }
  }
}

function credentialsOf(request: Request, { keyId }: Caller): StreamCredentials {
  const token = keyId === null || request.get('authorization') !== undefined ? null : sessionTokenOf(request);
  return {
    owner: keyId === null ? `address:${request.ip}` : `key:${keyId}`,
    keyId,
    session: token === null ? null : tokenHash(token),
  };
}

function streamStart({ newest, deletedUpTo: forgottenTo }: FeedBounds, lastId: number | null): StreamStart {
  if (lastId === null) return { after: null, newest };
  if (lastId < forgottenTo)
    return { after: null, newest, reset: `events after ${lastId} are no longer complete: reload` };
  // From another database, or from this one before it was restored.
  if (lastId > newest) return { after: null, newest, reset: `there was never an event ${lastId} here: reload` };
  return { after: lastId, newest };
}

/**
 * The server closes idle connections; this one stays open by its heartbeat, and TCP keep-alive detects a vanished
 * client.
 */
function keepOpen(request: Request, response: Response): void {
  request.socket.setTimeout(0);
  request.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  response.flushHeaders();
}
