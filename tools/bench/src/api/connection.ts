import { connect, type Socket } from 'node:net';

const DEADLINE_MS = 30_000;
const END_OF_HEAD = '\r\n\r\n';

export interface TimedResponse {
  readonly ms: number;
  /** Size of the body. */
  readonly bytes: number;
}

interface PendingRequest {
  readonly path: string;
  readonly began: number;
  readonly resolve: (answered: TimedResponse) => void;
  readonly reject: (error: Error) => void;
}

/** The parsed head of a response. */
interface Head {
  readonly status: number;
  readonly bytes: number;
}

/**
 * A keep-alive connection to the API with one request at a time. Node's own client takes a millisecond of processor
 * time per request, which on machines with few cores is a good part of what is measured; this one reads only the status
 * and the length of a response.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #headers: string;
  #pending: PendingRequest | null = null;
  #head: Head | null = null;
  #chunks: Buffer[] = [];
  #received = 0;

  private constructor(socket: Socket, headers: string) {
    this.#socket = socket;
    this.#headers = headers;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed by the server')));
    socket.on('timeout', () => this.#fail(new Error(`no response within ${DEADLINE_MS / 1_000} s`)));
  }

  static async open(baseUrl: string, key: string): Promise<Connection> {
    const { hostname, port, host } = new URL(baseUrl);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true, timeout: DEADLINE_MS });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Connection(socket, `host: ${host}\r\nauthorization: Bearer ${key}\r\n\r\n`);
  }

  /** Sends `GET /api/v1<path>`. Rejects when the response is not a 200 with a known length. */
  get(path: string): Promise<TimedResponse> {
    return new Promise((resolve, reject) => {
      this.#pending = { path, began: performance.now(), resolve, reject };
      this.#head = null;
      this.#chunks = [];
      this.#received = 0;
      this.#socket.write(`GET /api/v1${path} HTTP/1.1\r\n${this.#headers}`);
    });
  }

  /** Closes the connection; a pending `get` rejects. */
  close(): void {
    this.#fail(new Error('the connection was closed'));
  }

  #receive(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#head === null || this.#head.status !== 200) this.#chunks.push(chunk);
    if (this.#head === null && !this.#readHead()) return;
    const { status, bytes } = this.#head!;
    if (this.#received < bytes || this.#pending === null) return;
    if (status !== 200)
      return this.#fail(new Error(`status ${status}: ${Buffer.concat(this.#chunks).toString('utf8').slice(0, 500)}`));
    const { began, resolve } = this.#pending;
    this.#pending = null;
    resolve({ ms: performance.now() - began, bytes });
  }

  /**
   * Parses the head once it is complete, and returns whether it is. From then on, received bytes are those of the body.
   */
  #readHead(): boolean {
    const text = Buffer.concat(this.#chunks).toString('latin1');
    const end = text.indexOf(END_OF_HEAD);
    if (end < 0) return false;
    const length = /^content-length: *(\d+)\r?$/im.exec(text.slice(0, end + 2))?.[1];
    this.#head = { status: Number(text.slice(9, 12)), bytes: length === undefined ? NaN : Number(length) };
    this.#received = text.length - end - END_OF_HEAD.length;
    if (length === undefined)
      this.#fail(
        new Error(this.#head.status === 200 ? 'the response has no content-length' : `status ${this.#head.status}`),
      );
    return true;
  }

  #fail(error: Error): void {
    this.#pending?.reject(new Error(`GET ${this.#pending.path}: ${error.message}`, { cause: error }));
    this.#pending = null;
    this.#socket.destroy();
  }
}
