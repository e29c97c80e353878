import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { ApiKeyRow } from '@pugmark/db';
import { HttpProblem } from '../http-problem';

export const SESSION_SECONDS = 12 * 3_600;

const NAME = 'pugmark_session';
const TOKEN = new RegExp(`(?:^|;\\s*)${NAME}=([A-Za-z0-9_-]{43})(?:;|$)`);

type SessionKey = Pick<ApiKeyRow, 'prefix' | 'secret_hash'>;

/** Lengths in bytes: of the prefix of the session's key, and of random bytes. */
const PREFIX = 4;
const RANDOM = 16;

/**
 * A token of 32 bytes: the prefix of its key, random bytes, and an authentication code over both by the hash of the
 * key. The code tells guesses from issued tokens without a query; the table `sessions` has those that are active.
 */
export function newSessionToken(key: SessionKey): string {
  const content = Buffer.concat([Buffer.from(key.prefix.slice('pm_'.length), 'hex'), randomBytes(RANDOM)]);
  return Buffer.concat([content, codeOf(content, key)]).toString('base64url');
}

/** The prefix of the key that the token claims to be of. */
export function keyPrefixOf(token: string): string {
  return `pm_${Buffer.from(token, 'base64url').toString('hex', 0, PREFIX)}`;
}

/** Whether the token was issued for this key; it may have ended since. */
export function wasIssuedFor(token: string, key: SessionKey): boolean {
  const bytes = Buffer.from(token, 'base64url');
  const content = bytes.subarray(0, PREFIX + RANDOM);
  return timingSafeEqual(bytes.subarray(PREFIX + RANDOM), codeOf(content, key));
}

/** 12 bytes: the rest of a token. */
function codeOf(content: Buffer, { secret_hash: secret }: SessionKey): Buffer {
  return createHmac('sha256', secret).update('session:').update(content).digest().subarray(0, 12);
}

/** The hash under which a session token is stored. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

export function sessionTokenOf(request: Request): string | null {
  return TOKEN.exec(request.get('cookie') ?? '')?.[1] ?? null;
}

/** HttpOnly, SameSite=Strict and, over TLS, Secure. */
export function setSessionCookie(request: Request, response: Response, token: string): void {
  response.cookie(NAME, token, {
    httpOnly: true,
    sameSite: 'strict',
    secure: request.secure,
    path: '/',
    maxAge: SESSION_SECONDS * 1_000,
  });
}

export function clearSessionCookie(request: Request, response: Response): void {
  response.clearCookie(NAME, { httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/' });
}

/**
 * What a page must send as `x-csrf-token`: derived from the session token, which only this server and the cookie hold.
 */
export function csrfTokenOf(token: string): string {
  return createHash('sha256').update(`csrf:${token}`).digest('base64url');
}

/**
 * Throws a 403 for a change that is authenticated by cookie alone. SameSite keeps the cookie out of other sites'
 * requests in current browsers; a header that no form can send does so in all of them
 * (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html).
 */
export function assertCsrf(request: Request, token: string): void {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return;
  const given = Buffer.from(request.get('x-csrf-token') ?? '');
  const expected = Buffer.from(csrfTokenOf(token));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new HttpProblem(
      403,
      'csrf',
      'a change authenticated by cookie needs the x-csrf-token header with the token of GET /api/v1/session',
    );
  }
}
