import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseApiKey } from '@pugmark/domain';
import { adminKey, adminKeyFile } from './admin-key';

describe('the admin key of an instance', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pugmark-admin-key-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is created once, readable by its owner only, and reused', () => {
    const key = adminKey(join(folder, 'main'), {});
    expect(parseApiKey(key)).not.toBeNull();
    expect(statSync(adminKeyFile(join(folder, 'main'))).mode & 0o777).toBe(0o600);
    expect(adminKey(join(folder, 'main'), {})).toBe(key);
    expect(adminKey(join(folder, 'main'), { ADMIN_KEY: '' })).toBe(key);
  });

  it('is the one in the environment, if there is one', () =>
    expect(adminKey(folder, { ADMIN_KEY: 'mine' })).toBe('mine'));

  it('is not replaced when its file has other content', () => {
    writeFileSync(adminKeyFile(folder), 'notes\n');
    expect(() => adminKey(folder, {})).toThrow('holds no key');
  });
});
