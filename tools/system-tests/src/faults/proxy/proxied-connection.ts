import type { Socket } from 'node:net';
import { ProxyDirection } from './proxy-direction';
import { reset } from './reset';

export interface ProxiedConnectionOptions {
  readonly id: number;
  readonly client: Socket;
  /** Opens the socket to the server; called when the client's first packet may pass. */
  readonly dial: () => Socket;
  /** Receives what the client sends, and passes to `sendUp` what is to be forwarded. */
  readonly onUp: (chunk: Buffer, connection: ProxiedConnection) => void;
}

/** One client's connection through a proxy: two sockets, and the two directions between them. */
export class ProxiedConnection {
  /** 1, 2, 3 … in the order in which they were accepted. */
  readonly id: number;
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<void>;
  readonly #client: Socket;
  readonly #dial: () => Socket;
  readonly #up: ProxyDirection;
  #server: Socket | null = null;
  #down: ProxyDirection | null = null;
  #state: 'passing' | 'paused' | 'swallowed' = 'passing';
  #gates = { up: false, down: false };
  #sockets = 0;
  #resolveClosed: () => void = () => {};

  constructor(options: ProxiedConnectionOptions) {
    this.id = options.id;
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#client = this.#own(options.client);
    this.#dial = options.dial;
    this.#up = new ProxyDirection(this.#client, (chunk) => options.onUp(chunk, this));
  }

  /** Opens or shuts each direction; those of a paused or swallowed connection stay shut. */
  setGates(gates: { readonly up: boolean; readonly down: boolean }): void {
    this.#gates = gates;
    this.#apply();
  }

  /** Shuts both directions of this connection until `release`. */
  hold(): void {
    if (this.#state === 'passing') this.#state = 'paused';
    this.#apply();
  }

  release(): void {
    if (this.#state === 'paused') this.#state = 'passing';
    this.#apply();
  }

  /** Shuts both directions permanently. */
  swallow(): void {
    this.#state = 'swallowed';
    this.#apply();
  }

  /** Forwards bytes of the client; called by `onUp`. */
  sendUp(bytes: Buffer): void {
    this.#up.send(bytes);
  }

  /** Sends injected bytes to the server, after everything that the client has sent so far. */
  injectUp(bytes: Buffer): void {
    this.#up.inject(bytes);
  }

  /** Resets both sockets. */
  cut(): void {
    reset(this.#client);
    if (this.#server !== null) reset(this.#server);
  }

  #apply(): void {
    const passing = this.#state === 'passing';
    // The client's SYN is a packet, too: no connection to the server before the direction up is open.
    if (passing && this.#gates.up && this.#server === null && !this.#client.destroyed) this.#connect();
    this.#up.setOpen(passing && this.#gates.up);
    this.#down?.setOpen(passing && this.#gates.down);
  }

  #connect(): void {
    const server = this.#own(this.#dial());
    this.#server = server;
    const down = new ProxyDirection(server, (chunk) => down.send(chunk));
    this.#down = down;
    this.#up.connect(server);
    down.connect(this.#client);
  }

  #own(socket: Socket): Socket {
    this.#sockets += 1;
    // 'close' follows, and is forwarded when its direction is open.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#sockets -= 1;
      if (this.#sockets === 0) this.#resolveClosed();
    });
    return socket;
  }
}
