import { request as httpRequest } from 'node:http';
import { newApiKey } from '@pugmark/domain';
import { migrate } from '@pugmark/db';
import { createTestDatabase, startDatabaseRelay, testLogger, waitUntil } from '@pugmark/testing';
import { NoCache } from '@pugmark/cache';
import { TestGateway, type Answer } from '../../testing/gateway.fixture';
import { ensureFirstKey } from './first-key';

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const cookieOf = ({ headers }: Answer) => String(headers.get('set-cookie')).split(';')[0]!;

describe('keys', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.stop());

  it('are returned once, and known by their prefix afterwards', async () => {
    const projectId = await gateway.project();
    const made = await gateway.post('/keys', {
      name: 'camera team',
      scopes: ['read', 'ingest'],
      projectIds: [projectId],
      expiresAt: '2199-01-01T00:00:00Z',
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        name: 'camera team',
        scopes: ['read', 'ingest'],
        projectIds: [projectId],
        expiresAt: '2199-01-01T00:00:00.000Z',
        revokedAt: null,
        lastUsedAt: null,
      },
    });
    const { key, id, prefix } = made.body;
    expect(key).toMatch(/^pm_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
    expect(key.startsWith(`${prefix}_`)).toBe(true);
    expect(JSON.stringify([(await gateway.get(`/keys/${id}`)).body, (await gateway.get('/keys')).body])).not.toContain(
      key,
    );
    const dump = JSON.stringify(await gateway.db.selectFrom('api_keys').selectAll().execute());
    expect(dump).not.toContain(key.slice(12));
    expect(
      (await gateway.get('/projects', bearer(key))).body.items.map((project: { id: number }) => project.id),
    ).toEqual([projectId]);
    const { lastUsedAt } = (await gateway.get(`/keys/${id}`)).body;
    expect(Math.abs(Date.parse(lastUsedAt) - Date.now())).toBeLessThan(60_000);
  });

  it.each([
    [{ scopes: ['read'] }, 400, 'name'],
    [{ name: 'x', scopes: [] }, 400, 'scopes'],
    [{ name: 'x', scopes: ['read', 'read'] }, 400, 'scopes'],
    [{ name: 'x', scopes: ['root'] }, 400, 'scopes'],
    [{ name: 'x', scopes: 'read' }, 400, 'scopes'],
    [{ name: 'x', scopes: ['read'], projectIds: [] }, 400, 'projectIds'],
    [{ name: 'x', scopes: ['read'], projectIds: [999_999] }, 422, 'projectIds'],
    [{ name: 'x', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' }, 422, 'expiresAt'],
  ])('refuses to create %j', async (body, status, field) => {
    const answer = await gateway.post('/keys', body);
    expect(answer.status).toBe(status);
    expect(answer.body.errors[0].field).toBe(field);
  });

  it.each<[string, () => string | Promise<string>, string]>([
    ['no key', () => '', 'key_missing'],
    ['another scheme', () => 'Basic eDp5', 'key_unknown'],
    ['a key that never existed', () => `Bearer ${newApiKey().key}`, 'key_unknown'],
    [
      'a known prefix with another secret',
      () => `Bearer ${gateway.adminKey.slice(0, 12)}${newApiKey().key.slice(12)}`,
      'key_unknown',
    ],
    ['a malformed key', () => 'Bearer x', 'key_unknown'],
    [
      'an expired key',
      async () => `Bearer ${await gateway.key(['admin'], { expiresAt: new Date(Date.now() - 1_000) })}`,
      'key_expired',
    ],
  ])('answers 401 to %s', async (_, authorization, code) => {
    const answer = await gateway.get('/projects', { authorization: await authorization() });
    expect(answer).toMatchObject({ status: 401, body: { type: `urn:pugmark:problem:${code}` } });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('end at once when revoked, together with their sessions; the last admin key cannot be revoked', async () => {
    const { body } = await gateway.post('/keys', { name: 'short', scopes: ['read'] });
    const cookie = await signIn(body.key);
    expect((await gateway.get('/projects', { cookie })).status).toBe(200);
    expect((await gateway.get('/projects', bearer(body.key))).status).toBe(200);
    expect((await gateway.request('DELETE', `/keys/${body.id}`)).status).toBe(204);
    expect((await gateway.get('/projects', bearer(body.key))).body.type).toBe('urn:pugmark:problem:key_revoked');
    expect((await gateway.get('/projects', { cookie })).status).toBe(401);
    expect((await gateway.request('DELETE', `/keys/${body.id}`)).status).toBe(204);

    const all = (await gateway.get('/keys?limit=200')).body.items;
    const own = all.find((key: { prefix: string }) => gateway.adminKey.startsWith(`${key.prefix}_`));
    expect(await gateway.request('DELETE', `/keys/${own.id}`)).toMatchObject({
      status: 409,
      body: { type: 'urn:pugmark:problem:last_admin_key' },
    });
    const other = (await gateway.post('/keys', { name: 'other admin', scopes: ['admin'] })).body;
    expect((await gateway.request('DELETE', `/keys/${other.id}`)).status).toBe(204);
    expect((await gateway.request('DELETE', '/keys/999999')).status).toBe(404);
  });

  it('that another gateway revoked cannot make changes any more, and can read for at most a second', async () => {
    const key = await gateway.key(['admin']);
    expect((await gateway.get('/projects', bearer(key))).status).toBe(200);
    await gateway.db
      .updateTable('api_keys')
      .set({ revoked_at: new Date() })
      .where('prefix', '=', key.slice(0, 11))
      .execute();
    const revokedAt = performance.now();
    expect((await gateway.post('/projects', { name: 'by a revoked key' }, bearer(key))).status).toBe(401);
    await waitUntil(
      'the revocation to take effect',
      async () => (await gateway.get('/projects', bearer(key))).status === 401,
    );
    expect(performance.now() - revokedAt).toBeLessThan(1_500);
  });

  it('end when they expire, also between two lookups', async () => {
    const expiresAt = Date.now() + 2_000;
    const key = await gateway.key(['read'], { expiresAt: new Date(expiresAt) });
    // So late that the cached lookup would outlive the expiry.
    await waitUntil('the expiry to be near', () => Date.now() >= expiresAt - 700);
    expect((await gateway.get('/projects', bearer(key))).status).toBe(200);
    await waitUntil('the expiry', () => Date.now() >= expiresAt);
    expect((await gateway.get('/projects', bearer(key))).body.type).toBe('urn:pugmark:problem:key_expired');
  });

  it('are not required with AUTH=open', async () => {
    const open = await TestGateway.start({ settings: { auth: 'open' } });
    expect((await open.get('/keys', { authorization: '' })).status).toBe(200);
    expect((await open.get('/session', { authorization: '' })).body).toEqual({
      name: 'anyone',
      prefix: null,
      scopes: ['admin'],
      projectIds: null,
      csrfToken: null,
    });
    await open.stop();
  });

  async function signIn(key: string): Promise<string> {
    const answer = await gateway.post('/session', { key }, { authorization: '' });
    expect(answer.status).toBe(201);
    return cookieOf(answer);
  }

  describe('sessions', () => {
    it('use a cookie hidden from scripts and other sites, and require the CSRF token for changes', async () => {
      const signedIn = await gateway.post('/session', { key: gateway.adminKey }, { authorization: '' });
      const header = String(signedIn.headers.get('set-cookie'));
      expect(header).toMatch(/; HttpOnly/);
      expect(header).toMatch(/; SameSite=Strict/);
      expect(header).not.toMatch(/; Secure/);
      const cookie = header.split(';')[0]!;
      const { csrfToken } = signedIn.body;
      expect((await gateway.get('/session', { cookie })).body.csrfToken).toBe(csrfToken);

      const without = await gateway.post('/projects', { name: 'by cookie' }, { cookie });
      expect(without).toMatchObject({ status: 403, body: { type: 'urn:pugmark:problem:csrf' } });
      expect(
        (await gateway.post('/projects', { name: 'by cookie' }, { cookie, 'x-csrf-token': `${csrfToken.slice(1)}x` }))
          .status,
      ).toBe(403);
      expect(
        (await gateway.post('/projects', { name: 'by cookie' }, { cookie, 'x-csrf-token': csrfToken })).status,
      ).toBe(201);
      const stored = JSON.stringify(await gateway.db.selectFrom('sessions').selectAll().execute());
      expect(stored).not.toContain(cookie.split('=')[1]);

      const out = await gateway.request('DELETE', '/session', { headers: { cookie, 'x-csrf-token': csrfToken } });
      expect(out.status).toBe(204);
      expect(out.headers.get('set-cookie')).toMatch(/pugmark_session=;/);
      expect((await gateway.get('/session', { cookie })).status).toBe(401);
    });

    it('expire', async () => {
      const cookie = await signIn(gateway.adminKey);
      await gateway.db
        .updateTable('sessions')
        .set({ expires_at: new Date(Date.now() - 1_000) })
        .execute();
      expect((await gateway.get('/session', { cookie })).body.type).toBe('urn:pugmark:problem:session_ended');
    });
  });

  it('are refused with 429 to an address that sends many wrong ones, without a query; right ones are not', async () => {
    const limited = await TestGateway.start({ settings: { refusedKeysPerMinute: 10 }, limiters: new NoCache() });
    const queries = jest.spyOn(limited.repositories.keys, 'findByPrefix');
    const sessions = jest.spyOn(limited.repositories.sessions, 'keyOf');
    const signIn = (key: string) => limited.post('/session', { key }, { authorization: '' });
    const before = cookieOf(await signIn(limited.adminKey));
    for (let n = 0; n < 5; n += 1) {
      expect((await limited.get('/projects', bearer(newApiKey().key))).status).toBe(401);
      expect((await signIn(newApiKey().key)).status).toBe(401);
    }
    const known = queries.mock.calls.length;
    for (const refused of [
      await limited.get('/projects', bearer(newApiKey().key)),
      await limited.get('/projects', bearer(`${limited.adminKey.slice(0, 12)}${newApiKey().key.slice(12)}`)),
      await signIn(newApiKey().key),
      await limited.get('/projects', { cookie: `pugmark_session=${'x'.repeat(43)}` }),
      // As one of this key, but made up.
      await limited.get('/projects', { cookie: `${before.slice(0, -20)}${'x'.repeat(20)}` }),
    ]) {
      expect(refused).toMatchObject({ status: 429, body: { type: 'urn:pugmark:problem:too_many_refused_keys' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(30);
    }
    expect(queries).toHaveBeenCalledTimes(known);
    expect(sessions).not.toHaveBeenCalled();

    expect((await limited.get('/projects')).status).toBe(200);
    expect((await limited.post('/projects', { name: 'during the attack' })).status).toBe(201);
    // Neither session was used before.
    for (const cookie of [before, cookieOf(await signIn(limited.adminKey))])
      expect((await limited.get('/projects', { cookie })).status).toBe(200);
    const created = (await limited.post('/keys', { name: 'new', scopes: ['read'] })).body;
    await waitUntil(
      'the new key to be accepted',
      async () => (await limited.get('/projects', bearer(created.key))).status === 200,
      2_000,
    );
    await limited.stop();
  });

  it('are counted by the address of the client behind a trusted proxy, which no client can choose otherwise', async () => {
    const attack = async (trustedProxies: number) => {
      const limited = await TestGateway.start({
        settings: { refusedKeysPerMinute: 3, trustedProxies },
        limiters: new NoCache(),
      });
      const wrongFrom = async (address: string) =>
        (await limited.get('/projects', { ...bearer(newApiKey().key), 'x-forwarded-for': address })).status;
      for (let n = 0; n < 3; n += 1) expect(await wrongFrom('192.0.2.1')).toBe(401);
      const statuses = [await wrongFrom('192.0.2.1'), await wrongFrom('192.0.2.2')];
      await limited.stop();
      return statuses;
    };
    expect(await attack(1)).toEqual([429, 401]);
    expect(await attack(0)).toEqual([429, 429]);
  });

  it('that another gateway revoked make no change although all connections of this one are busy', async () => {
    const busy = await TestGateway.start({ databaseUrl: gateway.databaseUrl, database: { poolSize: 2 } });
    const key = await gateway.key(['admin']);
    expect((await busy.get('/projects', bearer(key))).status).toBe(200);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const holding = [1, 2].map(() => busy.db.transaction().execute(() => released));
    await gateway.db
      .updateTable('api_keys')
      .set({ revoked_at: new Date() })
      .where('prefix', '=', key.slice(0, 11))
      .execute();
    const startedAt = performance.now();
    expect((await busy.post('/projects', { name: 'by a revoked key' }, bearer(key))).status).toBe(401);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    release();
    await Promise.all(holding);
    await busy.stop();
  });

  it('are limited to a number of requests per minute', async () => {
    const slow = await TestGateway.start({ settings: { requestsPerMinute: 3 }, limiters: new NoCache() });
    const key = await slow.key(['read']);
    for (let call = 0; call < 3; call += 1) expect((await slow.get('/projects', bearer(key))).status).toBe(200);
    const refused = await slow.get('/projects', bearer(key));
    expect(refused).toMatchObject({ status: 429, body: { type: 'urn:pugmark:problem:rate_limited' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await slow.get('/projects')).status).toBe(200);
    await slow.stop();
  });

  it('are recorded with each change and its outcome, without secrets', async () => {
    const key = await gateway.key(['read', 'admin']);
    const { id: keyId } = await gateway.db
      .selectFrom('api_keys')
      .select('id')
      .where('prefix', '=', key.slice(0, 11))
      .executeTakeFirstOrThrow();
    const created = await gateway.post('/projects', { name: 'audited' }, bearer(key));
    await gateway.post('/projects', { name: 'audited' }, bearer(key));
    await gateway.get('/projects', bearer(key));
    const entries = async () => (await gateway.get(`/audit?keyId=${keyId}`)).body.items;
    await waitUntil('the outcome to be recorded', async () =>
      (await entries()).every((entry: { status: unknown }) => entry.status !== null),
    );
    const expected = {
      keyId,
      keyName: 'read admin',
      operation: 'createProject',
      path: '/api/v1/projects',
      remoteAddress: expect.stringContaining('127.0.0.1'),
    };
    expect(await entries()).toEqual([
      expect.objectContaining({ ...expected, status: 409 }),
      expect.objectContaining({ ...expected, status: 201, requestId: created.headers.get('x-request-id') }),
    ]);
    expect(JSON.stringify(await gateway.db.selectFrom('audit_log').selectAll().execute())).not.toMatch(
      /pm_[0-9a-f]{8}_/,
    );
  });

  it('are recorded as unanswered when their client disconnects meanwhile', async () => {
    const client = httpRequest(`${gateway.url}/projects`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' },
    });
    client.on('error', () => undefined);
    const begin = gateway.repositories.audit.begin.bind(gateway.repositories.audit);
    jest.spyOn(gateway.repositories.audit, 'begin').mockImplementationOnce(async (...entry) => {
      client.destroy();
      await waitUntil('the gateway to notice', async () => (await gateway.metrics.metrics()).includes('status="499"'));
      return begin(...entry);
    });
    client.end('{"name": "never answered"}');
    await waitUntil(
      'it to be recorded',
      async () => (await gateway.repositories.audit.page(gateway.db, {}, null, 1))[0]?.status === 499,
      5_000,
    );
  });

  it('are recorded before the change is made: a change that the process does not survive is recorded', async () => {
    let recorded: unknown;
    jest.spyOn(gateway.repositories.projects, 'create').mockImplementationOnce(async () => {
      [recorded] = await gateway.repositories.audit.page(gateway.db, {}, null, 1);
      return null;
    });
    await gateway.post('/projects', { name: 'seen' });
    expect(recorded).toMatchObject({ operation: 'createProject', status: null });
  });
});

describe('the first key', () => {
  it('is created and logged once, when no key exists; or is the configured one', async () => {
    const gateway = await TestGateway.start();
    await gateway.db.deleteFrom('api_keys').execute();
    const logger = testLogger();
    const warn = jest.spyOn(logger, 'warn');
    await Promise.all([1, 2, 3].map(() => ensureFirstKey(gateway.repositories, undefined, logger)));
    expect(warn).toHaveBeenCalledTimes(1);
    const shown = (warn.mock.calls[0] as unknown[])[0] as { adminKey: string };
    expect((await gateway.get('/keys', bearer(shown.adminKey))).status).toBe(200);

    const supplied = newApiKey().key;
    await ensureFirstKey(gateway.repositories, supplied, logger);
    await ensureFirstKey(gateway.repositories, supplied, logger);
    expect((await gateway.get('/keys', bearer(supplied))).body.items).toHaveLength(2);
    const clash = `${supplied.slice(0, 12)}${newApiKey().key.slice(12)}`;
    await expect(ensureFirstKey(gateway.repositories, clash, logger)).rejects.toThrow('generate a new one');
    await gateway.stop();
  });
});

describe('a cached caller', () => {
  it('can still read the state of the system while the database is down', async () => {
    const database = await createTestDatabase(migrate);
    const relay = await startDatabaseRelay(database.url);
    const gateway = await TestGateway.start({ databaseUrl: relay.url });
    const key = await gateway.key(['read']);
    expect((await gateway.get('/system', bearer(key))).body.dependencies.postgres).toBe('up');
    relay.close();

    await waitUntil(
      'the outage to be noticed',
      async () => (await gateway.get('/projects', bearer(key))).status === 503,
    );
    expect((await gateway.get('/system', bearer(key))).body.dependencies.postgres).toBe('down');
    expect((await gateway.get('/system', bearer(newApiKey().key))).status).toBe(503);
    expect((await gateway.post('/projects', { name: 'x' }, bearer(key))).status).toBe(503);
    await gateway.stop();
    await database.drop();
  });
});
