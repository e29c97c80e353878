import { randomUUID } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { ROUTES, TASK_KINDS, type TaskKind } from '@pugmark/contracts';
import { Gauge, backgroundLoop, type BackgroundLoop, type Logger, type Registry } from '@pugmark/platform';
import { probeMessage } from './messages';
import { parseProbeAnswer } from './parse-message';
import type { Publisher } from './publisher';

/**
 * `answered`: the consumer answered the last probe. `waiting`: not yet, but there are consumers; the probe is queued
 * behind work. `no_consumer`: the queue has no consumer. `unroutable`: the probe was returned, no queue is bound.
 * `unknown`: not probed yet.
 */
export type RouteState = 'unknown' | 'answered' | 'waiting' | 'no_consumer' | 'unroutable';

export interface RouteStatus {
  readonly kind: TaskKind;
  readonly queue: string;
  readonly state: RouteState;
  /** The process that answered last. */
  readonly responder: string | null;
  /** Time from publish to answer of the last answered probe. */
  readonly roundTripMs: number | null;
  readonly answeredAt: string | null;
}

interface Probe {
  readonly correlationId: string;
  readonly channel: number;
  readonly sentAt: number;
}

interface RouteRecord {
  state: RouteState;
  responder: string | null;
  roundTripMs: number | null;
  answeredAt: Date | null;
  pending: Probe | null;
  sentAt: number;
  /** A probe was confirmed and not returned: a queue is bound. */
  routed: boolean;
  warned: boolean;
  problem: string | null;
}

const CHECK_MS = 1_000;
const INTERVAL_MS = 30_000;
const UNROUTABLE_INTERVAL_MS = 3_000;
/** An answer takes milliseconds; after this time the queue is inspected. */
const SLOW_MS = 3_000;
/** Services do not start at the same moment: a missing consumer is logged as a warning after this time. */
const WARN_MS = 20_000;
/** With an empty queue, a probe that is not answered within this time was lost. */
const LOST_MS = 10_000;
/** A probe may wait behind many slow tasks, so a second one is sent only after this time. */
const PENDING_TIMEOUT_MS = 300_000;

export interface ProberOptions {
  readonly publisher: Publisher;
  /** Whether a connection accepts messages; the lack of one is reported elsewhere. */
  readonly canPublish: () => boolean;
  readonly readQueue: (kind: TaskKind) => Promise<{ readonly consumerCount: number; readonly messageCount: number }>;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Called when a probe reached no queue: the bindings should be checked now. */
  readonly onUnroutable: () => void;
  readonly everyMs?: number | undefined;
}

