import { timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { isDatabaseAway, onceMore, type ApiKeyRow } from '@pugmark/db';
import { parseApiKey } from '@pugmark/domain';
import { HttpProblem } from '../http-problem';
import type { AccessDependencies } from './access.dependencies';
import { callerOf, type Caller } from './caller';
import { assertCsrf, sessionTokenOf, tokenHash } from './session-cookie';

/** How exactly the last use of a key is known. */
const USED_EVERY_MS = 60_000;
/** How long a caller is still believed while the database is away: only what says how the system is can be answered then. */
const REMEMBERED_MS = 600_000;
const MOST_REMEMBERED = 1_000;
/** How long whoever only looks is not looked up again. Another gateway's revocation counts that much later for them; this one's at once. */
const FRESH_MS = 1_000;

interface Remembered {
  readonly caller: Caller;
  readonly at: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Finds out who makes a request, by its key or by the cookie of its session. */
export class Authenticator {
  readonly #deps: Pick<AccessDependencies, 'db' | 'keys' | 'sessions'>;
  readonly #usedAt = new Map<number, number>();
  readonly #remembered = new Map<string, Remembered>();
  /** How often everyone was forgotten. */
  #forgotten = 0;

  constructor(deps: Pick<AccessDependencies, 'db' | 'keys' | 'sessions'>) {
    this.#deps = deps;
  }

  /** Throws a 401 that says what is wrong with the key, and a 403 for a change by cookie without its CSRF token. */
  async callerOf(request: Request): Promise<Caller> {
    const header = request.get('authorization');
    if (header !== undefined) {
      const key = bearerOf(header);
      return this.#remember(key, request, () => this.keyRow(key));
    }
    const token = sessionTokenOf(request);
    if (token === null) throw unauthorized('key_missing', 'a key is needed: send it as "Authorization: Bearer pm_…"');
    assertCsrf(request, token);
    return this.#remember(token, request, async () => {
      const row = await this.#deps.sessions.keyOf(this.#deps.db, tokenHash(token));
      if (row === null) throw unauthorized('session_ended', 'the session has ended: sign in again');
      return this.#usable(row);
    });
  }

  /** For when a key was revoked or a session has ended: everyone is looked up again. */
  forget(): void {
    this.#remembered.clear();
    this.#forgotten += 1;
  }

  /** The row of a key that may be used. Throws a 401. */
  async keyRow(text: string): Promise<ApiKeyRow> {
    const key = parseApiKey(text);
    const row = key === null ? null : await this.#deps.keys.findByPrefix(this.#deps.db, key.prefix);
    if (key === null || row === null || !timingSafeEqual(row.secret_hash, key.hash))
      throw unauthorized('key_wrong', 'there is no such key');
    return this.#usable(row);
  }

  async #usable(row: ApiKeyRow): Promise<ApiKeyRow> {
    if (row.revoked_at !== null) throw unauthorized('key_revoked', 'the key was revoked: ask for a new one');
    if (row.expires_at !== null && row.expires_at.getTime() <= Date.now())
      throw unauthorized('key_expired', `the key expired at ${row.expires_at.toISOString()}: ask for a new one`);
    if (Date.now() - (this.#usedAt.get(row.id) ?? 0) >= USED_EVERY_MS) {
      this.#usedAt.set(row.id, Date.now());
      await this.#deps.keys.used(this.#deps.db, row.id);
    }
    return row;
  }

  async #remember(text: string, { method }: Request, find: () => Promise<ApiKeyRow>): Promise<Caller> {
    const secret = tokenHash(text).toString('base64');
    const fresh = this.#remembered.get(secret);
    if (method === 'GET' && fresh !== undefined && Date.now() < Math.min(fresh.at + FRESH_MS, fresh.expiresAt))
      return fresh.caller;
    const [asked, forgotten] = [Date.now(), this.#forgotten];
    try {
      const row = await onceMore(find);
      const caller = callerOf(row);
      // Asked before a revocation, answered after it.
      if (forgotten !== this.#forgotten) return caller;
      this.#remembered.delete(secret);
      this.#remembered.set(secret, { caller, at: asked, expiresAt: row.expires_at?.getTime() ?? Infinity });
      // A Map keeps the order of insertion: the first is the one not seen for longest.
      if (this.#remembered.size > MOST_REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value!);
      return caller;
    } catch (error) {
      const known = this.#remembered.get(secret);
      if (!isDatabaseAway(error)) this.#remembered.delete(secret);
      else if (known !== undefined && Date.now() - known.at < REMEMBERED_MS) return known.caller;
      throw error;
    }
  }
}

function bearerOf(header: string): string {
  const match = /^Bearer ([\x21-\x7e]+)$/i.exec(header);
  if (match === null) throw unauthorized('key_wrong', 'the Authorization header must be "Bearer pm_…"');
  return match[1]!;
}

export function unauthorized(code: string, detail: string): HttpProblem {
  return new HttpProblem(401, code, detail, { headers: { 'www-authenticate': 'Bearer realm="pugmark"' } });
}
