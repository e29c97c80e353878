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

/** Who may do what, and who did what. */
export function keysRouter(deps: KeysDependencies, authenticator: Authenticator): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/keys',
      name: 'listKeys',
      summary: 'The keys, oldest first, revoked ones too; never the keys themselves',
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
      summary: 'Makes a key and shows it, this once',
      scope: 'admin',
      body: body(CreateKeyBody),
      answer: { status: 201, json: jsonOf(CreatedKeyResponse), location: ({ id }) => `/keys/${id}` },
      problems: [422],
      // Not once: what was shown once cannot be shown again. A key whose answer was lost is revoked and made anew.
      handle: async ({ body: asked, caller }) => {
        const { name, scopes, projectIds = null, expiresAt = null } = asked;
        if (expiresAt !== null && expiresAt.getTime() <= Date.now())
          throw unprocessable('in_the_past', 'expiresAt', 'expiresAt has passed already');
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
      summary: 'What a key may do, and when it was last used',
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
        authenticator.forget();
      },
    }),
    operation({
      method: 'get',
      path: '/audit',
      name: 'listAuditLog',
      summary: 'Who asked for which change, newest first',
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
  // Two admins that revoke each other's key at the same moment must not both succeed.
  await deps.keys.lockFirst(tx);
  const row = await deps.keys.find(tx, id);
  if (row === null) throw notFound(`key ${id}`);
  if (row.revoked_at === null && isMaster(row) && !(await deps.keys.otherMaster(tx, id))) {
    throw new HttpProblem(409, 'last_admin_key', 'this is the last key that may do everything: make another one first');
  }
  await deps.keys.revoke(tx, id);
}

function isMaster({
  scopes,
  project_ids: projectIds,
}: {
  readonly scopes: readonly string[];
  readonly project_ids: readonly number[] | null;
}): boolean {
  return scopes.includes('admin') && projectIds === null;
}
