import { inTransaction } from '@pugmark/db';
import type { Logger } from '@pugmark/platform';
import { newApiKey, parseApiKey, type ApiKey } from '@pugmark/domain';
import type { KeysDependencies } from './keys.dependencies';

/**
 * Sees to it that someone can get in: the key that the operator supplies (`ADMIN_KEY`) exists, or else, where no key was ever made, a
 * new one is made and shown. It is shown before it is stored for good: a process that dies in between leaves none that nobody knows.
 */
export async function ensureFirstKey(
  deps: Pick<KeysDependencies, 'db' | 'keys'>,
  supplied: string | undefined,
  logger: Logger,
): Promise<void> {
  const given = supplied === undefined ? null : parseApiKey(supplied);
  // One, however often the transaction is begun: what was shown must be what is stored.
  const made = newApiKey();
  await inTransaction(deps.db, async (tx) => {
    await deps.keys.lockFirst(tx);
    const create = (key: ApiKey, name: string) =>
      deps.keys.create(tx, {
        name,
        prefix: key.prefix,
        secretHash: key.hash,
        scopes: ['admin'],
        projectIds: null,
        expiresAt: null,
        createdBy: null,
      });
    if (given !== null) {
      const known = await deps.keys.findByPrefix(tx, given.prefix);
      if (known === null) await create(given, 'ADMIN_KEY');
      else if (!known.secret_hash.equals(given.hash))
        throw new Error('ADMIN_KEY begins as another key does: make a new one');
      else if (known.revoked_at !== null)
        logger.warn({ prefix: known.prefix }, 'the key in ADMIN_KEY was revoked: it stays so');
      return;
    }
    if (await deps.keys.any(tx)) return;
    logger.warn(
      { adminKey: made.key },
      'the first admin key; it is shown this once: keep it, and make others with it (POST /api/v1/keys)',
    );
    await create(made, 'first key');
  });
}
