import { createHash } from 'node:crypto';
import type { Channel, ChannelModel, ConfirmChannel, GetMessage, Message } from 'amqplib';
import { ROUTES, TASK_KINDS, TOPOLOGY } from '@pugmark/contracts';
import { FatalError, PermanentError, withDeadline } from '@pugmark/domain';
import { closeConnection, openConnection, withChannel } from './operator-connection';

const DEADLINE_MS = 10_000;
/** Maximum letters read by one call; the others are not touched. */
const MAX_LETTERS = 10_000;

export interface DeadLetter {
  /** Its messageId, or the beginning of a hash of its content. */
  readonly id: string;
  /** Why it was dead-lettered, for people to read. */
  readonly reason: string;
  /** The queue that it came from; null if unknown. */
  readonly queue: string | null;
  readonly type: string | null;
  readonly version: number | null;
  readonly bytes: number;
  /** Time of publication, by the publisher's clock. */
  readonly publishedAt: string | null;
}

export interface DeadLetterDetails extends DeadLetter {
  readonly headers: Readonly<Record<string, unknown>>;
  /** Text if it is valid UTF-8, else hexadecimal. */
  readonly body: string;
  readonly encoding: 'utf8' | 'hex';
}

export interface DeadLetterList {
  readonly letters: readonly DeadLetter[];
  /** Letters in the queue, without those that another session is reading. */
  readonly total: number;
}

/** Outcome for one letter. `kept`: it stays a dead letter, for the given reason. */
export interface DeadLetterOutcome {
  readonly letter: DeadLetter;
  readonly outcome: 'requeued' | 'dropped' | 'kept';
  readonly reason: string | null;
}

/** Ids, or all. */
export type Selection = readonly string[] | 'all';

/**
 * Messages that were malformed or delivered too often. Reading removes none: they are fetched without an ack, and
 * closing the channel returns them in order. A letter is removed only by an ack, after its action was confirmed; a
 * session that dies in between leaves it, and may have duplicated a notification, which is harmless.
 */
export class DeadLetters {
  readonly #model: ChannelModel;

  private constructor(model: ChannelModel) {
    this.#model = model;
  }

  static async open(url: string): Promise<DeadLetters> {
    return new DeadLetters(await openConnection(url, 'dead-letters'));
  }

  async close(): Promise<void> {
    await closeConnection(this.#model);
  }

  async list(limit: number): Promise<DeadLetterList> {
    return this.#withChannel(async (channel) => {
      const letters: DeadLetter[] = [];
      let total = 0;
      for await (const message of fetchAll(channel, limit)) {
        if (letters.length === 0) total = message.fields.messageCount + 1;
        letters.push(describe(message));
      }
      return { letters, total };
    });
  }

  /** Shows one letter. Throws PermanentError `no_such_letter` for an unknown id. */
  async show(id: string): Promise<DeadLetterDetails> {
    return this.#withChannel(async (channel) => {
      for await (const message of fetchAll(channel, MAX_LETTERS)) {
        const letter = describe(message);
        if (letter.id !== id) continue;
        const text = message.content.toString('utf8');
        const isText = Buffer.from(text, 'utf8').equals(message.content);
        return {
          ...letter,
          headers: (message.properties.headers ?? {}) as Record<string, unknown>,
          body: isText ? text : message.content.toString('hex'),
          encoding: isText ? 'utf8' : 'hex',
        };
      }
      throw unknownLetters([id]);
    });
  }

  /** Publishes letters unchanged to the route of their original queue, and removes those that a queue has accepted. */
  async requeue(selection: Selection): Promise<readonly DeadLetterOutcome[]> {
    return this.#withChannel(async (channel) => {
      const returned = new Set<string>();
      channel.on('return', (message: Message) => returned.add(String(message.properties.headers?.[TOKEN])));
      return this.#each(channel, selection, async (message, letter) => {
        const kind = TASK_KINDS.find((each) => ROUTES[each].queue.name === letter.queue);
        if (kind === undefined)
          return {
            letter,
            outcome: 'kept',
            reason: `the queue ${letter.queue ?? 'that it came from'} is not part of the topology`,
          };
        const token = `${letter.id}/${message.fields.deliveryTag}`;
        await publish(channel, ROUTES[kind].exchange.name, ROUTES[kind].routingKey, message, token);
        if (returned.has(token))
          return { letter, outcome: 'kept', reason: 'no queue is bound to its route: see pugmark topology' };
        channel.ack(message);
        return { letter, outcome: 'requeued', reason: null };
      });
    });
  }

  async drop(selection: Selection): Promise<readonly DeadLetterOutcome[]> {
    return this.#withChannel((channel) =>
      this.#each(channel, selection, (message, letter) => {
        channel.ack(message);
        return Promise.resolve({ letter, outcome: 'dropped', reason: null });
      }),
    );
  }

  /** Does nothing when an id is unknown: it may be a typing error. */
  async #each(
    channel: Channel,
    selection: Selection,
    act: (message: GetMessage, letter: DeadLetter) => Promise<DeadLetterOutcome>,
  ): Promise<readonly DeadLetterOutcome[]> {
    const chosen: { message: GetMessage; letter: DeadLetter }[] = [];
    for await (const message of fetchAll(channel, MAX_LETTERS)) {
      const letter = describe(message);
      if (selection === 'all' || selection.includes(letter.id)) chosen.push({ message, letter });
    }
    const missing = selection === 'all' ? [] : selection.filter((id) => !chosen.some(({ letter }) => letter.id === id));
    if (missing.length > 0) throw unknownLetters(missing);
    const outcomes: DeadLetterOutcome[] = [];
    for (const { message, letter } of chosen) outcomes.push(await act(message, letter));
    return outcomes;
  }

  async #withChannel<T>(use: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    return withChannel(this.#model.createConfirmChannel(), use).catch((error: unknown) => {
      if (/NOT_FOUND/.test(String(error)))
        throw new FatalError(
          'no_queue',
          `there is no queue ${TOPOLOGY.deadLetters.queue.name}: pugmark topology --repair declares it`,
        );
      throw error;
    });
  }
}

