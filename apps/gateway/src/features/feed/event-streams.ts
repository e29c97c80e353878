import type { Request, Response } from 'express';
import type { FeedBounds, FeedFilter } from '@pugmark/db';
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
import { tooMany, unavailable } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { FeedDependencies } from './feed.dependencies';
import { EventStream, type Beginning, type StreamTimes } from './event-stream';
import { FeedReader } from './feed-reader';

export interface StreamSettings extends StreamTimes {
  /** Most streams at once. */
  readonly most: number;
  /** Most streams at once with one key, or, where no keys are asked for, from one address. */
  readonly mostOfOne: number;
  /** How often is looked whether the keys of those who listen may still be used. */
  readonly checkKeysMs: number;
}

export const STREAM_TIMES = { heartbeatMs: 15_000, unreadMs: 30_000, checkKeysMs: 20_000 };

export interface EventStreamsParts {
  readonly deps: Pick<FeedDependencies, 'db' | 'feed' | 'keys' | 'sessions'>;
  readonly settings: StreamSettings;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/** By what a client was let in. */
interface Pass {
  /** Whose streams are counted together. */
  readonly of: string;
  readonly keyId: number | null;
  /** Null: not by the cookie of a session. */
  readonly session: Buffer | null;
}

const TRY_AGAIN_SECONDS = 10;
const HEADERS = {
  'content-type': 'text/event-stream',
  // Proxies must neither pack the events nor wait for more of them.
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};
/** Finds out about a client whose network has gone without a word. */
const KEEP_ALIVE_MS = 30_000;

/** The clients of this gateway that listen to the feed. */
export class EventStreams {
  readonly #deps: EventStreamsParts['deps'];
  readonly #settings: StreamSettings;
  readonly #reader: FeedReader;
  readonly #keyCheck: BackgroundLoop;
  readonly #cut: Counter;
  readonly #streams = new Map<EventStream, Pass>();
  #closed = false;

  constructor({ deps, settings, logger, metrics }: EventStreamsParts) {
    this.#deps = deps;
    this.#settings = settings;
    this.#reader = new FeedReader({ db: deps.db, feed: deps.feed, logger });
    this.#keyCheck = backgroundLoop('end streams of keys that have ended', logger, () => this.#endUnusable());
    this.#cut = new Counter({
      name: 'pugmark_event_streams_cut_total',
      help: 'Streams that were cut off because their clients did not read',
      registers: [metrics],
    });
    registerGauge(metrics, 'pugmark_event_streams', 'Clients that listen to events', () => this.#streams.size);
  }

  /** Sends events until the client goes. Throws a 429 or 503 when there are too many streams already. */
  async serve(
    { request, response, caller, logger }: Pick<Call<object, unknown>, 'request' | 'response' | 'caller' | 'logger'>,
    filter: FeedFilter,
    lastId: number | null,
  ): Promise<void> {
    const stream = new EventStream(response, this.#reader, filter, this.#settings);
    this.#admit(stream, passOf(request, caller));
    try {
      const beginning = beginningOf(await this.#deps.feed.bounds(this.#deps.db), lastId);
      if (stream.isOver) throw unavailable('stream_ended', 'the stream was ended before it began: connect again', 1);
      response.status(200).set(HEADERS);
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      keepOpen(request, response);
      await stream.run(beginning);
    } finally {
      this.#streams.delete(stream);
      if (stream.wasCut) {
        this.#cut.inc();
        logger.warn(
          { unreadMs: this.#settings.unreadMs },
          'a client did not read its events and was cut off; it can go on where it was',
        );
      }
    }
  }

  /** Ends all streams at once and takes no new ones; resolves when nothing is read any more. Clients come back to the next gateway. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stream of this.#streams.keys()) stream.end();
    await Promise.all([this.#reader.stop(), this.#keyCheck.stop()]);
  }

  #admit(stream: EventStream, pass: Pass): void {
    const { most, mostOfOne } = this.#settings;
    if (this.#closed) throw unavailable('shutting_down', 'the server is about to end: connect again', 1);
    if (this.#streams.size >= most)
      throw unavailable(
        'too_many_streams',
        `${most} clients listen already, the most that this server takes`,
        TRY_AGAIN_SECONDS,
      );
    const ofSame = [...this.#streams.values()].filter(({ of }) => of === pass.of).length;
    if (ofSame >= mostOfOne)
      throw tooMany(
        'too_many_streams',
        `${ofSame} streams are open with this key already, the most that one may have`,
        TRY_AGAIN_SECONDS,
      );
    this.#streams.set(stream, pass);
  }

  /** One question for all keys, one for all sessions. While the database is away, nothing is sent either. */
  async #endUnusable(): Promise<number> {
    const { db, keys, sessions } = this.#deps;
    const passes = [...this.#streams];
    const keyIds = [...new Set(passes.flatMap(([, { keyId }]) => keyId ?? []))];
    const tokens = passes.flatMap(([, { session }]) => session ?? []);
    const usable = keyIds.length === 0 ? new Set() : await keys.usable(db, keyIds);
    const live = tokens.length === 0 ? new Set() : await sessions.live(db, tokens);
    for (const [stream, { keyId, session }] of passes) {
      if ((keyId !== null && !usable.has(keyId)) || (session !== null && !live.has(session.toString('base64'))))
        stream.end();
    }
    return this.#settings.checkKeysMs;
  }
}

function passOf(request: Request, { keyId }: Caller): Pass {
  const token = keyId === null || request.get('authorization') !== undefined ? null : sessionTokenOf(request);
  return {
    of: keyId === null ? `address:${request.ip}` : `key:${keyId}`,
    keyId,
    session: token === null ? null : tokenHash(token),
  };
}

function beginningOf({ newest, forgottenTo }: FeedBounds, lastId: number | null): Beginning {
  if (lastId === null) return { after: null, newest };
  if (lastId < forgottenTo)
    return { after: null, newest, reset: `what came after ${lastId} is no longer kept in full: read anew` };
  // Of another database, or of this one before it was set back.
  if (lastId > newest) return { after: null, newest, reset: `there was no event ${lastId} here: read anew` };
  return { after: lastId, newest };
}

/** The server cuts off connections on which nothing moves; on this one the heartbeat does, and the client's system must answer. */
function keepOpen(request: Request, response: Response): void {
  request.socket.setTimeout(0);
  request.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  response.flushHeaders();
}
