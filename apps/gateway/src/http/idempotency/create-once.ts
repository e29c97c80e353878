import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { inTransaction, type DatabaseTransaction } from '@pugmark/db';
import type { Caller } from '../access/caller';
import type { IdempotencyDependencies } from './idempotency.dependencies';
import type { Call } from '../operation';
import { HttpProblem, badFields } from '../http-problem';

export interface Created {
  readonly id: number;
  /** An earlier request with the same key made it, and this one nothing. */
  readonly repeated: boolean;
}

/** How long a key is remembered, at least: a client that tries again does so sooner. */
export const IDEMPOTENCY_KEY_SECONDS = 48 * 3_600;

/**
 * Makes something in one transaction; with an `Idempotency-Key` header
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) once, however often the request comes: a client
 * that got no answer may send it again. The key is stored in the same transaction, so that neither a crash nor a second request at
 * the same moment comes between, and a commit whose answer was lost is looked for under it. `content` is what was asked for: the same
 * key with other content is a 422. `create` may be called again, after what it did was rolled back.
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
      await deps.idempotency.settle(tx, key, id);
      return { id, repeated: false };
    }
    if (!known.requestHash.equals(hash)) {
      throw new HttpProblem(
        422,
        'idempotency_key_reused',
        'this Idempotency-Key was sent with another request: a new request needs a new key',
      );
    }
    // What this very request committed, without hearing of it, is no earlier one's.
    return { id: known.resourceId, repeated: !made.has(known.resourceId) };
  };
  return inTransaction(deps.db, work, { idempotent: true });
}

/** Whether a request with the same `Idempotency-Key` has made something: this one will make nothing, only be answered alike. */
export async function wasMade(
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
  // What one caller chose means nothing to another.
  return `${keyId ?? ''}:${key}`;
}
