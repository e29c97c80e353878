import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ProxiedConnection } from './proxied-connection';
import { reset } from './reset';

export interface TcpTarget {
  readonly host: string;
  readonly port: number;
}

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down' | 'both';

/** What becomes of a chunk: `hold` shuts both directions of its connection, and it waits there with all that follows, until `resume`. */
export type Verdict = 'forward' | 'hold' | 'cut';

/** Sees the chunks as they come: what was written at once may be split, see `contains`. */
export type UpHook = (chunk: Buffer, connection: ProxiedConnection) => Verdict;

/**
 * Stands between a client and a server on 127.0.0.1, and breaks the network between them as it really breaks: connections that are
 * reset, refused, never answered, or half open. A stand-in for the server could only imitate what it does then.
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
    // Half open, so that each end is passed on by itself; paused, since a connection may have to wait before its first byte.
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

  /** The URL with this proxy's host and port in place of the server's. */
  through(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${this.port}`;
    return changed.href;
  }

  /** Connections that have a socket open now: of a half-open one, also after one side is gone. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Connections that came in all, swallowed ones included, refused ones not. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Connections that were reset by `refuse`. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * A network that loses every packet in that direction, for present and later connections: bytes, and the news that one side closed,
   * wait until `resume`. Directions add up: `pause('up')` and `pause('down')` is `pause()`. Bytes that the proxy had passed to its
   * socket before are on their way.
   */
  pause(direction: Direction = 'both'): void {
    this.#setGates({ up: this.#gates.up && direction === 'down', down: this.#gates.down && direction === 'up' });
  }

  /** The end of `pause`, and of every hold: what waited goes on, in order. */
  resume(): void {
    this.#setGates({ up: true, down: true });
    for (const connection of this.#connections) connection.release();
  }

  /**
   * A server that accepts and never answers: nothing of later connections is ever forwarded, not even after `restore`. They stay, whatever
   * the client does, until `cut` or `close`. Present ones go on.
   */
  swallow(): void {
    this.#arrivals = 'swallow';
  }

  /** Later connections are reset at once. Present ones go on. */
  refuse(): void {
    this.#arrivals = 'refuse';
  }

  /** The end of `swallow` and of `refuse`, for later connections. */
  restore(): void {
    this.#arrivals = 'forward';
  }

  /** Resets every present connection (RST, both sides), paused ones too. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** Asks the hook about every chunk before it goes up; of several hooks the severest answer counts. Returns what removes it. */
  interceptUp(hook: UpHook): () => void {
    this.#hooks.add(hook);
    return () => void this.#hooks.delete(hook);
  }

  /** Cuts what is open; resolves when every socket is gone. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.cut();
    await Promise.all([...this.#connections].map((connection) => connection.gone));
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

  /** What of the client's stream goes on now, in place of this chunk; for a proxy that knows its protocol. */
  protected passUp(chunk: Buffer, _connection: ProxiedConnection): Buffer {
    return chunk;
  }

  #arrive(client: Socket): void {
    if (this.#arrivals === 'refuse') {
      this.#refused += 1;
      // The client may have reset it first, which is as good.
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
    void connection.gone.then(() => this.#connections.delete(connection));
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
