import { HealthServer, type HealthChecks } from './health';
import { createMetrics } from './metrics';

describe('HealthServer', () => {
  let server: HealthServer;
  let url: string;
  let checks: HealthChecks;

  beforeEach(async () => {
    checks = { live: {}, ready: {} };
    server = new HealthServer(() => checks, createMetrics('test'));
    url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
  });

  afterEach(() => server.close());

  const get = async (path: string): Promise<[number, unknown]> => {
    const response = await fetch(`${url}${path}`);
    return [response.status, await response.json()];
  };

  it('answers 200 when every check passes', async () => {
    checks = { live: { work: () => undefined }, ready: { postgres: () => Promise.resolve() } };
    expect(await get('/livez')).toEqual([200, { status: 'ok', checks: { work: 'ok' } }]);
    expect(await get('/readyz')).toEqual([200, { status: 'ok', checks: { postgres: 'ok' } }]);
  });

  it('answers 503 and the reason of each check that fails', async () => {
    checks = { live: {}, ready: { postgres: () => Promise.reject(new Error('refused')), broker: () => undefined } };
    expect(await get('/readyz')).toEqual([503, { status: 'failing', checks: { postgres: 'refused', broker: 'ok' } }]);
    expect((await get('/livez'))[0]).toBe(200);
  });

  it('does not wait for a check that never resolves', async () => {
    checks = { live: {}, ready: { broker: () => new Promise(() => undefined) } };
    const [status, body] = await get('/readyz');
    expect(status).toBe(503);
    expect(JSON.stringify(body)).toContain('did not answer within');
  });

  it('returns the metrics in the text format', async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toContain('process_resident_memory_bytes');
  });
});
