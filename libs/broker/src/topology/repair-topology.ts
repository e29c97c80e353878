import type { Channel, ChannelModel } from 'amqplib';
import { TOPOLOGY } from '@pugmark/contracts';
import { messageOf, withDeadline } from '@pugmark/domain';
import type { BindingInfo, ManagementApi } from '../management-api';
import { withChannel } from '../operator-connection';
import { compareTopology, undeclarable, type TopologyDifference } from './compare-topology';
import { declareTopology, ensurePolicies } from './declare-topology';

const STEP_DEADLINE_MS = 10_000;

export interface Repair {
  /** The difference, in one line. */
  readonly line: string;
  readonly outcome: 'mended' | 'left';
  /** What was done, or why nothing was and what a person should do. */
  readonly what: string;
}

/**
 * Mends what can be mended without losing a message, and says for each difference what it did or why it did not. What must go first
 * (a foreign binding, something of another type) goes; then everything is declared.
 */
export async function repairTopology(connection: ChannelModel, management: ManagementApi): Promise<readonly Repair[]> {
  const before = await compareTopology(management);
  const said = new Map<TopologyDifference, string>();
  for (const difference of before) said.set(difference, await makeRoom(connection, management, difference));
  // What could not be taken away is not declared, which would close the channel.
  const inTheWay = undeclarable(await compareTopology(management));
  await step(connection, (channel) => declareTopology(channel, inTheWay));
  await ensurePolicies(management);
  const still = new Set((await compareTopology(management)).map(({ line }) => line));
  return before.map((difference) => ({
    line: difference.line,
    outcome: still.has(difference.line) ? 'left' : 'mended',
    what: said.get(difference) ?? '',
  }));
}

/** Takes away what stands where ours should be, if that loses nothing; answers what was done or why not. */
async function makeRoom(
  connection: ChannelModel,
  management: ManagementApi,
  difference: TopologyDifference,
): Promise<string> {
  try {
    switch (difference.code) {
      case 'binding_foreign':
        await step(connection, (channel) => unbind(channel, difference.binding));
        return 'removed; no message is lost by it';
      case 'exchange_differs':
        await step(connection, (channel) => channel.deleteExchange(difference.name));
        return 'deleted and declared again; an exchange holds no messages, but bindings to others are gone with it';
      case 'queue_differs':
        return await removeQueue(connection, management, difference.name);
      case 'policy_shadowed':
        return `not touched: take the policy ${difference.name} off our queues, or give it a narrower pattern`;
      case 'policy_missing':
      case 'policy_differs':
        return 'set';
      default:
        return 'declared';
    }
  } catch (error) {
    return `failed: ${messageOf(error)}`;
  }
}

/**
 * A classic queue goes if it is empty and unused, which the broker checks itself. A quorum queue knows no such condition: a work
 * queue holds doorbells only, which are rung again, and goes if nobody consumes it; the dead letters are never deleted.
 */
async function removeQueue(connection: ChannelModel, management: ManagementApi, name: string): Promise<string> {
  const queue = (await management.queues()).find((each) => each.name === name);
  if (queue?.type === 'classic') {
    try {
      await step(connection, (channel) => channel.deleteQueue(name, { ifEmpty: true, ifUnused: true }));
      return 'was empty and unused; deleted and declared again';
    } catch (error) {
      return `not deleted, it holds messages or is consumed (${messageOf(error)}): empty it, stop what consumes it, and repair again`;
    }
  }
  if (name === TOPOLOGY.deadLetters.queue.name)
    return 'not deleted, it may hold dead letters: requeue or drop them, delete it by hand, and repair again';
  const { consumerCount, messageCount } = await step(connection, (channel) => channel.checkQueue(name));
  if (consumerCount > 0) return `not deleted, ${consumerCount} consumers use it: stop them and repair again`;
  await step(connection, (channel) => channel.deleteQueue(name));
  return `deleted and declared again; its ${messageCount} doorbells are rung again`;
}

async function unbind(
  channel: Channel,
  { source, destination, destination_type: type, routing_key: key, arguments: args }: BindingInfo,
): Promise<void> {
  if (type === 'queue') await channel.unbindQueue(destination, source, key, { ...args });
  else await channel.unbindExchange(destination, source, key, { ...args });
}

/** Each step on a channel of its own: one that the broker refuses closes it. */
function step<T>(connection: ChannelModel, use: (channel: Channel) => Promise<T>): Promise<T> {
  return withChannel(connection.createChannel(), (channel) => withDeadline(use(channel), STEP_DEADLINE_MS, 'RabbitMQ'));
}
