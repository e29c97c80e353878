import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ConsumeMessage } from 'amqplib';
import { MAX_MESSAGE_BYTES, ProbeAnswer, type Route, type TaskNotification } from '@pugmark/contracts';

/** Parses a notification of the route's version: returns it, or the reason why it is malformed. */
export function parseNotification(
  route: Route,
  message: Pick<ConsumeMessage, 'content' | 'properties'>,
): { notification: TaskNotification } | { malformed: string } {
  const { type, headers } = message.properties;
  if (type !== route.wireName) return { malformed: `type is ${JSON.stringify(type ?? null)}, not ${route.wireName}` };
  const version: unknown = headers?.['x-version'];
  if (version !== route.version)
    return { malformed: `x-version is ${JSON.stringify(version ?? null)}, not ${route.version}` };
  const parsed = parseBody(route.message, message.content);
  return 'malformed' in parsed ? parsed : { notification: parsed.body };
}

export function parseProbeAnswer(content: Buffer): ProbeAnswer | null {
  const parsed = parseBody(ProbeAnswer, content);
  return 'malformed' in parsed ? null : parsed.body;
}

function parseBody<T extends object>(type: new () => T, content: Buffer): { body: T } | { malformed: string } {
  if (content.length > MAX_MESSAGE_BYTES)
    return { malformed: `${content.length} bytes, more than ${MAX_MESSAGE_BYTES}` };
  let body: unknown;
  try {
    body = JSON.parse(content.toString('utf8'));
  } catch {
    return { malformed: 'not JSON' };
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { malformed: 'not a JSON object' };
  const instance = plainToInstance(type, body);
  const problems = validateSync(instance, { whitelist: true, forbidUnknownValues: true });
  if (problems.length > 0) return { malformed: problems.flatMap((p) => Object.values(p.constraints ?? {})).join('; ') };
  return { body: instance };
}
