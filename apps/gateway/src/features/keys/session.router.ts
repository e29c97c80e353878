import type { Authenticator } from '../../http/access/authenticator';
import { callerOf, type Caller } from '../../http/access/caller';
import {
  clearSessionCookie,
  csrfTokenOf,
  newSessionToken,
  sessionTokenOf,
  setSessionCookie,
  SESSION_SECONDS,
  tokenHash,
} from '../../http/access/session-cookie';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { KeysDependencies } from './keys.dependencies';
import { SessionBody, SessionResponse } from './keys.dto';

/** Sessions of web pages: exchanges a key for a cookie that scripts cannot read. */
export function sessionRouter(deps: KeysDependencies, authenticator: Authenticator): Operation[] {
  return [
    operation({
      method: 'post',
      path: '/session',
      name: 'signIn',
      summary: 'Signs in with a key: returns a cookie, and the token that changes need',
      scope: null,
      body: body(SessionBody),
      answer: { status: 201, json: jsonOf(SessionResponse) },
      problems: [401],
      handle: async ({ body: { key }, request, response }) => {
        const row = await authenticator.keyRow(request, key);
        const token = newSessionToken(row);
        await deps.sessions.create(deps.db, row.id, tokenHash(token), SESSION_SECONDS);
        setSessionCookie(request, response, token);
        return sessionResponse(callerOf(row), token);
      },
    }),
    operation({
      method: 'get',
      path: '/session',
      name: 'getSession',
      summary: 'The caller and its permissions',
      scope: 'any',
      anyProject: true,
      answer: { status: 200, json: jsonOf(SessionResponse) },
      handle: ({ caller, request }) =>
        Promise.resolve(
          sessionResponse(caller, request.get('authorization') === undefined ? sessionTokenOf(request) : null),
        ),
    }),
    operation({
      method: 'delete',
      path: '/session',
      name: 'signOut',
      summary: 'Ends the session of the cookie',
      scope: 'any',
      anyProject: true,
      answer: { status: 204 },
      handle: async ({ request, response }) => {
        const token = sessionTokenOf(request);
        if (token !== null) await deps.sessions.end(deps.db, tokenHash(token));
        authenticator.clearCache();
        clearSessionCookie(request, response);
      },
    }),
  ];
}

function sessionResponse({ name, prefix, scopes, projectIds }: Caller, token: string | null): SessionResponse {
  return { name, prefix, scopes, projectIds, csrfToken: token === null ? null : csrfTokenOf(token) };
}
