import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ConsumeMessage } from 'amqplib';
import type { Route, TaskDoorbell } from '@pugmark/contracts';

/** A doorbell is under 200 bytes; whatever is larger is none. */
const MAX_BYTES = 4_096;

/** The message as its class, or the reason why it is none. */
export function parseDoorbell(route: Route, message: ConsumeMessage): { doorbell: TaskDoorbell } | { malformed: string } {
  const { type, headers } = message.properties;
  if (type !== route.wireName) return { malformed: `type is ${JSON.stringify(type ?? null)}, not ${route.wireName}` };
  const version: unknown = headers?.['x-version'];
  if (version !== route.version) return { malformed: `x-version is ${JSON.stringify(version ?? null)}, not ${route.version}` };
  if (message.content.length > MAX_BYTES) return { malformed: `${message.content.length} bytes, more than ${MAX_BYTES}` };
  let body: unknown;
  try {
    body = JSON.parse(message.content.toString('utf8'));
  } catch {
    return { malformed: 'not JSON' };
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { malformed: 'not a JSON object' };
  const doorbell = plainToInstance(route.message as new () => TaskDoorbell, body);
  const problems = validateSync(doorbell, { whitelist: true, forbidUnknownValues: true });
  if (problems.length > 0) return { malformed: problems.flatMap((p) => Object.values(p.constraints ?? {})).join('; ') };
  return { doorbell };
}
