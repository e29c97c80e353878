import type { Channel, ConsumeMessage } from 'amqplib';
import { ROUTES, TASK_KINDS, TOPOLOGY, type TaskDoorbell, type TaskKind } from '@pugmark/contracts';
import { RetryableError, messageOf, withDeadline } from '@pugmark/domain';
import { Counter, Gauge, backgroundLoop, type BackgroundLoop, type Logger, type Registry } from '@pugmark/platform';
import { Consumer } from './consumer';
import { ManagedConnection } from './managed-connection';
import { ManagementApi } from './management-api';
import { Publisher, doorbellMessage, probeMessage } from './publisher';
import { declareTopology, verifyTopology } from './topology';

export interface BrokerOptions {
  readonly url: string;
  readonly managementUrl?: string | undefined;
  /** Names the connections. */
  readonly service: string;
  readonly logger: Logger;
  readonly metrics: Registry;
}

export interface BrokerStatus {
  /** Connected, verified, not blocked, and every consumer subscribed. */
  readonly ready: boolean;
  readonly publisher: 'up' | 'down' | 'blocked';
  readonly consumers: Readonly<Partial<Record<TaskKind, 'subscribed' | 'down'>>>;
  /** `declared`: declared and probed, but without the management API the bindings cannot be compared. */
  readonly topology: 'unchecked' | 'declared' | 'verified' | 'differs';
  /** One line for each thing that is not as it should be. */
  readonly problems: readonly string[];
}

const RPC_DEADLINE_MS = 5_000;
const VERIFY_AGAIN_MS = { well: 30_000, ill: 3_000 } as const;

/**
 * RabbitMQ as Pugmark uses it: one connection to publish, one to consume, the topology declared, compared with the management
 * API and probed after every connect and every 30 s. `start` never waits for the broker: until it is there, `status` says so.
 */
