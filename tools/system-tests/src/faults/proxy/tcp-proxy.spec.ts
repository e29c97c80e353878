import { createHash, randomBytes } from 'node:crypto';
import { waitUntil } from '@pugmark/testing';
import { contains } from './contains';
import { Peer, PeerServer, settle } from './local-peers.fixture';
import { TcpProxy } from './tcp-proxy';

const DEADLINE_MS = 5_000;
/** More than the kernel buffers for one connection. */
const LARGE_BYTES = 32 * 1024 * 1024;

let server: PeerServer;
let proxy: TcpProxy;
const clients: Peer[] = [];

beforeEach(async () => {
  server = await PeerServer.listen();
  proxy = await TcpProxy.listen(server.target);
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await proxy.close();
  await server.close();
});

function connectClient(): Peer {
  const client = Peer.connect(proxy.port);
  clients.push(client);
  return client;
}

/** Connects a client and returns it with the server's side, after one byte in each direction. */
async function connected(): Promise<{ client: Peer; remote: Peer }> {
  const client = connectClient();
  client.socket.write('>');
  const remote = await server.peer(server.peers.length + 1);
  remote.socket.write('<');
  await until('the first bytes', () => client.received === '<' && remote.received === '>');
  client.chunks.length = 0;
  remote.chunks.length = 0;
  return { client, remote };
}

const until = (what: string, condition: () => boolean): Promise<unknown> => waitUntil(what, condition, DEADLINE_MS);

describe('forwarding', () => {
  it('forwards bytes in both directions, and each end on its own', async () => {
    const { client, remote } = await connected();
    client.socket.end('question');
    await until('question and end', () => remote.received === 'question' && remote.ended);
    expect(client.ended).toBe(false);
    remote.socket.end('answer');
    await until('answer and end', () => client.received === 'answer' && client.ended);
    await until('the connection to be removed', () => proxy.connections === 0);
    expect(proxy.accepted).toBe(1);
    expect([client.error, remote.error]).toEqual([undefined, undefined]);
  });

  it('reads no more from the client than the server reads, and loses none of it', async () => {
    const { client, remote } = await connected();
    remote.socket.pause();
    const data = randomBytes(LARGE_BYTES);
    writePieces(client, data);
    await stalled(client);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    remote.socket.resume();
    await until('all bytes', () => remote.chunks.reduce((sum, chunk) => sum + chunk.length, 0) === LARGE_BYTES);
    expect(sha256(remote.bytes)).toBe(sha256(data));
  });

  it('resets the server connection when the client was reset, and the other way round', async () => {
    const first = await connected();
    first.client.socket.resetAndDestroy();
    await until('the server to notice', () => first.remote.error === 'ECONNRESET');
    const second = await connected();
    second.remote.socket.resetAndDestroy();
    await until('the client to notice', () => second.client.error === 'ECONNRESET');
    await until('both connections to be removed', () => proxy.connections === 0);
  });

  it('resets the client of a server that is not listening', async () => {
    await server.close();
    const client = connectClient();
    await until('the reset', () => client.error === 'ECONNRESET');
    await until('the connection to be removed', () => proxy.connections === 0);
    server = await PeerServer.listen();
  });

  it('replaces the server in a URL with itself', () => {
    expect(proxy.through('amqp://user:secret@broker.example/%2Fhost?heartbeat=1')).toBe(
      `amqp://user:secret@127.0.0.1:${proxy.port}/%2Fhost?heartbeat=1`,
    );
    expect(proxy.through('postgres://user@localhost:5432/db')).toBe(`postgres://user@127.0.0.1:${proxy.port}/db`);
  });
});

