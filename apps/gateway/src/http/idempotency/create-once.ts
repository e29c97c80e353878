import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { inTransaction, type DatabaseTransaction } from '@pugmark/db';
import type { Caller } from '../access/caller';
import type { IdempotencyDependencies } from './idempotency.dependencies';
import type { Call } from '../operation';
import { HttpProblem, badFields } from '../http-problem';

export interface Created {
  readonly id: number;
  /** The resource was created by an earlier request with the same key. */
  readonly repeated: boolean;
}

/** Minimum time for which a key is kept: clients retry sooner. */
export const IDEMPOTENCY_KEY_SECONDS = 48 * 3_600;

/**
 * Creates a resource in one transaction; with an `Idempotency-Key` header
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) only once, however often the request is
 * repeated. The key is stored in the same transaction, so that a crash or a concurrent request cannot separate the two,
 * and a commit whose answer was lost is found by the key. `content` is the request: the same key with other content is
 * a 422. `create` may be called again after a rollback.
 */
export async function createOnce(
  deps: IdempotencyDependencies,
  { request, caller }: Pick<Call<object, unknown>, 'request' | 'caller'>,
  content: unknown,
  create: (tx: DatabaseTransaction) => Promise<number>,
): Promise<Created> {
  const key = keyOf(request, caller);
  if (key === null) return inTransaction(deps.db, async (tx) => ({ id: await create(tx), repeated: false }));
  const hash = createHash('sha256')
    .update(JSON.stringify([request.method, request.originalUrl, content]))
    .digest();
  const made = new Set<number>();
  const work = async (tx: DatabaseTransaction): Promise<Created> => {
    const known = await deps.idempotency.take(tx, key, hash);
    if (known === null) {
      const id = await create(tx);
      made.add(id);
      await deps.idempotency.setResource(tx, key, id);
      return { id, repeated: false };
    }
    if (!known.requestHash.equals(hash)) {
      throw new HttpProblem(
        422,
        'idempotency_key_reused',
        'this Idempotency-Key was used for another request: use a new key for a new request',
      );
    }
    // An id created by this very request, whose commit was not acknowledged, is not an earlier one.
    return { id: known.resourceId, repeated: !made.has(known.resourceId) };
  };
  return inTransaction(deps.db, work, { idempotent: true });
}

/** True when a request with the same `Idempotency-Key` already created a resource: this one will create nothing. */
export async function wasCreated(
  deps: IdempotencyDependencies,
  { request, caller }: Pick<Call<unknown, unknown>, 'request' | 'caller'>,
): Promise<boolean> {
  const key = keyOf(request, caller);
  return key !== null && deps.idempotency.isTaken(deps.db, key);
}

function keyOf(request: Request, { keyId }: Caller): string | null {
  const key = request.get('idempotency-key');
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw badFields([{ field: 'Idempotency-Key', message: 'must be 1 to 200 visible ASCII characters' }]);
  // Keys are scoped to their caller.
  return `${keyId ?? ''}:${key}`;
}
