import { timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { isDatabaseUnavailable, retryOnce, type ApiKeyRow } from '@pugmark/db';
import { parseApiKey } from '@pugmark/domain';
import { HttpProblem } from '../http-problem';
import type { AccessDependencies } from './access.dependencies';
import { callerOf, type Caller } from './caller';
import { assertCsrf, sessionTokenOf, tokenHash } from './session-cookie';

/** Precision of a key's last use. */
const USED_EVERY_MS = 60_000;
/** How long a cached caller is accepted while the database is down; only status requests can be answered then. */
const CACHED_MS = 600_000;
const MAX_CACHED_CALLERS = 1_000;
/**
 * How long the cached caller of a read request is used without a database lookup. A revocation by another gateway takes
 * effect that much later for reads; one by this gateway at once.
 */
const FRESH_MS = 1_000;

interface CachedCaller {
  readonly caller: Caller;
  readonly at: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Authenticates requests by API key or session cookie. */
export class Authenticator {
  readonly #deps: Pick<AccessDependencies, 'db' | 'keys' | 'sessions'>;
  readonly #usedAt = new Map<number, number>();
  readonly #cached = new LRUCache<string, CachedCaller>({ max: MAX_CACHED_CALLERS });
  /** How often the cache was cleared. */
  #clears = 0;

  constructor(deps: Pick<AccessDependencies, 'db' | 'keys' | 'sessions'>) {
    this.#deps = deps;
  }

  /**
   * Throws a 401 that says what is wrong with the key, or a 403 for a cookie-authenticated change without its CSRF
   * token.
   */
  async callerOf(request: Request): Promise<Caller> {
    const header = request.get('authorization');
    if (header !== undefined) {
      const key = bearerOf(header);
      return this.#cachedCaller(key, request, () => this.keyRow(key));
    }
    const token = sessionTokenOf(request);
    if (token === null)
      throw unauthorized('key_missing', 'an API key is required: send it as "Authorization: Bearer pm_…"');
    assertCsrf(request, token);
    return this.#cachedCaller(token, request, async () => {
      const row = await this.#deps.sessions.keyOf(this.#deps.db, tokenHash(token));
      if (row === null) throw unauthorized('session_ended', 'the session has expired: sign in again');
      return this.#usableRow(row);
    });
  }

  /** Clears the cache, after a key was revoked or a session ended. */
  clearCache(): void {
    this.#cached.clear();
    this.#clears += 1;
  }

  /** The row of a valid key. Throws a 401. */
  async keyRow(text: string): Promise<ApiKeyRow> {
    const key = parseApiKey(text);
    const row = key === null ? null : await this.#deps.keys.findByPrefix(this.#deps.db, key.prefix);
    if (key === null || row === null || !timingSafeEqual(row.secret_hash, key.hash))
      throw unauthorized('key_unknown', 'the API key is unknown');
    return this.#usableRow(row);
  }

  async #usableRow(row: ApiKeyRow): Promise<ApiKeyRow> {
    if (row.revoked_at !== null) throw unauthorized('key_revoked', 'the API key was revoked: ask for a new one');
    if (row.expires_at !== null && row.expires_at.getTime() <= Date.now())
      throw unauthorized('key_expired', `the API key expired at ${row.expires_at.toISOString()}: ask for a new one`);
    if (Date.now() - (this.#usedAt.get(row.id) ?? 0) >= USED_EVERY_MS) {
      this.#usedAt.set(row.id, Date.now());
      await this.#deps.keys.recordUse(this.#deps.db, row.id);
    }
    return row;
  }

  async #cachedCaller(text: string, { method }: Request, find: () => Promise<ApiKeyRow>): Promise<Caller> {
    const secret = tokenHash(text).toString('base64');
    const fresh = this.#cached.get(secret);
    if (method === 'GET' && fresh !== undefined && Date.now() < Math.min(fresh.at + FRESH_MS, fresh.expiresAt))
      return fresh.caller;
    const [requestedAt, clears] = [Date.now(), this.#clears];
    try {
      const row = await retryOnce(find);
      const caller = callerOf(row);
      // The row was read before a revocation: do not cache it.
      if (clears !== this.#clears) return caller;
      this.#cached.set(secret, { caller, at: requestedAt, expiresAt: row.expires_at?.getTime() ?? Infinity });
      return caller;
    } catch (error) {
      const known = this.#cached.get(secret);
      if (!isDatabaseUnavailable(error)) this.#cached.delete(secret);
      else if (known !== undefined && Date.now() - known.at < CACHED_MS) return known.caller;
      throw error;
    }
  }
}

function bearerOf(header: string): string {
  const match = /^Bearer ([\x21-\x7e]+)$/i.exec(header);
  if (match === null) throw unauthorized('key_unknown', 'the Authorization header must be "Bearer pm_…"');
  return match[1]!;
}

export function unauthorized(code: string, detail: string): HttpProblem {
  return new HttpProblem(401, code, detail, { headers: { 'www-authenticate': 'Bearer realm="pugmark"' } });
}
