import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { waitUntil } from '@pugmark/testing';

export interface ReceivedEvent {
  readonly id: number | null;
  readonly event: string;
  // What the API sends is what is tested: it has no type here.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
}

export interface ListenOptions {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly lastEventId?: number | string;
}

/** A client of server-sent events that exposes what was received, byte by byte if needed. */
export class EventClient {
  readonly events: ReceivedEvent[] = [];
  /** The last id of an event or of an id without data, as browsers keep it. */
  lastEventId: string | null = null;
  heartbeats = 0;
  retryMs: number | null = null;
  ended = false;
  /** An event that did not match the document. */
  #error: unknown;
  #text = '';

  private constructor(
    private readonly outgoing: ClientRequest,
    readonly response: IncomingMessage,
    private readonly check: (event: string, data: unknown) => void,
  ) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#take(chunk));
    response.on('close', () => (this.ended = true)).on('error', () => (this.ended = true));
  }

  static async connect(
    url: string,
    options: ListenOptions & { readonly check: (event: string, data: unknown) => void },
  ): Promise<EventClient> {
    const { key, headers, lastEventId } = options;
    const given = {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const outgoing = get(url, { headers: given, agent: false }, (response) =>
        resolve(new EventClient(outgoing, response, options.check)),
      );
      outgoing.on('error', reject);
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get ids(): number[] {
    return this.events.flatMap(({ id }) => id ?? []);
  }

  of(topic: string): ReceivedEvent['data'][] {
    return this.events.filter(({ event }) => event === topic).map(({ data }) => data);
  }

  /** Resolves once what was received meets the condition. */
  async until(what: string, condition: (client: EventClient) => boolean, timeoutMs?: number): Promise<void> {
    await waitUntil(what, () => condition(this), timeoutMs);
    if (this.#error !== undefined) throw this.#error;
  }

  /** Stops reading without disconnecting. */
  stopReading(): void {
    this.response.pause();
  }

  readOn(): void {
    this.response.resume();
  }

  disconnect(): void {
    this.outgoing.destroy();
  }

  /** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
  #take(chunk: string): void {
    this.#text += chunk;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) this.#block(block);
  }

  #block(block: string): void {
    let [event, data, id] = ['message', '', null as number | null];
    for (const line of block.split('\n')) {
      const [, name, value = ''] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
      if (name === '') this.heartbeats += 1;
      if (name === 'retry') this.retryMs = Number(value);
      if (name === 'event') event = value;
      if (name === 'data') data += value;
      if (name === 'id') [id, this.lastEventId] = [Number(value), value];
    }
    if (data === '') return;
    const parsed: unknown = JSON.parse(data);
    try {
      this.check(event, parsed);
    } catch (error) {
      this.#error ??= error;
    }
    this.events.push({ id, event, data: parsed });
  }
}
