import { STATUS_CODES, createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { HttpProblem } from './http-problem';

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Maximum time for a whole request to arrive. */
  readonly requestTimeoutMs: number;
  /** Maximum time for the request headers to arrive. */
  readonly headersTimeoutMs?: number;
  /** Time after which an idle connection is closed. */
  readonly idleTimeoutMs: number;
}

const HEADERS_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 5_000;
/** How often Node checks for late requests; its default of 30 s would extend the timeouts by as much. */
const CHECK_INTERVAL_MS = 1_000;

/** Errors that Node raises before a request exists, by code; anything else is not HTTP. */
const PROTOCOL_ERRORS: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'too_slow', 'the request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'the headers are larger than 16 KB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'body_too_large', 'the chunk extensions are larger than 16 KB'],
};

/** Listens for API requests and closes gracefully. */
export class HttpServer {
  readonly #server: Server;
  readonly #options: HttpServerOptions;
  readonly #responding = new WeakMap<Duplex, ServerResponse>();
  #closing = false;

  constructor(listener: RequestListener, options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer({ connectionsCheckingInterval: CHECK_INTERVAL_MS }, (request, response) => {
      this.#responding.set(request.socket, response);
      // Keeps clients from reusing a connection that is about to close.
      if (this.#closing) response.setHeader('connection', 'close');
      listener(request, response);
    });
    this.#server.headersTimeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    this.#server.requestTimeout = options.requestTimeoutMs;
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server.setTimeout(options.idleTimeoutMs);
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuse(error, socket));
  }

  /** Resolves with the bound port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => resolve());
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Throws while requests are not accepted; for the readiness check. */
  assertListening(): void {
    if (this.#closing || !this.#server.listening) throw new Error('not listening');
  }

  /** Accepts no new connections, lets requests in flight finish and aborts the rest after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Connections become idle one by one as their requests end.
    const idle = setInterval(() => this.#server.closeIdleConnections(), 50);
    const limit = setTimeout(() => this.#server.closeAllConnections(), deadlineMs);
    this.#server.closeIdleConnections();
    await closed;
    clearInterval(idle);
    clearTimeout(limit);
  }

  /** No request exists yet, or half of one: the problem is written to the socket and the connection closed. */
  #refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    const answer = this.#responding.get(socket);
    const answered = answer !== undefined && answer.headersSent && !answer.writableFinished;
    // In the middle of another response the problem would be read as part of it.
    if (!socket.writable || answered || error.code === 'ECONNRESET') return void socket.destroy();
    const [status, code, detail] = PROTOCOL_ERRORS[error.code ?? ''] ?? [400, 'bad_http', 'the request is not HTTP'];
    const body = JSON.stringify(new HttpProblem(status, code, detail).body('/', ''));
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  }
}