/**
 * Publishes a mandatory probe on each route at startup and every 30 s, which the consumer answers: this shows that work
 * published on the route reaches a consumer.
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #routes = new Map<TaskKind, RouteRecord>();
  readonly #gauges: {
    readonly answered: Gauge<'route'>;
    readonly roundTrip: Gauge<'route'>;
    readonly responder: Gauge<'route' | 'responder'>;
  };
  #loop: BackgroundLoop | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
    for (const kind of TASK_KINDS) {
      this.#routes.set(kind, {
        state: 'unknown',
        responder: null,
        roundTripMs: null,
        answeredAt: null,
        pending: null,
        sentAt: -Infinity,
        routed: false,
        warned: false,
        problem: null,
      });
    }
    const registers = [options.metrics];
    this.#gauges = {
      answered: new Gauge({
        name: 'pugmark_route_answered',
        help: '1 when the consumer of a route answered the last probe',
        labelNames: ['route'],
        registers,
      }),
      roundTrip: new Gauge({
        name: 'pugmark_route_round_trip_seconds',
        help: 'Time from a probe of a route to the answer of its consumer',
        labelNames: ['route'],
        registers,
      }),
      responder: new Gauge({
        name: 'pugmark_route_responder',
        help: 'The process that answered the last probe of a route',
        labelNames: ['route', 'responder'],
        registers,
      }),
    };
  }

  start(): void {
    this.#loop = backgroundLoop('probe routes', this.#options.logger, () => this.#checkRoutes(), CHECK_MS);
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  routes(): readonly RouteStatus[] {
    return [...this.#routes].map(([kind, { state, responder, roundTripMs, answeredAt }]) => ({
      kind,
      queue: ROUTES[kind].queue.name,
      state,
      responder,
      roundTripMs,
      answeredAt: answeredAt?.toISOString() ?? null,
    }));
  }

  /**
   * Problems that keep work from reaching a queue. A queue without a consumer is reported in the state only: its work
   * is safe.
   */
  problems(): readonly string[] {
    return [...this.#routes].flatMap(([kind, { routed, problem }]) =>
      problem !== null ? [problem] : routed ? [] : [`route ${kind} is not probed yet`],
    );
  }

  /** Handles an answer from the publisher's channel. */
  receive(message: ConsumeMessage): void {
    const answer = parseProbeAnswer(message.content);
    for (const [kind, route] of this.#routes) {
      const { pending } = route;
      if (answer === null || pending === null || pending.correlationId !== message.properties.correlationId) continue;
      const roundTripMs = performance.now() - pending.sentAt;
      route.pending = null;
      route.problem = null;
      route.roundTripMs = Math.round(roundTripMs * 10) / 10;
      route.answeredAt = new Date();
      if (route.responder !== null) this.#gauges.responder.remove({ route: kind, responder: route.responder });
      route.responder = answer.responder;
      this.#gauges.responder.set({ route: kind, responder: answer.responder }, 1);
      this.#gauges.roundTrip.set({ route: kind }, roundTripMs / 1_000);
      this.#setState(kind, route, 'answered');
    }
  }

  async #checkRoutes(): Promise<number> {
    if (!this.#options.canPublish()) return CHECK_MS;
    const now = performance.now();
    await Promise.all(
      [...this.#routes].map(([kind, route]) =>
        this.#isDue(route, now) ? this.#send(kind, route) : this.#checkPending(kind, route, now),
      ),
    );
    return CHECK_MS;
  }

  #isDue({ pending, sentAt, state }: RouteRecord, now: number): boolean {
    if (
      pending !== null &&
      pending.channel === this.#options.publisher.channels &&
      now - pending.sentAt < PENDING_TIMEOUT_MS
    )
      return false;
    return (
      now - sentAt >=
      (state === 'unroutable' ? UNROUTABLE_INTERVAL_MS : pending !== null ? 0 : (this.#options.everyMs ?? INTERVAL_MS))
    );
  }

  async #send(kind: TaskKind, route: RouteRecord): Promise<void> {
    const { publisher, onUnroutable } = this.#options;
    const correlationId = randomUUID();
    route.sentAt = performance.now();
    // Set before the confirm: the answer may arrive first.
    route.pending = { correlationId, channel: publisher.channels, sentAt: route.sentAt };
    const [outcome] = await publisher
      .publish([probeMessage(kind, correlationId)])
      .catch(() => ['not_confirmed' as const]);
    if (outcome === 'confirmed') {
      // Publishing may have opened the first channel, or a new one.
      if (route.pending !== null) route.pending = { ...route.pending, channel: publisher.channels };
      route.problem = null;
      route.routed = true;
      return;
    }
    route.pending = null;
    // Not confirmed: the connection has failed, which is reported elsewhere.
    if (outcome !== 'returned') return;
    route.problem = `the probe of route ${kind} reached no queue`;
    this.#setState(kind, route, 'unroutable');
    onUnroutable();
  }

  /** Determines why a probe was not answered at once. */
  async #checkPending(kind: TaskKind, route: RouteRecord, now: number): Promise<void> {
    if (route.pending === null || now - route.pending.sentAt < SLOW_MS) return;
    const queue = await this.#options.readQueue(kind).catch(() => null);
    // The answer may have arrived meanwhile.
    if (queue === null || route.pending === null) return;
    const age = now - route.pending.sentAt;
    // The probe or its answer was lost, by a purge or with a connection. The next check sends another.
    if (queue.messageCount === 0 && age > LOST_MS) route.pending = null;
    this.#setState(kind, route, queue.consumerCount === 0 ? 'no_consumer' : 'waiting');
    if (queue.consumerCount > 0 || route.warned || age < WARN_MS) return;
    route.warned = true;
    const { consumer, queue: declared } = ROUTES[kind];
    this.#options.logger.warn(
      { route: kind, queue: declared.name },
      `no service consumes this queue: is ${consumer} running?`,
    );
  }

  #setState(kind: TaskKind, route: RouteRecord, state: RouteState): void {
    this.#gauges.answered.set({ route: kind }, Number(state === 'answered'));
    if (route.state === state) return;
    const { logger } = this.#options;
    const details = { route: kind, queue: ROUTES[kind].queue.name, was: route.state };
    route.state = state;
    if (state === 'answered') {
      route.warned = false;
      logger.info(
        { ...details, responder: route.responder, roundTripMs: route.roundTripMs },
        'the consumer of a route answers',
      );
    } else if (state === 'no_consumer') logger.info(details, 'a queue has no consumer yet');
    else if (state === 'waiting') logger.info(details, 'a probe waits behind work');
    else logger.error({ ...details, problem: route.problem }, 'a route reaches no queue');
  }
}
