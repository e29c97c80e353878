import { STATUS_CODES, createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { HttpProblem } from './http-problem';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Longest that a whole request may take to arrive. */
  readonly requestTimeoutMs: number;
  /** Longest that its headers may take. */
  readonly headersTimeoutMs?: number;
  /** A connection on which nothing moves for this long is closed. */
  readonly idleTimeoutMs: number;
}

const HEADERS_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 5_000;
/** How often Node looks for requests that are late; its own 30 s would let each of them be that much later. */
const LOOK_MS = 1_000;

/** What Node refuses by itself, by the codes of its errors; anything else is not HTTP. */
const REFUSALS: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'too_slow', 'the request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'the headers are larger than 16 KB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'body_too_large', 'the extensions of a chunk are larger than 16 KB'],
};

/** The API's listener, and its orderly end. */
export class HttpServer {
  readonly #server: Server;
  readonly #options: HttpServerOptions;
  readonly #answering = new WeakMap<Duplex, ServerResponse>();
  #closing = false;

  constructor(listener: RequestListener, options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer({ connectionsCheckingInterval: LOOK_MS }, (request, response) => {
      this.#answering.set(request.socket, response);
      // A client that keeps the connection would wait on one that is about to go.
      if (this.#closing) response.setHeader('connection', 'close');
      listener(request, response);
    });
    this.#server.headersTimeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    this.#server.requestTimeout = options.requestTimeoutMs;
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server.setTimeout(options.idleTimeoutMs);
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuse(error, socket));
  }

  /** Resolves with the port that is listened on. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => resolve());
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Throws while it does not take requests, for a readiness check. */
  assertListening(): void {
    if (this.#closing || !this.#server.listening) throw new Error('not listening');
  }

  /** Takes no new connections, lets requests under way finish, and after `deadlineMs` cuts off what is left. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Connections become idle one by one, as their requests end.
    const idle = setInterval(() => this.#server.closeIdleConnections(), 50);
    const limit = setTimeout(() => this.#server.closeAllConnections(), deadlineMs);
    this.#server.closeIdleConnections();
    await closed;
    clearInterval(idle);
    clearTimeout(limit);
  }

  /** There is no request to answer yet, or only half of one: the problem goes on the wire as it is, and the connection ends. */
  #refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    const answer = this.#answering.get(socket);
    const answered = answer !== undefined && answer.headersSent && !answer.writableFinished;
    // Within the answer to another request it would be taken for a part of that one.
    if (!socket.writable || answered || error.code === 'ECONNRESET') return void socket.destroy();
    const [status, code, detail] = REFUSALS[error.code ?? ''] ?? [400, 'bad_http', 'the request is not HTTP'];
    const body = JSON.stringify(new HttpProblem(status, code, detail).body('/', ''));
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  }
}