export class Broker {
  readonly #options: BrokerOptions;
  readonly #publish: ManagedConnection;
  readonly #consume: ManagedConnection;
  readonly #publisher: Publisher;
  readonly #management: ManagementApi | undefined;
  readonly #consumers: Consumer[] = [];
  readonly #malformed: Counter<'kind'>;
  #control: Channel | undefined;
  #topology: BrokerStatus['topology'] = 'unchecked';
  #differences: readonly string[] = [];
  #verifiedConnects = 0;
  #loop: BackgroundLoop | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { url, managementUrl, service, logger, metrics } = options;
    this.#publish = new ManagedConnection({ url, name: `${service}/publish`, logger });
    this.#consume = new ManagedConnection({ url, name: `${service}/consume`, logger });
    this.#publisher = new Publisher(this.#publish);
    this.#management = managementUrl === undefined ? undefined : new ManagementApi(managementUrl, url);
    this.#malformed = new Counter({
      name: 'pugmark_messages_malformed_total',
      help: 'Messages that could not be read and went to the dead letters',
      labelNames: ['kind'],
      registers: [metrics],
    });
    this.#registerGauges(metrics);
  }

  start(): void {
    if (this.#management === undefined) {
      this.#options.logger.warn('no RABBITMQ_MANAGEMENT_URL: routes are declared and probed, but foreign bindings cannot be seen');
    }
    this.#publish.start();
    this.#consume.start();
    this.#loop = backgroundLoop('verify topology', this.#options.logger, (signal) => this.#verify(signal));
  }

  status(): BrokerStatus {
    const publisher = !this.#publish.connected ? 'down' : this.#publish.blocked === null ? 'up' : 'blocked';
    const consumers = Object.fromEntries(this.#consumers.map((c) => [c.kind, c.subscribed ? 'subscribed' : 'down'] as const));
    const problems = [
      ...(publisher === 'down' ? [`not connected: ${this.#publish.lastError}`] : []),
      ...(publisher === 'blocked' ? [`blocked: ${this.#publish.blocked ?? ''}`] : []),
      ...(this.#topology === 'unchecked' ? ['the topology is not checked yet'] : []),
      ...this.#differences,
      ...this.#consumers.filter((c) => !c.subscribed).map((c) => `not consuming ${ROUTES[c.kind].queue.name}`),
    ];
    return { ready: problems.length === 0, publisher, consumers, topology: this.#topology, problems };
  }

  /** Throws what is wrong, for a readiness check. */
  assertReady(): void {
    const { problems } = this.status();
    if (problems.length > 0) throw new RetryableError('broker_not_ready', problems.join('; '));
  }

  /** See `DoorbellPublisher` in libs/tasks. */
  async ring(
    kind: TaskKind,
    doorbells: readonly { taskId: number; attempt: number; traceparent: string | null }[],
  ): Promise<{ confirmed: number[]; failed: { taskId: number; reason: 'returned' | 'refused' | 'not_confirmed' }[] }> {
    const outcomes = await this.#publisher.publish(doorbells.map((doorbell) => doorbellMessage(kind, doorbell)));
    const confirmed: number[] = [];
    const failed: { taskId: number; reason: 'returned' | 'refused' | 'not_confirmed' }[] = [];
    doorbells.forEach(({ taskId }, index) => {
      const outcome = outcomes[index] ?? 'not_confirmed';
      if (outcome === 'confirmed') confirmed.push(taskId);
      else failed.push({ taskId, reason: outcome });
    });
    return { confirmed, failed };
  }

  /** Messages ready in the queue of a kind. */
  async readyCount(kind: TaskKind): Promise<number> {
    const channel = await this.#controlChannel();
    const { messageCount } = await this.#rpc(channel.checkQueue(ROUTES[kind].queue.name), 'asking for a queue');
    return messageCount;
  }

  /** See `DoorbellSource` in libs/tasks. */
  consume(
    kind: TaskKind,
    prefetch: number,
    onDelivery: (delivery: { readonly message: TaskDoorbell; ack(): void }) => void,
  ): { close(): Promise<void> } {
    const consumer = new Consumer({
      kind,
      prefetch,
      connection: this.#consume,
      logger: this.#options.logger,
      onDelivery,
      onMalformed: (message, reason) => this.#moveToDeadLetters(kind, message, reason),
    });
    this.#consumers.push(consumer);
    return { close: () => consumer.close() };
  }

  /** Closes consumers first, so that no delivery is taken that nobody will finish. Takes a few seconds at most. */
  async close(): Promise<void> {
    await this.#loop?.stop();
    await Promise.all(this.#consumers.map((consumer) => consumer.end()));
    await Promise.all([this.#publish.close(), this.#consume.close()]);
  }

  async #verify(signal: AbortSignal): Promise<number> {
    await this.#publish.opened(signal);
    if (signal.aborted) return 0;
    try {
      const differences = [...(await this.#declareAndCompare()), ...(await this.#probe())];
      if (differences.length > 0) throw new TopologyError(differences);
      if (this.#topology === 'unchecked' || this.#topology === 'differs' || this.#verifiedConnects !== this.#publish.connects) {
        this.#options.logger.info({ compared: this.#management !== undefined }, 'the broker holds the declared topology');
      }
      this.#differences = [];
      this.#topology = this.#management === undefined ? 'declared' : 'verified';
      this.#verifiedConnects = this.#publish.connects;
      return VERIFY_AGAIN_MS.well;
    } catch (err) {
      if (signal.aborted) return 0;
      if (err instanceof RetryableError && err.code === 'deadline_exceeded') this.#publish.abandon(err.message);
      this.#differences = err instanceof TopologyError ? err.differences : [messageOf(err)];
      this.#topology = 'differs';
      this.#options.logger.error({ differences: this.#differences }, 'the broker does not hold the declared topology');
      return VERIFY_AGAIN_MS.ill;
    }
  }

  async #declareAndCompare(): Promise<string[]> {
    const channel = await this.#controlChannel();
    // A refused declaration (406: it exists and is another) closes the channel; the error is the difference.
    let onError: (error: Error) => void = () => undefined;
    const refused = new Promise<never>((_resolve, reject) => channel.once('error', (onError = reject)));
    try {
      await Promise.race([declareTopology(channel), refused]);
    } finally {
      channel.off('error', onError);
    }
    return this.#management === undefined ? [] : verifyTopology(this.#management);
  }

  /** One mandatory message for each route: only its return tells that no queue would get the work. */
  async #probe(): Promise<string[]> {
    const outcomes = await this.#publisher.publish(TASK_KINDS.map(probeMessage));
    return TASK_KINDS.flatMap((kind, index) =>
      outcomes[index] === 'confirmed' ? [] : [`the probe of route ${kind} was ${(outcomes[index] ?? 'not_confirmed').replace('_', ' ')}`],
    );
  }

  async #moveToDeadLetters(kind: TaskKind, message: ConsumeMessage, reason: string): Promise<void> {
    this.#malformed.inc({ kind });
    this.#options.logger.error({ kind, reason, bytes: message.content.length }, 'a message cannot be read; it goes to the dead letters');
    const [outcome] = await this.#publisher.publish([
      {
        exchange: TOPOLOGY.deadLetters.exchange.name,
        routingKey: '',
        content: message.content,
        type: String(message.properties.type ?? ''),
        headers: { 'x-pugmark-reason': reason, 'x-pugmark-queue': ROUTES[kind].queue.name },
      },
    ]);
    if (outcome !== 'confirmed') throw new RetryableError('dead_letter_failed', `the dead letter was ${outcome ?? 'not confirmed'}`);
  }

  async #controlChannel(): Promise<Channel> {
    if (this.#control !== undefined) return this.#control;
    const channel = await this.#rpc(this.#publish.model.createChannel(), 'opening a channel');
    channel.on('error', () => undefined);
    channel.on('close', () => (this.#control = undefined));
    this.#control = channel;
    return channel;
  }

  async #rpc<T>(promise: Promise<T>, what: string): Promise<T> {
    try {
      return await withDeadline(promise, RPC_DEADLINE_MS, what);
    } catch (error) {
      if (error instanceof RetryableError && error.code === 'deadline_exceeded') this.#publish.abandon(`${what} was not answered`);
      throw error;
    }
  }

  #registerGauges(metrics: Registry): void {
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({ name, help, registers: [metrics], collect() { this.set(value()); } });
    };
    gauge('pugmark_broker_up', '1 while the publishing connection to RabbitMQ stands', () => Number(this.#publish.connected));
    gauge('pugmark_broker_blocked', '1 while RabbitMQ takes no messages', () => Number(this.#publish.blocked !== null));
    gauge('pugmark_broker_connects', 'Connections made so far, both kinds', () => this.#publish.connects + this.#consume.connects);
    gauge('pugmark_topology_differences', 'Differences between the broker and the declared topology', () => this.#differences.length);
    gauge('pugmark_consumers_down', 'Consumers that are not subscribed', () => this.#consumers.filter((c) => !c.subscribed).length);
  }
}

class TopologyError extends Error {
  constructor(readonly differences: readonly string[]) {
    super(differences.join('; '));
  }
}