/** Header that identifies a returned message. It stays on the message as a trace of the requeue. */
const TOKEN = 'x-pugmark-requeued';

async function* fetchAll(channel: Channel, limit: number): AsyncGenerator<GetMessage> {
  for (let n = 0; n < limit; n += 1) {
    const message = await withDeadline(
      channel.get(TOPOLOGY.deadLetters.queue.name, { noAck: false }),
      DEADLINE_MS,
      'RabbitMQ',
    );
    if (message === false) return;
    yield message;
  }
}

/** Resolves at the confirm; a return comes before it. */
async function publish(
  channel: ConfirmChannel,
  exchange: string,
  routingKey: string,
  message: GetMessage,
  token: string,
): Promise<void> {
  const { headers, ...properties } = message.properties;
  const own = Object.entries((headers ?? {}) as Record<string, unknown>).filter(
    ([name]) => !/^x-(death|first-death-|last-death-|pugmark-|delivery-count|opt-)/.test(name),
  );
  channel.publish(exchange, routingKey, message.content, {
    ...properties,
    headers: { ...Object.fromEntries(own), [TOKEN]: token },
    mandatory: true,
    persistent: true,
  });
  await withDeadline(channel.waitForConfirms(), DEADLINE_MS, 'the broker’s confirm');
}

function describe({ content, properties }: GetMessage): DeadLetter {
  const headers = (properties.headers ?? {}) as Record<string, unknown>;
  const deathHeader = (headers['x-death'] as readonly { reason?: unknown; queue?: unknown }[] | undefined)?.[0];
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
  const timestamp: unknown = properties.timestamp;
  const version = headers['x-version'];
  return {
    id: text(properties.messageId) ?? fingerprint(String(properties.type), headers, content),
    reason: text(headers['x-pugmark-reason']) ?? reasonOf(text(deathHeader?.reason)),
    queue: text(headers['x-pugmark-queue']) ?? text(deathHeader?.queue) ?? text(headers['x-first-death-queue']),
    type: text(properties.type),
    version: typeof version === 'number' ? version : null,
    bytes: content.length,
    publishedAt: typeof timestamp === 'number' ? new Date(timestamp * 1_000).toISOString() : null,
  };
}

/** Hash of what does not change when a letter is read: the broker counts deliveries in a header. */
function fingerprint(type: string, headers: Readonly<Record<string, unknown>>, content: Buffer): string {
  const lasting = Object.entries(headers).filter(([name]) => name !== 'x-delivery-count');
  return createHash('sha256').update(type).update(JSON.stringify(lasting)).update(content).digest('hex').slice(0, 12);
}

/** @see https://www.rabbitmq.com/docs/dlx#effects */
function reasonOf(reason: string | null): string {
  if (reason === 'delivery_limit') return 'delivered too often without an ack';
  if (reason === 'rejected') return 'rejected by its consumer';
  if (reason === 'expired') return 'expired in its queue';
  if (reason === 'maxlen') return 'its queue was full';
  return 'unknown';
}

function unknownLetters(ids: readonly string[]): PermanentError {
  return new PermanentError(
    'no_such_letter',
    `no dead letter has the id ${ids.join(', ')} (pugmark dead-letters list shows them; one that another session is reading is hidden meanwhile)`,
  );
}
