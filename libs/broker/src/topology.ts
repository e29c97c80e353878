import type { Channel } from 'amqplib';
import { ROUTES, TASK_KINDS, TOPOLOGY } from '@pugmark/contracts';
import { withDeadline } from '@pugmark/domain';
import type { BindingInfo, ManagementApi } from './management-api';

const RPC_DEADLINE_MS = 5_000;

interface Binding {
  readonly source: string;
  readonly queue: string;
  readonly routingKey: string;
}

/** Every binding that there must be. */
const BINDINGS: readonly Binding[] = [
  ...TASK_KINDS.map((kind) => ({
    source: ROUTES[kind].exchange.name,
    queue: ROUTES[kind].queue.name,
    routingKey: ROUTES[kind].routingKey,
  })),
  { source: TOPOLOGY.deadLetters.exchange.name, queue: TOPOLOGY.deadLetters.queue.name, routingKey: '' },
];

/**
 * Declares exchanges, queues and bindings. The only argument is the queue type: anything else that differs from what is there
 * closes the channel with 406. Rejects with what the broker said.
 */
export async function declareTopology(channel: Channel): Promise<void> {
  for (const exchange of TOPOLOGY.exchanges) {
    await rpc(channel.assertExchange(exchange.name, exchange.type, { durable: true }), `declaring exchange ${exchange.name}`);
  }
  for (const { source, queue, routingKey } of BINDINGS) {
    await rpc(channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } }), `declaring queue ${queue}`);
    await rpc(channel.bindQueue(queue, source, routingKey), `binding queue ${queue}`);
  }
}

/**
 * Compares the broker with the topology table: one line for each difference, none when they agree. Sets the policy, which is no
 * difference but a setting of ours, where it is missing or another.
 */
export async function verifyTopology(management: ManagementApi): Promise<string[]> {
  await ensurePolicy(management);
  const [exchanges, queues, bindings] = await Promise.all([management.exchanges(), management.queues(), management.bindings()]);
  const differences: string[] = [];
  for (const declared of TOPOLOGY.exchanges) {
    const found = exchanges.find((exchange) => exchange.name === declared.name);
    if (found === undefined) differences.push(`exchange ${declared.name} is missing`);
    else if (found.type !== declared.type) differences.push(`exchange ${declared.name} is of type ${found.type}, not ${declared.type}`);
  }
  for (const name of new Set(BINDINGS.map((binding) => binding.queue))) {
    const found = queues.find((queue) => queue.name === name);
    if (found === undefined) differences.push(`queue ${name} is missing`);
    else if (found.type !== 'quorum') differences.push(`queue ${name} is of type ${found.type}, not quorum`);
  }
  return [...differences, ...compareBindings(bindings)];
}

/** Missing bindings, and foreign ones: from our exchanges to elsewhere, or from elsewhere to our queues. */
export function compareBindings(found: readonly BindingInfo[]): string[] {
  const exchanges = new Set<string>(TOPOLOGY.exchanges.map((exchange) => exchange.name));
  const queues = new Set(BINDINGS.map((binding) => binding.queue));
  const keyOf = (source: string, destination: string, routingKey: string): string => `${source} --${routingKey}--> ${destination}`;
  const wanted = new Set(BINDINGS.map(({ source, queue, routingKey }) => keyOf(source, queue, routingKey)));
  const present = new Set<string>();
  const differences: string[] = [];
  for (const { source, destination, destination_type, routing_key } of found) {
    const ours = exchanges.has(source) || (source !== '' && destination_type === 'queue' && queues.has(destination));
    // The default exchange ('') binds every queue by its name; that cannot be changed.
    if (!ours) continue;
    const key = keyOf(source, destination, routing_key);
    if (destination_type === 'queue' && wanted.has(key)) present.add(key);
    else differences.push(`foreign binding ${key} (${destination_type})`);
  }
  for (const key of wanted) if (!present.has(key)) differences.push(`missing binding ${key}`);
  return differences;
}

async function ensurePolicy(management: ManagementApi): Promise<void> {
  const { name, pattern, applyTo, definition } = TOPOLOGY.policy;
  const found = (await management.policies()).find((policy) => policy.name === name);
  const same =
    found !== undefined &&
    found.pattern === pattern &&
    found['apply-to'] === applyTo &&
    Object.entries(definition).every(([key, value]) => found.definition[key] === value);
  if (!same) await management.putPolicy({ name, pattern, 'apply-to': applyTo, definition });
}

function rpc<T>(promise: Promise<T>, what: string): Promise<T> {
  return withDeadline(promise, RPC_DEADLINE_MS, what);
}
