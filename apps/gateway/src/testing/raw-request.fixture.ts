import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** 0: the connection was closed without a response. */
  readonly status: number;
  /** Everything received until the connection was closed. */
  readonly text: string;
}

/**
 * Writes raw bytes, which no client library would send, and returns what arrives until the server closes. `more` writes
 * on after the first bytes.
 */
export async function rawRequest(
  port: number,
  bytes: string | Buffer,
  more?: (socket: Socket) => Promise<void>,
): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  // A server that refuses may close while the client still writes.
  let broken = false;
  socket.on('error', () => (broken = true));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.write(bytes);
  const writing = more?.(socket);
  await closed;
  await writing;
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
  return broken && status === 0 ? { status: 0, text: '' } : { status, text };
}
