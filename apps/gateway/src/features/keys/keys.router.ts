import { inTransaction, type DatabaseTransaction } from '@pugmark/db';
import { newApiKey } from '@pugmark/domain';
import type { Authenticator } from '../../http/access/authenticator';
import { HttpProblem, notFound, unprocessable } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { KeysDependencies } from './keys.dependencies';
import {
  AuditEntryResponse,
  AuditQuery,
  CreateKeyBody,
  CreatedKeyResponse,
  KeyResponse,
  auditEntryResponse,
  keyResponse,
} from './keys.dto';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';

/** API keys and the audit log. */
export function keysRouter(deps: KeysDependencies, authenticator: Authenticator): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/keys',
      name: 'listKeys',
      summary: 'All keys, oldest first, including revoked ones; never their secrets',
      scope: 'admin',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(KeyResponse) },
      problems: [422],
      handle: async ({ query: { limit, cursor } }) => {
        const rows = await deps.keys.page(deps.db, afterId('keys', cursor), limit + 1);
        return pageOf('keys', rows, limit, (row) => row.id, keyResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/keys',
      name: 'createKey',
      summary: 'Creates a key and returns it, only this once',
      scope: 'admin',
      body: body(CreateKeyBody),
      answer: { status: 201, json: jsonOf(CreatedKeyResponse), location: ({ id }) => `/keys/${id}` },
      problems: [422],
      // Not idempotent: a secret cannot be returned again. A key whose response was lost is revoked, and the client
      // creates another one.
      handle: async ({ body: requested, caller }) => {
        const { name, scopes, projectIds = null, expiresAt = null } = requested;
        if (expiresAt !== null && expiresAt.getTime() <= Date.now())
          throw unprocessable('expiry_in_the_past', 'expiresAt', 'expiresAt is in the past');
        for (const id of projectIds ?? []) {
          if ((await deps.projects.find(deps.db, id)) === null)
            throw unprocessable('project_missing', 'projectIds', `there is no project ${id}`);
        }
        const key = newApiKey();
        const row = await deps.keys.create(deps.db, {
          name,
          prefix: key.prefix,
          secretHash: key.hash,
          scopes,
          projectIds,
          expiresAt,
          createdBy: caller.keyId,
        });
        return { ...keyResponse(row), key: key.key };
      },
    }),
    operation({
      method: 'get',
      path: '/keys/:id',
      name: 'getKey',
      summary: 'The scopes of a key, and its last use',
      scope: 'admin',
      answer: { status: 200, json: jsonOf(KeyResponse) },
      handle: async ({ id }) => {
        const row = await deps.keys.find(deps.db, id);
        if (row === null) throw notFound(`key ${id}`);
        return keyResponse(row);
      },
    }),
    operation({
      method: 'delete',
      path: '/keys/:id',
      name: 'revokeKey',
      summary: 'Revokes a key and ends its sessions, at once and for good',
      scope: 'admin',
      answer: { status: 204 },
      problems: [409],
      handle: async ({ id }) => {
        await inTransaction(deps.db, (tx) => revoke(tx, deps, id), { idempotent: true });
        authenticator.clearCache();
      },
    }),
    operation({
      method: 'get',
      path: '/audit',
      name: 'listAuditLog',
      summary: 'The audit log: who requested which change, newest first',
      scope: 'admin',
      query: AuditQuery,
      answer: { status: 200, json: pageTypeOf(AuditEntryResponse) },
      problems: [422],
      handle: async ({ query: { limit, cursor, ...filter } }) => {
        const rows = await deps.audit.page(deps.db, filter, afterId('audit', cursor) || null, limit + 1);
        return pageOf('audit', rows, limit, (row) => row.id, auditEntryResponse);
      },
    }),
  ];
}

async function revoke(tx: DatabaseTransaction, deps: KeysDependencies, id: number): Promise<void> {
  // Two admins who revoke each other's key concurrently must not both succeed.
  await deps.keys.lockKeyCreation(tx);
  const row = await deps.keys.find(tx, id);
  if (row === null) throw notFound(`key ${id}`);
  if (row.revoked_at === null && isAdminKey(row) && !(await deps.keys.hasOtherAdmin(tx, id))) {
    throw new HttpProblem(409, 'last_admin_key', 'this is the last admin key: create another one first');
  }
  await deps.keys.revoke(tx, id);
}

function isAdminKey({
  scopes,
  project_ids: projectIds,
}: {
  readonly scopes: readonly string[];
  readonly project_ids: readonly number[] | null;
}): boolean {
  return scopes.includes('admin') && projectIds === null;
}
