import { hostname } from 'node:os';
import type { Channel, ConsumeMessage } from 'amqplib';
import { ROUTES, TOPOLOGY, kindsOf, type ServiceName, type TaskNotification, type TaskKind } from '@pugmark/contracts';
import { FatalError, RetryableError, messageOf } from '@pugmark/domain';
import { Counter, registerGauge, type Logger, type Registry } from '@pugmark/platform';
import { Consumer } from './consumer';
import { ControlChannel } from './control-channel';
import { ManagedConnection } from './managed-connection';
import { ManagementApi } from './management-api';
import { notificationMessage, probeAnswerMessage } from './messages';
import { Prober, type RouteStatus } from './prober';
import { Publisher } from './publisher';
import { TopologyWatch, type TopologyState } from './topology/topology-watch';

export interface BrokerOptions {
  readonly url: string;
  readonly managementUrl?: string | undefined;
  /** Names the connections, and says which queues are this process's to consume. */
  readonly service: ServiceName;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** How often each route is probed; 30 s if not given. */
  readonly probeEveryMs?: number;
}

export interface BrokerStatus {
  /** Connected, verified, not blocked, and every consumer subscribed. */
  readonly ready: boolean;
  readonly publisher: 'up' | 'down' | 'blocked';
  readonly consumers: Readonly<Partial<Record<TaskKind, 'subscribed' | 'down'>>>;
  readonly topology: TopologyState;
  /** What the last probe of each route found. */
  readonly routes: readonly RouteStatus[];
  /** One line for each thing that is not as it should be. */
  readonly problems: readonly string[];
}

/**
 * RabbitMQ as Pugmark uses it: one connection to publish, one to consume and to ask, the topology declared and compared with the
 * management API, each route probed. `start` never waits for the broker: until it is there, `status` says so.
 */
