import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Connection } from './connection';

describe('a connection of the bench', () => {
  let server: Server;
  let baseUrl: string;
  const seen: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      if (request.url?.endsWith('/wrong') === true)
        response.writeHead(404, { 'content-length': 26 }).end('{"detail":"no such thing"}');
      else if (request.url?.endsWith('/endless') === true) response.write('of no known length');
      else if (request.url?.endsWith('/cut') === true) response.destroy();
      else {
        // In pieces: the head alone first.
        const size = Number(request.url?.split('/').at(-1));
        response.writeHead(200, { 'content-length': size }).flushHeaders();
        setImmediate(() => response.end('é'.repeat(size / 2)));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('sends several requests and reports the size of each response', async () => {
    const connection = await Connection.open(baseUrl, 'pm_key');
    expect((await connection.get('/200000')).bytes).toBe(200_000);
    const { bytes, ms } = await connection.get('/2');
    expect([bytes, ms > 0]).toEqual([2, true]);
    expect(seen).toEqual(['GET /api/v1/200000 Bearer pm_key', 'GET /api/v1/2 Bearer pm_key']);
    connection.close();
  });

  it.each([
    ['/wrong', 'GET /wrong: status 404: HTTP/1.1 404 Not Found'],
    ['/endless', 'GET /endless: the response has no content-length'],
    ['/cut', 'GET /cut: the connection was closed by the server'],
  ])('rejects for %s, with the reason', async (path, message) => {
    const connection = await Connection.open(baseUrl, 'pm_key');
    await expect(connection.get(path)).rejects.toThrow(message);
  });

  it('rejects a pending request when it is closed', async () => {
    const connection = await Connection.open(baseUrl, 'pm_key');
    const pending = connection.get('/4');
    connection.close();
    await expect(pending).rejects.toThrow('the connection was closed');
  });
});
