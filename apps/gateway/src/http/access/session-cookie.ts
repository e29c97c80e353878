import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { HttpProblem } from '../http-problem';

export const SESSION_SECONDS = 12 * 3_600;

const NAME = 'pugmark_session';
const TOKEN = new RegExp(`(?:^|;\\s*)${NAME}=([A-Za-z0-9_-]{43})(?:;|$)`);

export function newSessionToken(): string {
  return randomBytes(32).toString('base64url');
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
