import type { Channel } from 'amqplib';
import { ROUTES, TOPOLOGY, type ExchangeDeclaration, type TaskKind } from '@pugmark/contracts';
import { withDeadline } from '@pugmark/domain';
import type { ManagementApi } from '../management-api';
import { BINDINGS, QUEUES, QUEUE_ARGUMENTS, bindingOf, type Binding } from './bindings';
import { isSamePolicy } from './compare-policies';

const RPC_DEADLINE_MS = 5_000;

/**
 * Declares exchanges, queues and bindings, except the exchanges and queues named in `except`; existing ones are
 * unchanged. The only argument is the queue type: any other difference closes the channel with 406, which rejects with
 * the broker's reason.
 */
export async function declareTopology(channel: Channel, except: ReadonlySet<string> = new Set()): Promise<void> {
  for (const exchange of TOPOLOGY.exchanges) if (!except.has(exchange.name)) await declareExchange(channel, exchange);
  for (const queue of QUEUES) if (!except.has(queue)) await declareQueue(channel, queue);
  for (const binding of BINDINGS)
    if (!except.has(binding.source) && !except.has(binding.queue)) await bind(channel, binding);
}

/** Declares only what one consumer needs, so that a problem of another route does not affect it. */
export async function declareRoute(channel: Channel, kind: TaskKind): Promise<void> {
  await declareExchange(channel, ROUTES[kind].exchange);
  await declareQueue(channel, ROUTES[kind].queue.name);
  await bind(channel, bindingOf(kind));
}

async function declareExchange(channel: Channel, { name, type }: ExchangeDeclaration): Promise<void> {
  await rpc(channel.assertExchange(name, type, { durable: true }), `declaring exchange ${name}`);
}

async function declareQueue(channel: Channel, queue: string): Promise<void> {
  await rpc(
    channel.assertQueue(queue, { durable: true, arguments: { ...QUEUE_ARGUMENTS } }),
    `declaring queue ${queue}`,
  );
}

async function bind(channel: Channel, { source, queue, routingKey }: Binding): Promise<void> {
  await rpc(channel.bindQueue(queue, source, routingKey), `binding queue ${queue}`);
}

/** Sets our policies where they are missing or differ. Policies are settings: no data can be lost. */
export async function ensurePolicies(management: ManagementApi): Promise<void> {
  const present = await management.policies();
  for (const policy of TOPOLOGY.policies) {
    if (present.some((found) => isSamePolicy(found, policy))) continue;
    const { name, pattern, applyTo, definition } = policy;
    await management.putPolicy({ name, pattern, 'apply-to': applyTo, definition, priority: 0 });
  }
}

function rpc<T>(promise: Promise<T>, operation: string): Promise<T> {
  return withDeadline(promise, RPC_DEADLINE_MS, operation);
}