describe('pause', () => {
  it.each(['up', 'both'] as const)('%s: forwards nothing up until resume, then all of it', async (direction) => {
    const { client, remote } = await connected();
    proxy.pause(direction);
    client.socket.write('late');
    remote.socket.write('answer');
    await settle();
    expect(remote.untouched).toBe(true);
    expect(client.received).toBe(direction === 'up' ? 'answer' : '');
    proxy.resume();
    await until('the bytes', () => remote.received === 'late' && client.received === 'answer');
  });

  it('down: forwards requests, but not their responses', async () => {
    const { client, remote } = await connected();
    proxy.pause('down');
    client.socket.write('question');
    await until('the request', () => remote.received === 'question');
    remote.socket.write('answer');
    await settle();
    expect(client.untouched).toBe(true);
    proxy.resume();
    await until('the response', () => client.received === 'answer');
  });

  it('pauses both directions one after the other', async () => {
    const { client, remote } = await connected();
    proxy.pause('up');
    proxy.pause('down');
    client.socket.write('question');
    remote.socket.write('answer');
    await settle();
    expect([client.untouched, remote.untouched]).toEqual([true, true]);
  });

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'does not tell the server that a client has closed (%s) until resume',
    async (how) => {
      const { client, remote } = await connected();
      proxy.pause();
      client.socket[how]();
      await settle();
      expect(remote.untouched).toBe(true);
      expect(proxy.connections).toBe(1);
      proxy.resume();
      await until('the server to notice', () => remote.ended || remote.error === 'ECONNRESET');
    },
  );

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'does not tell the client that a server has closed (%s) until resume',
    async (how) => {
      const { client, remote } = await connected();
      proxy.pause('down');
      remote.socket[how]();
      await settle();
      expect(client.untouched).toBe(true);
      proxy.resume();
      await until('the client to notice', () => client.ended || client.error === 'ECONNRESET');
    },
  );

  it('does not forward a close that only a write to the closed side reveals', async () => {
    const { client, remote } = await connected();
    proxy.pause('up');
    client.socket.resetAndDestroy();
    remote.socket.write('are you');
    await settle();
    remote.socket.write('still there?');
    await settle();
    expect(remote.untouched).toBe(true);
    proxy.resume();
    await until('the server to notice', () => remote.error === 'ECONNRESET');
  });

  it('accepts later connections, which reach the server after resume', async () => {
    proxy.pause();
    const client = connectClient();
    client.socket.write('hello');
    await until('the connection', () => proxy.accepted === 1);
    await settle();
    expect(server.peers).toHaveLength(0);
    expect(client.untouched).toBe(true);
    proxy.resume();
    const remote = await server.peer(1);
    await until('the bytes', () => remote.received === 'hello');
  });

  it('buffers only a little of what arrives meanwhile', async () => {
    const { client, remote } = await connected();
    proxy.pause('up');
    writePieces(client, randomBytes(LARGE_BYTES));
    await stalled(client);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    proxy.resume();
    await until('all bytes', () => remote.chunks.reduce((sum, chunk) => sum + chunk.length, 0) === LARGE_BYTES);
  });
});

describe('swallow', () => {
  it('never answers later connections, and does not disturb the others', async () => {
    const { client, remote } = await connected();
    proxy.swallow();
    const victim = connectClient();
    victim.socket.write('hello?');
    await until('the connection', () => proxy.accepted === 2);
    proxy.restore();
    proxy.resume();
    client.socket.write('still here');
    await until('bytes of the earlier connection', () => remote.received === 'still here');
    await settle();
    expect(victim.untouched).toBe(true);
    expect(server.peers).toHaveLength(1);
    await connected();
    proxy.cut();
    await until('the connection to close', () => victim.error === 'ECONNRESET');
  });
});

describe('cut and refuse', () => {
  it('cut resets both sides of every connection, and accepts new ones', async () => {
    const pairs = [await connected(), await connected()];
    proxy.cut();
    await until('four resets', () =>
      pairs.every(({ client, remote }) => client.error === 'ECONNRESET' && remote.error === 'ECONNRESET'),
    );
    await until('both connections to be removed', () => proxy.connections === 0);
    await connected();
    expect(proxy.accepted).toBe(3);
  });

  it('cut also resets paused connections', async () => {
    const { client, remote } = await connected();
    proxy.pause();
    proxy.cut();
    await until('both resets', () => client.error === 'ECONNRESET' && remote.error === 'ECONNRESET');
  });

  it('cut closes connections of which one side had ended', async () => {
    const { client, remote } = await connected();
    client.socket.end();
    await until('the end', () => remote.ended);
    proxy.cut();
    await until('the reset', () => client.error === 'ECONNRESET');
    // A socket that has read the end is not read any more: it notices the reset when it writes.
    remote.socket.write('still there?');
    await until('the reset', () => remote.error !== undefined);
    await until('the connection to be removed', () => proxy.connections === 0);
  });

  it('cut closes a connection whose bytes wait because the other side does not read', async () => {
    const { client, remote } = await connected();
    remote.socket.pause();
    writePieces(client, randomBytes(LARGE_BYTES));
    client.socket.end();
    await stalled(client);
    proxy.cut();
    await until('the reset', () => client.error !== undefined);
    await until('the connection to be removed', () => proxy.connections === 0);
  });

  it('refuse resets later connections until restore, and does not disturb the others', async () => {
    const { client, remote } = await connected();
    proxy.refuse();
    const refused = connectClient();
    await until('the reset', () => refused.error === 'ECONNRESET');
    client.socket.write('still here');
    await until('bytes of the earlier connection', () => remote.received === 'still here');
    expect([proxy.accepted, proxy.refused, proxy.connections]).toEqual([1, 1, 1]);
    proxy.restore();
    await connected();
  });
});

