import type { Request } from 'express';
import type { ApiKeyRow } from '@pugmark/db';
import { newApiKey } from '@pugmark/domain';
import { Authenticator, type AuthenticatorOptions } from './authenticator';

const { key, prefix, hash } = newApiKey();
const ROW = {
  id: 1,
  name: 'field team',
  prefix,
  secret_hash: hash,
  scopes: ['read'],
  project_ids: null,
  expires_at: null,
  revoked_at: null,
} as unknown as ApiKeyRow;

/** The keys table, whose reads a test answers one by one. */
function createKeys() {
  const reads: ((rows: ApiKeyRow[]) => void)[] = [];
  let version = 0;
  return {
    reads,
    keys: {
      readVersion: () => Promise.resolve({ lastId: ++version, revoked: 0 }),
      list: () => new Promise<ApiKeyRow[]>((resolve) => reads.push(resolve)),
      findByPrefix: () => Promise.resolve(null),
      recordUse: () => Promise.resolve(),
    },
  };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('Authenticator', () => {
  it('does not accept a key that was read before it was revoked', async () => {
    const { reads, keys } = createKeys();
    const options = { db: null, keys, sessions: null, refused: null } as unknown as AuthenticatorOptions;
    const authenticator = new Authenticator(options);
    const callerOf = () => authenticator.callerOf({ method: 'GET', get: () => `Bearer ${key}` } as unknown as Request);
    const before = callerOf();
    await nextTurn();
    authenticator.clearCache();
    reads[0]!([ROW]);
    await nextTurn();
    const after = callerOf();
    await nextTurn();
    expect(reads).toHaveLength(2);
    reads[1]!([{ ...ROW, revoked_at: new Date() }]);
    await expect(after).rejects.toMatchObject({ code: 'key_revoked' });
    // The request was authenticated while the key was revoked.
    await before.catch(() => undefined);
  });
});
