import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Longest that a whole request may take to arrive. */
  readonly requestTimeoutMs: number;
  /** A connection on which nothing moves for this long is closed. */
  readonly idleTimeoutMs: number;
}

const HEADERS_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 5_000;

/** The API's listener, and its orderly end. */
export class HttpServer {
  readonly #server: Server;
  readonly #options: HttpServerOptions;
  #closing = false;

  constructor(listener: RequestListener, options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      // A client that keeps the connection would wait on one that is about to go.
      if (this.#closing) response.setHeader('connection', 'close');
      listener(request, response);
    });
    this.#server.headersTimeout = HEADERS_TIMEOUT_MS;
    this.#server.requestTimeout = options.requestTimeoutMs;
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server.setTimeout(options.idleTimeoutMs);
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
}
