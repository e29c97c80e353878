import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { waitUntil } from '@pugmark/testing';

/** One end of a connection: what came to it, and how it ended. */
export class Peer {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  ended = false;
  closed = false;
  error: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.chunks.push(chunk));
    socket.on('end', () => (this.ended = true));
    socket.on('close', () => (this.closed = true));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
  }

  static connect(port: number): Peer {
    return new Peer(connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get received(): string {
    return this.bytes.toString();
  }

  /** Nothing was heard of the other end: no byte, no end, no error. */
  get untouched(): boolean {
    return this.chunks.length === 0 && !this.ended && !this.closed && this.error === undefined;
  }
}

/** A server whose connections are kept in the order in which they came. */
export class PeerServer {
  readonly peers: Peer[] = [];
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    this.peers.push(new Peer(socket)),
  );

  static async listen(): Promise<PeerServer> {
    const server = new PeerServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get target(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  peer(number: number): Promise<Peer> {
    return waitUntil(`connection ${number} at the server`, () => this.peers[number - 1], 3_000);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { socket } of this.peers) socket.destroy();
    await closed;
  }
}

/**
 * Lets everything that is on its way arrive. Loopback delivers at once (given noDelay), and each round trip between two sockets of this
 * process takes the event loop around, where all its sockets are looked at: what has not come after some of them does not come by itself.
 */
export async function settle(): Promise<void> {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const socket = connect((echo.address() as AddressInfo).port, '127.0.0.1');
  for (let round = 0; round < 20; round++) {
    socket.write('x');
    await once(socket, 'data');
  }
  socket.destroy();
  echo.close();
  await once(echo, 'close');
}
