import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { waitUntil } from '@pugmark/testing';

/** One end of a connection: what it received, and how it ended. */
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

  /** Whether nothing came from the other end: no byte, no end, no error. */
  get untouched(): boolean {
    return this.chunks.length === 0 && !this.ended && !this.closed && this.error === undefined;
  }
}

/** A server that keeps its connections in the order in which they came. */
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
 * Waits until everything on its way has arrived. Loopback delivers at once (given noDelay), and each round trip between
 * two sockets of this process takes one turn of the event loop, in which all its sockets are polled: what has not
 * arrived after some of them will not arrive.
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
