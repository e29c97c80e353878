import { connect, type Socket } from 'node:net';

const DEADLINE_MS = 30_000;
const END_OF_HEAD = '\r\n\r\n';

export interface Answered {
  readonly ms: number;
  /** Of the body. */
  readonly bytes: number;
}

interface Asked {
  readonly path: string;
  readonly began: number;
  readonly resolve: (answered: Answered) => void;
  readonly reject: (error: Error) => void;
}

/** What the head of an answer says. */
interface Head {
  readonly status: number;
  readonly bytes: number;
}

/**
 * One connection to the API, kept alive, with one request at a time. Node's own client costs a millisecond of processor time a request,
 * on machines with few cores a good part of what is measured; this reads only the status and the length of an answer.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #headers: string;
  #asked: Asked | null = null;
  #head: Head | null = null;
  #chunks: Buffer[] = [];
  #received = 0;

  private constructor(socket: Socket, headers: string) {
    this.#socket = socket;
    this.#headers = headers;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection ended')));
    socket.on('timeout', () => this.#fail(new Error(`no answer within ${DEADLINE_MS / 1_000} s`)));
  }

  static async open(baseUrl: string, key: string): Promise<Connection> {
    const { hostname, port, host } = new URL(baseUrl);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true, timeout: DEADLINE_MS });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Connection(socket, `host: ${host}\r\nauthorization: Bearer ${key}\r\n\r\n`);
  }

  /** Calls `GET /api/v1<path>`. Throws when the answer is not a 200 with a known length. */
  get(path: string): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.#asked = { path, began: performance.now(), resolve, reject };
      this.#head = null;
      this.#chunks = [];
      this.#received = 0;
      this.#socket.write(`GET /api/v1${path} HTTP/1.1\r\n${this.#headers}`);
    });
  }

  /** What is still asked is answered no more: its `get` rejects. */
  close(): void {
    this.#fail(new Error('the connection was closed'));
  }

  #take(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#head === null || this.#head.status !== 200) this.#chunks.push(chunk);
    if (this.#head === null && !this.#readHead()) return;
    const { status, bytes } = this.#head!;
    if (this.#received < bytes || this.#asked === null) return;
    if (status !== 200)
      return this.#fail(
        new Error(`it answered ${status}: ${Buffer.concat(this.#chunks).toString('utf8').slice(0, 500)}`),
      );
    const { began, resolve } = this.#asked;
    this.#asked = null;
    resolve({ ms: performance.now() - began, bytes });
  }

  /** Whether the head is there. What was received counts from the body on then. */
  #readHead(): boolean {
    const text = Buffer.concat(this.#chunks).toString('latin1');
    const end = text.indexOf(END_OF_HEAD);
    if (end < 0) return false;
    const length = /^content-length: *(\d+)\r?$/im.exec(text.slice(0, end + 2))?.[1];
    this.#head = { status: Number(text.slice(9, 12)), bytes: length === undefined ? NaN : Number(length) };
    this.#received = text.length - end - END_OF_HEAD.length;
    if (length === undefined)
      this.#fail(new Error(this.#head.status === 200 ? 'its length is not known' : `it answered ${this.#head.status}`));
    return true;
  }

  #fail(error: Error): void {
    this.#asked?.reject(new Error(`GET ${this.#asked.path}: ${error.message}`, { cause: error }));
    this.#asked = null;
    this.#socket.destroy();
  }
}
