import { timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { isDatabaseUnavailable, retryOnce, type ApiKeyRow } from '@pugmark/db';
import type { RateLimiter } from '@pugmark/cache';
import { parseApiKey } from '@pugmark/domain';
import { sleep } from '@pugmark/platform';
import { HttpProblem, tooManyRequests } from '../http-problem';
import type { AccessDependencies } from './access.dependencies';
import { callerOf, type Caller } from './caller';
import { KeyDirectory } from './key-directory';
import { assertCsrf, keyPrefixOf, sessionTokenOf, tokenHash, wasIssuedFor } from './session-cookie';

/** Precision of a key's last use. */
const USED_EVERY_MS = 60_000;
/** A revocation or sign-out by another gateway takes effect that much later for reads; for changes at once. */
const FRESH_MS = 1_000;
/** How long reads are accepted while the database cannot be reached; only status requests can be answered then. */
const UNVERIFIED_MS = 60_000;
const MAX_CACHED_SESSIONS = 1_000;
/** Time that a 429 is held back: an address that sends one wrong key after the other then needs this for each. */
const REFUSAL_DELAY_MS = 1_000;
/** Maximum number of responses that are held back at a time; further ones are sent at once. */
const MAX_DELAYED = 500;

interface CachedSession {
  /** Of its key. */
  readonly prefix: string;
  readonly at: number;
}

export interface AuthenticatorOptions {
  /** On connections of its own: callers are authenticated although those of requests are busy. */
  readonly db: AccessDependencies['accessDb'];
  readonly keys: AccessDependencies['keys'];
  readonly sessions: AccessDependencies['sessions'];
  /** Counts refused keys and sessions per address; null: unlimited. */
  readonly refused: RateLimiter | null;
}

/** Authenticates requests by API key or session cookie. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #directory: KeyDirectory;
  readonly #usedAt = new Map<number, number>();
  /** Sessions by the base64 of their token hashes. */
  readonly #sessions = new LRUCache<string, CachedSession>({ max: MAX_CACHED_SESSIONS });
  /** How often the cache was cleared. */
  #clears = 0;
  /** Number of refusals that are held back. */
  #delayed = 0;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#directory = new KeyDirectory(options.db, options.keys);
  }

  /**
   * Throws a 401 that says what is wrong with the key, a 403 for a cookie-authenticated change without its CSRF token,
   * and a 429 to an address that was refused too often. A right key or session is accepted from any address.
   */
  async callerOf(request: Request): Promise<Caller> {
    const header = request.get('authorization');
    if (header !== undefined)
      return callerOf(
        await this.#countingRefusals(request, () => this.#rowOfKey(request, bearerOf(header), isRead(request))),
      );
    const token = sessionTokenOf(request);
    if (token === null)
      throw unauthorized('key_missing', 'an API key is required: send it as "Authorization: Bearer pm_…"');
    assertCsrf(request, token);
    return callerOf(await this.#rowOfSession(request, token));
  }

  /** Clears the cache, after a key was revoked or a session ended. */
  clearCache(): void {
    this.#sessions.clear();
    this.#clears += 1;
    this.#directory.invalidate();
  }

  /** The row of a valid key that is exchanged for a session. Throws a 401, and a 429 as `callerOf`. */
  async keyRow(request: Request, text: string): Promise<ApiKeyRow> {
    return this.#countingRefusals(request, () => this.#rowOfKey(request, text, false));
  }

  async #rowOfKey(request: Request, text: string, reads: boolean): Promise<ApiKeyRow> {
    const key = parseApiKey(text);
    if (key === null) throw keyUnknown();
    const known = await this.#findKey(request, key.prefix);
    if (known === null || !timingSafeEqual(known.secret_hash, key.hash)) throw keyUnknown();
    return this.#usableRow(known, reads);
  }

  /** Throws a 429 where a wrong prefix would cost a query. */
  async #findKey(request: Request, prefix: string): Promise<ApiKeyRow | null> {
    // At most one query per interval, however many wrong keys come.
    if (this.#directory.find(prefix) === null) await this.#refreshDirectory();
    const known = this.#directory.find(prefix);
    if (known !== null) return known;
    // It may have been created since the directory was read.
    await this.#refuse((await this.#options.refused?.check(addressOf(request))) ?? 0);
    const row = await retryOnce(() => this.#options.keys.findByPrefix(this.#options.db, prefix));
    if (row !== null) this.#directory.invalidate();
    return row;
  }

  async #rowOfSession(request: Request, token: string): Promise<ApiKeyRow> {
    const { db, sessions } = this.#options;
    const hash = tokenHash(token);
    const id = hash.toString('base64');
    const cached = this.#sessions.get(id);
    const reads = isRead(request);
    if (reads && cached !== undefined && Date.now() < cached.at + FRESH_MS)
      return this.#usableRow(this.#directory.find(cached.prefix), reads);
    const find = async (): Promise<ApiKeyRow> => {
      // Only a session that was never seen can be a guess.
      if (cached === undefined) await this.#assertIssued(request, token);
      const [requestedAt, clears] = [Date.now(), this.#clears];
      const row = await retryOnce(() => sessions.keyOf(db, hash));
      if (row === null) {
        this.#sessions.delete(id);
        throw sessionEnded();
      }
      // A session that was read before it was ended is not cached.
      if (clears === this.#clears) this.#sessions.set(id, { prefix: row.prefix, at: requestedAt });
      return this.#requireUsable(row);
    };
    try {
      return await this.#countingRefusals(request, find);
    } catch (error) {
      if (!reads || cached === undefined || !isDatabaseUnavailable(error) || Date.now() > cached.at + UNVERIFIED_MS)
        throw error;
      return this.#usableRow(this.#directory.find(cached.prefix), reads);
    }
  }

  /** Throws a 401 for a token that this system has not issued, and a 429 where it would cost a query. */
  async #assertIssued(request: Request, token: string): Promise<void> {
    const key = await this.#findKey(request, keyPrefixOf(token));
    if (key === null || !wasIssuedFor(token, key)) throw sessionEnded();
  }

  /**
   * For changes the row is read again, for reads the directory must have been up to date recently. Throws a 401 for a
   * revoked or expired key.
   */
  async #usableRow(known: ApiKeyRow | null, reads: boolean): Promise<ApiKeyRow> {
    if (known === null) throw keyUnknown();
    if (reads) await this.#refreshDirectory();
    const row = reads
      ? this.#directory.find(known.prefix)
      : await retryOnce(() => this.#options.keys.findByPrefix(this.#options.db, known.prefix));
    if (row === null) throw keyUnknown();
    return this.#requireUsable(row);
  }

  /** For a row that is up to date. Throws a 401 for a revoked or expired key. */
  #requireUsable(row: ApiKeyRow): ApiKeyRow {
    if (row.revoked_at !== null) throw unauthorized('key_revoked', 'the API key was revoked: ask for a new one');
    if (row.expires_at !== null && row.expires_at.getTime() <= Date.now())
      throw unauthorized('key_expired', `the API key expired at ${row.expires_at.toISOString()}: ask for a new one`);
    this.#recordUse(row.id);
    return row;
  }

  /** Throws what the database throws when it has been unavailable for longer than reads are accepted without it. */
  async #refreshDirectory(): Promise<void> {
    try {
      await retryOnce(() => this.#directory.refresh(FRESH_MS));
    } catch (error) {
      if (!isDatabaseUnavailable(error) || this.#directory.ageMs > UNVERIFIED_MS) throw error;
    }
  }

  /** In the background: a request does not wait for it, and one that is lost is repeated with a later request. */
  #recordUse(keyId: number): void {
    if (Date.now() - (this.#usedAt.get(keyId) ?? 0) < USED_EVERY_MS) return;
    this.#usedAt.set(keyId, Date.now());
    this.#options.keys.recordUse(this.#options.db, keyId).catch(() => this.#usedAt.delete(keyId));
  }

  /** Counts a 401 for the address of the request, and answers further ones with a 429. */
  async #countingRefusals<T>(request: Request, verify: () => Promise<T>): Promise<T> {
    try {
      return await verify();
    } catch (error) {
      if (error instanceof HttpProblem && error.status === 401)
        await this.#refuse((await this.#options.refused?.take(addressOf(request))) ?? 0);
      throw error;
    }
  }

  /** Throws a 429 after a while, unless `seconds` is 0. */
  async #refuse(seconds: number): Promise<void> {
    if (seconds === 0) return;
    if (this.#delayed < MAX_DELAYED) {
      this.#delayed += 1;
      await sleep(REFUSAL_DELAY_MS).finally(() => (this.#delayed -= 1));
    }
    throw tooManyRequests('too_many_refused_keys', 'too many wrong keys or sessions from this address', seconds);
  }
}

function addressOf(request: Request): string {
  return request.ip ?? '';
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

function bearerOf(header: string): string {
  const match = /^Bearer ([\x21-\x7e]+)$/i.exec(header);
  if (match === null) throw unauthorized('key_unknown', 'the Authorization header must be "Bearer pm_…"');
  return match[1]!;
}

function keyUnknown(): HttpProblem {
  return unauthorized('key_unknown', 'the API key is unknown');
}

function sessionEnded(): HttpProblem {
  return unauthorized('session_ended', 'the session has expired: sign in again');
}

export function unauthorized(code: string, detail: string): HttpProblem {
  return new HttpProblem(401, code, detail, { headers: { 'www-authenticate': 'Bearer realm="pugmark"' } });
}
