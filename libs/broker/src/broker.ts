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
  /** Names the connections, and determines which queues this process consumes. */
  readonly service: ServiceName;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Interval between two probes of each route; 30 s by default. */
  readonly probeEveryMs?: number;
}

export interface BrokerStatus {
  /** Whether it is connected, verified, not blocked, and every consumer is subscribed. */
  readonly ready: boolean;
  readonly publisher: 'up' | 'down' | 'blocked';
  readonly consumers: Readonly<Partial<Record<TaskKind, 'subscribed' | 'down'>>>;
  readonly topology: TopologyState;
  /** Result of the last probe of each route. */
  readonly routes: readonly RouteStatus[];
  /** One line per problem. */
  readonly problems: readonly string[];
}

/**
 * Pugmark's RabbitMQ client: one connection for publishing, one for consuming and queries. Declares the topology,
 * compares it with the management API, and probes each route. `start` does not wait for the broker: until it is
 * available, `status` reports so.
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
    // On the consuming connection: during an alarm, the broker blocks everything, even queries, on a connection that
    // publishes.
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
      canPublish: () =>
        this.#publish.connected && this.#publish.blocked === null && this.#topology.state !== 'unchecked',
      readQueue: (kind) => this.#queue(kind),
      logger,
      metrics,
      onUnroutable: () => this.#topology.checkNow(),
      everyMs: options.probeEveryMs,
    });
    this.#malformed = new Counter({
      name: 'pugmark_messages_malformed_total',
      help: 'Malformed messages that were moved to the dead letters',
      labelNames: ['kind'],
      registers: [metrics],
    });
    this.#registerGauges(metrics);
  }

  /** Call after `consume` for every kind of this service: a missing one is a FatalError `missing_consumer`. */
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
      logger.warn(
        'no RABBITMQ_MANAGEMENT_URL: routes are declared and probed, but foreign bindings cannot be detected',
      );
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

  /** Readiness check: throws the current problems. */
  assertReady(): void {
    const { problems } = this.status();
    if (problems.length > 0) throw new RetryableError('broker_not_ready', problems.join('; '));
  }

  /** Publishes task notifications; see `NotificationPublisher` in libs/tasks. */
  async publishNotifications(
    kind: TaskKind,
    notifications: readonly { taskId: number; attempt: number; traceparent: string | null }[],
  ): Promise<{ confirmed: number[]; failed: { taskId: number; reason: 'returned' | 'refused' | 'not_confirmed' }[] }> {
    const outcomes = await this.#publisher.publish(notifications.map((each) => notificationMessage(kind, each)));
    const confirmed: number[] = [];
    const failed: { taskId: number; reason: 'returned' | 'refused' | 'not_confirmed' }[] = [];
    notifications.forEach(({ taskId }, index) => {
      const outcome = outcomes[index] ?? 'not_confirmed';
      if (outcome === 'confirmed') confirmed.push(taskId);
      else failed.push({ taskId, reason: outcome });
    });
    if (failed.some(({ reason }) => reason === 'returned')) this.#topology.checkNow();
    return { confirmed, failed };
  }

  /** Counts the ready messages in the queue of a kind. */
  async readyCount(kind: TaskKind): Promise<number> {
    return (await this.#queue(kind)).messageCount;
  }

  /**
   * Consumes task notifications; see `NotificationSource` in libs/tasks. A second consumer of a kind, or one of another
   * service's kind, is a FatalError.
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
      onProbe: (message) => this.#replyToProbe(message),
      onMalformed: (message, reason) => this.#moveToDeadLetters(kind, message, reason),
    });
    this.#consumers.push(consumer);
    return { close: () => consumer.close() };
  }

  /**
   * Closes consumers first, so that no delivery is accepted that would not be processed. Takes a few seconds at most.
   */
  async close(): Promise<void> {
    await Promise.all([this.#topology.stop(), this.#prober.stop()]);
    await Promise.all(this.#consumers.map((consumer) => consumer.closeChannel()));
    await Promise.all([this.#publish.close(), this.#consume.close()]);
  }

  async #queue(kind: TaskKind) {
    try {
      return await this.#control.use(
        (channel: Channel) => channel.checkQueue(ROUTES[kind].queue.name),
        'reading a queue',
      );
    } catch (error) {
      // The queue was deleted: redeclare it now.
      if (/NOT.FOUND/.test(messageOf(error))) this.#topology.checkNow();
      throw error;
    }
  }

  #replyToProbe({ properties }: ConsumeMessage): void {
    const { replyTo, correlationId } = properties as { replyTo?: unknown; correlationId?: unknown };
    if (typeof replyTo !== 'string' || typeof correlationId !== 'string') return;
    const responder = `${this.#options.service}@${hostname()}/${process.pid}`;
    // The prober may have exited; it probes again in any case.
    this.#publisher.publish([probeAnswerMessage(replyTo, correlationId, { responder })]).catch((err: unknown) => {
      this.#options.logger.debug({ err }, 'a probe could not be answered');
    });
  }

  async #moveToDeadLetters(kind: TaskKind, message: ConsumeMessage, reason: string): Promise<void> {
    this.#malformed.inc({ kind });
    this.#options.logger.error(
      { kind, reason, bytes: message.content.length },
      'a malformed message was moved to the dead letters',
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
    gauge('pugmark_broker_up', '1 while the publishing connection to RabbitMQ is open', () =>
      Number(this.#publish.connected),
    );
    gauge('pugmark_broker_blocked', '1 while RabbitMQ blocks publishing', () => Number(this.#publish.blocked !== null));
    gauge(
      'pugmark_broker_connects',
      'Connections opened so far, for publishing and consuming',
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
      'Subscriptions made so far; more than one per consumer means that it was interrupted',
      () => this.#consumers.reduce((sum, c) => sum + c.subscriptions, 0),
    );
  }
}
