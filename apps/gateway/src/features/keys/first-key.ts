import { inTransaction } from '@pugmark/db';
import type { Logger } from '@pugmark/platform';
import { newApiKey, parseApiKey, type ApiKey } from '@pugmark/domain';
import type { KeysDependencies } from './keys.dependencies';

/**
 * Makes sure that an admin key exists: stores the operator's `ADMIN_KEY`, or, when no key was ever created, creates one
 * and logs it. It is logged before the commit: a crash in between leaves no key that was never shown.
 */
export async function ensureFirstKey(
  deps: Pick<KeysDependencies, 'db' | 'keys'>,
  configuredKey: string | undefined,
  logger: Logger,
): Promise<void> {
  const given = configuredKey === undefined ? null : parseApiKey(configuredKey);
  // Created once, although the transaction may be retried: the logged key must be the stored one.
  const made = newApiKey();
  await inTransaction(deps.db, async (tx) => {
    await deps.keys.lockKeyCreation(tx);
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
        throw new Error('ADMIN_KEY has the same prefix as another key: generate a new one');
      else if (known.revoked_at !== null)
        logger.warn({ prefix: known.prefix }, 'the key in ADMIN_KEY was revoked and stays revoked');
      return;
    }
    if (await deps.keys.exists(tx)) return;
    logger.warn(
      { adminKey: made.key },
      'the first admin key; it is shown only once: keep it, and create others with it (POST /api/v1/keys)',
    );
    await create(made, 'first key');
  });
}