describe('interceptUp', () => {
  it('cuts a connection when certain bytes pass, and no other', async () => {
    const [first, second] = [await connected(), await connected()];
    const seen = contains('COMMIT');
    const remove = proxy.interceptUp((chunk, connection) => (seen(chunk, connection) ? 'cut' : 'forward'));
    second.client.socket.write('BEGIN');
    await until('the bytes of the second', () => second.remote.received === 'BEGIN');
    first.client.socket.write('COMMIT');
    await until(
      'the cut of the first',
      () => first.client.error === 'ECONNRESET' && first.remote.error === 'ECONNRESET',
    );
    expect(first.remote.received).toBe('');
    remove();
    second.client.socket.write('COMMIT');
    await until('the commit of the second', () => second.remote.received === 'BEGINCOMMIT');
  });

  it('holds a connection from that chunk on, until resume', async () => {
    const { client, remote } = await connected();
    const remove = proxy.interceptUp((chunk) => (chunk.includes('COMMIT') ? 'hold' : 'forward'));
    client.socket.write('BEGIN;');
    await until('the begin', () => remote.received === 'BEGIN;');
    client.socket.write('COMMIT;');
    await settle();
    client.socket.write('SELECT;');
    remote.socket.write('notice');
    await settle();
    expect(remote.received).toBe('BEGIN;');
    expect(client.untouched).toBe(true);
    await connected();
    remove();
    proxy.resume();
    await until('the delayed bytes', () => remote.received === 'BEGIN;COMMIT;SELECT;' && client.received === 'notice');
  });

  it('finds a split pattern, per connection, and once', async () => {
    const [one, other] = [await connected(), await connected()];
    const seen = contains('COMMIT');
    const found: number[] = [];
    proxy.interceptUp((chunk, connection) => {
      if (seen(chunk, connection)) found.push(connection.id);
      return 'forward';
    });
    const say = async ({ client, remote }: typeof one, text: string): Promise<void> => {
      const expected = remote.received + text;
      client.socket.write(text);
      await until(text, () => remote.received === expected);
    };
    await say(one, 'xxCO');
    await say(other, 'MMIT');
    await say(one, 'M');
    expect(found).toEqual([]);
    await say(one, 'MIT');
    await say(one, ' and more');
    expect(found).toEqual([1]);
  });
});

describe('close', () => {
  it('resolves when every socket is closed, including paused, swallowed and half-ended ones', async () => {
    const half = await connected();
    half.client.socket.end();
    await until('the end', () => half.remote.ended);
    proxy.swallow();
    connectClient();
    await until('the swallowed one', () => proxy.accepted === 2);
    proxy.restore();
    proxy.pause();
    connectClient();
    await until('the paused one', () => proxy.accepted === 3);
    const { port } = proxy;
    await proxy.close();
    expect(proxy.connections).toBe(0);
    const late = Peer.connect(port);
    clients.push(late);
    await until('no server', () => late.error === 'ECONNREFUSED');
  });
});

/** In pieces, so that `writableLength` shows how much was sent; for one large write it changes only at its end. */
function writePieces(client: Peer, data: Buffer): void {
  for (let at = 0; at < data.length; at += 64 * 1024) client.socket.write(data.subarray(at, at + 64 * 1024));
}

/** Waits until the client sends nothing more: the same amount is pending ten times in a row. */
async function stalled(client: Peer): Promise<void> {
  const seen: number[] = [];
  await until('the flow to stall', () => {
    seen.unshift(client.socket.writableLength);
    return seen.length >= 10 && seen.slice(0, 10).every((length) => length === seen[0]);
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
