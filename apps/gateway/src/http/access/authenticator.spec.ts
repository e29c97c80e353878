import type { Request } from 'express';
import type { ApiKeyRow } from '@pugmark/db';
import { newApiKey } from '@pugmark/domain';
import type { AccessDependencies } from './access.dependencies';
import { Authenticator } from './authenticator';

describe('Authenticator', () => {
  it('does not cache a key row that was read before a revocation', async () => {
    const { key, prefix, hash } = newApiKey();
    const row = {
      id: 1,
      name: 'field team',
      prefix,
      secret_hash: hash,
      scopes: ['read'],
      project_ids: null,
      expires_at: null,
      revoked_at: null,
    } as unknown as ApiKeyRow;
    const answers: ((row: ApiKeyRow) => void)[] = [];
    const keys = {
      findByPrefix: () => new Promise<ApiKeyRow>((resolve) => answers.push(resolve)),
      recordUse: () => Promise.resolve(),
    };
    const authenticator = new Authenticator({ db: null, keys, sessions: null } as unknown as AccessDependencies);
    const callerOf = () => authenticator.callerOf({ method: 'GET', get: () => `Bearer ${key}` } as unknown as Request);
    const before = callerOf();
    authenticator.clearCache();
    answers[0]!(row);
    await expect(before).resolves.toMatchObject({ keyId: 1 });
    const after = callerOf();
    expect(answers).toHaveLength(2);
    answers[1]!({ ...row, revoked_at: new Date() });
    await expect(after).rejects.toMatchObject({ code: 'key_revoked' });
  });
});