export class Broker {
  readonly #options: BrokerOptions;
  readonly #publish: ManagedConnection;
  readonly #consume: ManagedConnection;
  readonly #control: ControlChannel;
  readonly #publisher: Publisher;
  readonly #topology: TopologyWatch;
  readonly #prober: Prober;
  readonly #consumers: Consumer[] = [];
  readonly #malformed: Counter<'kind'>;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { url, managementUrl, service, logger, metrics } = options;
    this.#publish = new ManagedConnection({ url, name: `${service}/publish`, logger });
    this.#consume = new ManagedConnection({ url, name: `${service}/consume`, logger });
    // Of the consuming connection: an alarm of the broker hangs even questions on a connection that publishes.
    this.#control = new ControlChannel(this.#consume);
    this.#publisher = new Publisher(this.#publish, (answer) => this.#prober.receive(answer));
    const management = managementUrl === undefined ? undefined : new ManagementApi(managementUrl, url);
    this.#topology = new TopologyWatch({
      connection: this.#consume,
      control: this.#control,
      management,
      logger,
      metrics,
    });
    this.#prober = new Prober({
      publisher: this.#publisher,
      usable: () => this.#publish.connected && this.#publish.blocked === null && this.#topology.state !== 'unchecked',
      queue: (kind) => this.#queue(kind),
      logger,
      metrics,
      onUnroutable: () => this.#topology.lookNow(),
      everyMs: options.probeEveryMs,
    });
    this.#malformed = new Counter({
      name: 'pugmark_messages_malformed_total',
      help: 'Messages that could not be read and went to the dead letters',
      labelNames: ['kind'],
      registers: [metrics],
    });
    this.#registerGauges(metrics);
  }

  /** After `consume` for every kind of this service: one that nobody handles is a FatalError `missing_consumer`. */
  start(): void {
    const { service, managementUrl, logger } = this.#options;
    const missing = kindsOf(service).filter((kind) => !this.#consumers.some((consumer) => consumer.kind === kind));
    if (missing.length > 0) {
      throw new FatalError(
        'missing_consumer',
        `${service} must consume ${missing.map((kind) => ROUTES[kind].queue.name).join(', ')}, but has no handler for it`,
      );
    }
    if (managementUrl === undefined) {
      logger.warn('no RABBITMQ_MANAGEMENT_URL: routes are declared and probed, but foreign bindings cannot be seen');
    }
    this.#publish.start();
    this.#consume.start();
    this.#topology.start();
    this.#prober.start();
  }

  status(): BrokerStatus {
    const publisher = !this.#publish.connected ? 'down' : this.#publish.blocked === null ? 'up' : 'blocked';
    const consumers = Object.fromEntries(
      this.#consumers.map((c) => [c.kind, c.subscribed ? 'subscribed' : 'down'] as const),
    );
    const problems = [
      ...(publisher === 'down' ? [`not connected: ${this.#publish.lastError}`] : []),
      ...(publisher === 'blocked' ? [`blocked: ${this.#publish.blocked ?? ''}`] : []),
      ...this.#topology.problems(),
      ...(publisher === 'up' ? this.#prober.problems() : []),
      ...this.#consumers.filter((c) => !c.subscribed).map((c) => `not consuming ${ROUTES[c.kind].queue.name}`),
    ];
    return {
      ready: problems.length === 0,
      publisher,
      consumers,
      topology: this.#topology.state,
      routes: this.#prober.routes(),
      problems,
    };
  }

  /** Throws what is wrong, for a readiness check. */
  assertReady(): void {
    const { problems } = this.status();
    if (problems.length > 0) throw new RetryableError('broker_not_ready', problems.join('; '));
  }

  /** See `DoorbellPublisher` in libs/tasks. */
  async publishNotifications(
    kind: TaskKind,
    notifications: readonly { taskId: number; attempt: number; traceparent: string | null }[],
  ): Promise<{ confirmed: number[]; failed: { taskId: number; reason: 'returned' | 'refused' | 'not_confirmed' }[] }> {
    const outcomes = await this.#publisher.publish(notifications.map((doorbell) => notificationMessage(kind, doorbell)));
    const confirmed: number[] = [];
    const failed: { taskId: number; reason: 'returned' | 'refused' | 'not_confirmed' }[] = [];
    notifications.forEach(({ taskId }, index) => {
      const outcome = outcomes[index] ?? 'not_confirmed';
      if (outcome === 'confirmed') confirmed.push(taskId);
      else failed.push({ taskId, reason: outcome });
    });
    if (failed.some(({ reason }) => reason === 'returned')) this.#topology.lookNow();
    return { confirmed, failed };
  }

  /** Messages ready in the queue of a kind. */
  async readyCount(kind: TaskKind): Promise<number> {
    return (await this.#queue(kind)).messageCount;
  }

  /**
   * See `DoorbellSource` in libs/tasks. A second consumer of a kind, or one of a kind that is another service's, is a FatalError.
   */
  consume(
    kind: TaskKind,
    prefetch: number,
    onDelivery: (delivery: { readonly message: TaskNotification; ack(): void }) => void,
  ): { close(): Promise<void> } {
    const { service, logger } = this.#options;
    const queue = ROUTES[kind].queue.name;
    if (ROUTES[kind].consumer !== service)
      throw new FatalError('foreign_consumer', `${queue} is consumed by ${ROUTES[kind].consumer}, not by ${service}`);
    if (this.#consumers.some((consumer) => consumer.kind === kind))
      throw new FatalError('duplicate_consumer', `${service} consumes ${queue} twice`);
    const consumer = new Consumer({
      kind,
      prefetch,
      connection: this.#consume,
      logger,
      onDelivery,
      onProbe: (message) => this.#answerProbe(message),
      onMalformed: (message, reason) => this.#moveToDeadLetters(kind, message, reason),
    });
    this.#consumers.push(consumer);
    return { close: () => consumer.close() };
  }

  /** Closes consumers first, so that no delivery is taken that nobody will finish. Takes a few seconds at most. */
  async close(): Promise<void> {
    await Promise.all([this.#topology.stop(), this.#prober.stop()]);
    await Promise.all(this.#consumers.map((consumer) => consumer.end()));
    await Promise.all([this.#publish.close(), this.#consume.close()]);
  }

  async #queue(kind: TaskKind) {
    try {
      return await this.#control.use(
        (channel: Channel) => channel.checkQueue(ROUTES[kind].queue.name),
        'asking for a queue',
      );
    } catch (error) {
      // Somebody deleted it: declare it again now.
      if (/NOT.FOUND/.test(messageOf(error))) this.#topology.lookNow();
      throw error;
    }
  }

  #answerProbe({ properties }: ConsumeMessage): void {
    const { replyTo, correlationId } = properties as { replyTo?: unknown; correlationId?: unknown };
    if (typeof replyTo !== 'string' || typeof correlationId !== 'string') return;
    const responder = `${this.#options.service}@${hostname()}/${process.pid}`;
    // Who asked may be gone, and asks again in any case.
    this.#publisher.publish([probeAnswerMessage(replyTo, correlationId, { responder })]).catch((err: unknown) => {
      this.#options.logger.debug({ err }, 'a probe could not be answered');
    });
  }

  async #moveToDeadLetters(kind: TaskKind, message: ConsumeMessage, reason: string): Promise<void> {
    this.#malformed.inc({ kind });
    this.#options.logger.error(
      { kind, reason, bytes: message.content.length },
      'a message cannot be read; it goes to the dead letters',
    );
    const [outcome] = await this.#publisher.publish([
      {
        exchange: TOPOLOGY.deadLetters.exchange.name,
        routingKey: '',
        content: message.content,
        type: String(message.properties.type ?? ''),
        headers: {
          ...message.properties.headers,
          'x-pugmark-reason': reason,
          'x-pugmark-queue': ROUTES[kind].queue.name,
        },
      },
    ]);
    if (outcome !== 'confirmed')
      throw new RetryableError('dead_letter_failed', `the dead letter was ${outcome ?? 'not confirmed'}`);
  }

  #registerGauges(metrics: Registry): void {
    const gauge = (name: string, help: string, read: () => number): void => registerGauge(metrics, name, help, read);
    gauge('pugmark_broker_up', '1 while the publishing connection to RabbitMQ stands', () =>
      Number(this.#publish.connected),
    );
    gauge('pugmark_broker_blocked', '1 while RabbitMQ takes no messages', () => Number(this.#publish.blocked !== null));
    gauge(
      'pugmark_broker_connects',
      'Connections made so far, both kinds',
      () => this.#publish.connects + this.#consume.connects,
    );
    gauge('pugmark_publishes_in_flight', 'Messages published and not confirmed yet', () => this.#publisher.inFlight);
    gauge(
      'pugmark_consumers_down',
      'Consumers that are not subscribed',
      () => this.#consumers.filter((c) => !c.subscribed).length,
    );
    gauge(
      'pugmark_consumer_subscriptions',
      'Subscriptions made so far; more than one a consumer means that something ended it',
      () => this.#consumers.reduce((sum, c) => sum + c.subscriptions, 0),
    );
  }
}
