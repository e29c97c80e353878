import { Agent, get } from 'node:http';
import type { ServerResponse } from 'node:http';
import { HttpServer } from './http-server';

describe('HttpServer', () => {
  it('finishes requests in flight, accepts no new ones and does not wait for idle connections', async () => {
    const { server, url, next } = await start();
    const [idleAgent, slowAgent] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
    const idle = fetchText(`${url}/idle`, idleAgent);
    (await next()).end('idle');
    await idle;
    // This connection becomes idle only while the server closes.
    const slow = fetchText(`${url}/slow`, slowAgent);
    const response = await next();
    const closing = server.close(5_000);
    expect(() => server.assertListening()).toThrow('not listening');
    await expect(fetchText(`${url}/late`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    response.end('finished');
    expect(await slow).toBe('finished');
    const startedAt = performance.now();
    await closing;
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    idleAgent.destroy();
    slowAgent.destroy();
  });

  it('aborts requests that do not finish in time', async () => {
    const { server, url, next } = await start();
    const hanging = fetchText(`${url}/hangs`).catch((error: Error) => error.message);
    await next();
    const startedAt = performance.now();
    await server.close(200);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(await hanging).toMatch(/socket hang up|ECONNRESET/);
  });
});

async function start(): Promise<{ server: HttpServer; url: string; next: () => Promise<ServerResponse> }> {
  const waiting: ((response: ServerResponse) => void)[] = [];
  const arrived: ServerResponse[] = [];
  const server = new HttpServer(
    (_request, response) => {
      const taker = waiting.shift();
      if (taker === undefined) arrived.push(response);
      else taker(response);
    },
    { host: '127.0.0.1', port: 0, requestTimeoutMs: 10_000, idleTimeoutMs: 10_000 },
  );
  const port = await server.listen();
  const next = (): Promise<ServerResponse> => {
    const response = arrived.shift();
    return response === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(response);
  };
  return { server, url: `http://127.0.0.1:${port}`, next };
}

function fetchText(url: string, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: agent ?? false }, (response) => {
      let text = '';
      response
        .on('data', (chunk) => (text += String(chunk)))
        .on('end', () => resolve(text))
        .on('error', reject);
    }).on('error', reject);
  });
}
