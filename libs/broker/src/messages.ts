import {
  MAX_MESSAGE_BYTES,
  PROBE_ANSWER_WIRE_NAME,
  PROBE_WIRE_NAME,
  ROUTES,
  type ProbeAnswer,
  type Route,
  type TaskKind,
} from '@pugmark/contracts';
import { PermanentError } from '@pugmark/domain';

export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly type: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly replyTo?: string;
  readonly correlationId?: string;
}

/**
 * RabbitMQ's direct reply-to: no queue is declared, and an answer that nobody waits for any more is dropped.
 * @see https://www.rabbitmq.com/docs/direct-reply-to
 */
export const REPLY_TO = 'amq.rabbitmq.reply-to';

export function notificationMessage(
  kind: TaskKind,
  doorbell: { taskId: number; attempt: number; traceparent: string | null },
): OutgoingMessage {
  const route: Route = ROUTES[kind];
  const { taskId, attempt, traceparent } = doorbell;
  const content = Buffer.from(
    JSON.stringify(traceparent === null ? { taskId, attempt } : { taskId, attempt, traceparent }),
  );
  // Its consumer would refuse it.
  if (content.length > MAX_MESSAGE_BYTES)
    throw new PermanentError(
      'message_too_large',
      `a doorbell of ${content.length} bytes, more than ${MAX_MESSAGE_BYTES}`,
    );
  return {
    exchange: route.exchange.name,
    routingKey: route.routingKey,
    type: route.wireName,
    headers: { 'x-version': route.version },
    content,
  };
}

/** Goes the way of the doorbells of its kind. It never expires: an expired message would be a dead letter. */
export function probeMessage(kind: TaskKind, correlationId: string): OutgoingMessage {
  const route: Route = ROUTES[kind];
  return {
    exchange: route.exchange.name,
    routingKey: route.routingKey,
    type: PROBE_WIRE_NAME,
    headers: { 'x-version': 1 },
    content: Buffer.from('{}'),
    replyTo: REPLY_TO,
    correlationId,
  };
}

export function probeAnswerMessage(replyTo: string, correlationId: string, answer: ProbeAnswer): OutgoingMessage {
  return {
    exchange: '',
    routingKey: replyTo,
    type: PROBE_ANSWER_WIRE_NAME,
    headers: { 'x-version': 1 },
    content: Buffer.from(JSON.stringify(answer)),
    correlationId,
  };
}
