import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ProxiedConnection } from './proxied-connection';
import { reset } from './reset';

export interface TcpTarget {
  readonly host: string;
  readonly port: number;
}

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down' | 'both';

/**
 * What happens to a chunk: `hold` shuts both directions of its connection; the chunk and all that follows wait until
 * `resume`.
 */
export type Verdict = 'forward' | 'hold' | 'cut';

/** Called with each chunk as it arrives; one write may be split, see `contains`. */
export type UpHook = (chunk: Buffer, connection: ProxiedConnection) => Verdict;

/**
 * A proxy between a client and a server on 127.0.0.1 that causes real network faults: connections that are reset,
 * refused, never answered, or half open.
 */
export class TcpProxy {
  readonly #target: TcpTarget;
  readonly #server: Server;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #hooks = new Set<UpHook>();
  #gates = { up: true, down: true };
  #arrivals: 'forward' | 'swallow' | 'refuse' = 'forward';
  #accepted = 0;
  #refused = 0;

  protected constructor(target: TcpTarget) {
    this.#target = target;
    // Half open, so that each end is forwarded on its own; paused, since a connection may have to wait before its first
    // byte.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#arrive(client),
    );
  }

  static async listen(target: TcpTarget): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await proxy.start();
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Returns the URL with this proxy's host and port in place of the server's. */
  through(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${this.port}`;
    return changed.href;
  }

  /** Number of connections with an open socket, including half-open ones of which one side has closed. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Number of connections accepted so far, including swallowed ones but not refused ones. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Number of connections that `refuse` reset. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Simulates a network that loses every packet in that direction, for current and later connections: bytes and closes
   * wait until `resume`. Directions add up: `pause('up')` and `pause('down')` is `pause()`. Bytes that the proxy has
   * already written to its socket are not held back.
   */
  pause(direction: Direction = 'both'): void {
    this.#setGates({ up: this.#gates.up && direction === 'down', down: this.#gates.down && direction === 'up' });
  }

  /** Ends `pause` and every hold: what waited is forwarded, in order. */
  resume(): void {
    this.#setGates({ up: true, down: true });
    for (const connection of this.#connections) connection.release();
  }

  /**
   * Simulates a server that accepts and never answers: nothing of later connections is ever forwarded, not even after
   * `restore`. They stay open until `cut` or `close`. Current ones continue.
   */
  swallow(): void {
    this.#arrivals = 'swallow';
  }

  /** Resets later connections at once. Current ones continue. */
  refuse(): void {
    this.#arrivals = 'refuse';
  }

  /** Ends `swallow` and `refuse`, for later connections. */
  restore(): void {
    this.#arrivals = 'forward';
  }

  /** Resets every current connection (RST, both sides), including paused ones. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /**
   * Calls the hook for every chunk before it is forwarded; of several hooks the severest verdict applies. Returns the
   * function that removes it.
   */
  interceptUp(hook: UpHook): () => void {
    this.#hooks.add(hook);
    return () => void this.#hooks.delete(hook);
  }

  /** Resets open connections; resolves when every socket is closed. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.cut();
    await Promise.all([...this.#connections].map((connection) => connection.closed));
    await closed;
  }

  protected start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        this.#server.removeListener('error', reject);
        resolve();
      });
    });
  }

  protected get present(): Iterable<ProxiedConnection> {
    return this.#connections;
  }

  /**
   * Returns what of the client's stream is forwarded now, in place of this chunk; for proxies that parse their
   * protocol.
   */
  protected passUp(chunk: Buffer, _connection: ProxiedConnection): Buffer {
    return chunk;
  }

  #arrive(client: Socket): void {
    if (this.#arrivals === 'refuse') {
      this.#refused += 1;
      // The client may have reset it first.
      client.on('error', () => {});
      reset(client);
      return;
    }
    this.#accepted += 1;
    const connection = new ProxiedConnection({
      id: this.#accepted,
      client,
      dial: () => connect({ ...this.#target, allowHalfOpen: true, noDelay: true }),
      onUp: (chunk, from) => this.#read(chunk, from),
    });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    if (this.#arrivals === 'swallow') connection.swallow();
    connection.setGates(this.#gates);
  }

  #read(chunk: Buffer, connection: ProxiedConnection): void {
    const bytes = this.passUp(chunk, connection);
    if (bytes.length === 0) return;
    const verdicts = [...this.#hooks].map((hook) => hook(bytes, connection));
    if (verdicts.includes('cut')) {
      connection.cut();
      return;
    }
    if (verdicts.includes('hold')) connection.hold();
    connection.sendUp(bytes);
  }

  #setGates(gates: { up: boolean; down: boolean }): void {
    this.#gates = gates;
    for (const connection of this.#connections) connection.setGates(gates);
  }
}
