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
 * RabbitMQ's direct reply-to: needs no queue, and drops replies that are no longer awaited.
 * @see https://www.rabbitmq.com/docs/direct-reply-to
 */
export const REPLY_TO = 'amq.rabbitmq.reply-to';

export function notificationMessage(
  kind: TaskKind,
  notification: { taskId: number; attempt: number; traceparent: string | null },
): OutgoingMessage {
  const route: Route = ROUTES[kind];
  const { taskId, attempt, traceparent } = notification;
  const content = Buffer.from(
    JSON.stringify(traceparent === null ? { taskId, attempt } : { taskId, attempt, traceparent }),
  );
  // The consumer would refuse it.
  if (content.length > MAX_MESSAGE_BYTES)
    throw new PermanentError(
      'message_too_large',
      `a notification of ${content.length} bytes, more than ${MAX_MESSAGE_BYTES}`,
    );
  return {
    exchange: route.exchange.name,
    routingKey: route.routingKey,
    type: route.wireName,
    headers: { 'x-version': route.version },
    content,
  };
}

/**
 * Takes the same route as the notifications of its kind. Has no expiry: an expired message would become a dead letter.
 */
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
