import type { Channel, ChannelModel } from 'amqplib';
import { TOPOLOGY } from '@pugmark/contracts';
import { messageOf, withDeadline } from '@pugmark/domain';
import type { BindingInfo, ManagementApi } from '../management-api';
import { withChannel } from '../operator-connection';
import { compareTopology, conflictingNames } from './compare-topology';
import { declareTopology, ensurePolicies } from './declare-topology';
import type { TopologyDifference } from './topology-difference';

const STEP_DEADLINE_MS = 10_000;

export interface Repair {
  /** The difference, in one line. */
  readonly line: string;
  readonly outcome: 'repaired' | 'unresolved';
  /** The change, or the reason why there was none and what a person should do. */
  readonly description: string;
}

/**
 * Repairs what can be repaired without losing a message, and reports the result for each difference. Removes what
 * conflicts (a foreign binding, an exchange or queue of another type), then declares everything.
 */
export async function repairTopology(connection: ChannelModel, management: ManagementApi): Promise<readonly Repair[]> {
  const before = await compareTopology(management);
  const results = new Map<TopologyDifference, string>();
  for (const difference of before) results.set(difference, await removeConflicting(connection, management, difference));
  // Declaring what could not be removed would close the channel.
  const conflicting = conflictingNames(await compareTopology(management));
  await step(connection, (channel) => declareTopology(channel, conflicting));
  await ensurePolicies(management);
  const remaining = new Set((await compareTopology(management)).map(({ line }) => line));
  return before.map((difference) => ({
    line: difference.line,
    outcome: remaining.has(difference.line) ? 'unresolved' : 'repaired',
    description: results.get(difference) ?? '',
  }));
}

/**
 * Removes what conflicts with a declared part of the topology, if that loses nothing. Returns what was done, or why
 * not.
 */
async function removeConflicting(
  connection: ChannelModel,
  management: ManagementApi,
  difference: TopologyDifference,
): Promise<string> {
  try {
    switch (difference.code) {
      case 'binding_foreign':
        await step(connection, (channel) => unbind(channel, difference.binding));
        return 'removed; no message is lost';
      case 'exchange_differs':
        await step(connection, (channel) => channel.deleteExchange(difference.name));
        return 'deleted and redeclared; an exchange holds no messages, but its foreign bindings are removed';
      case 'queue_differs':
        return await removeQueue(connection, management, difference.name);
      case 'policy_shadowed':
        return `not changed: remove the policy ${difference.name} from our queues, or give it a narrower pattern`;
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
 * Deletes a classic queue if it is empty and unused, which the broker checks itself. A quorum queue has no such
 * condition: a work queue holds only notifications, which are published again, and is deleted if it has no consumers;
 * the dead letters are never deleted.
 */
async function removeQueue(connection: ChannelModel, management: ManagementApi, name: string): Promise<string> {
  const queue = (await management.queues()).find((each) => each.name === name);
  if (queue?.type === 'classic') {
    try {
      await step(connection, (channel) => channel.deleteQueue(name, { ifEmpty: true, ifUnused: true }));
      return 'was empty and unused; deleted and redeclared';
    } catch (error) {
      return `not deleted, it holds messages or is consumed (${messageOf(error)}): empty it, stop what consumes it, and repair again`;
    }
  }
  if (name === TOPOLOGY.deadLetters.queue.name)
    return 'not deleted, it may hold dead letters: requeue or drop them, delete it by hand, and repair again';
  const { consumerCount, messageCount } = await step(connection, (channel) => channel.checkQueue(name));
  if (consumerCount > 0) return `not deleted, ${consumerCount} consumers use it: stop them and repair again`;
  await step(connection, (channel) => channel.deleteQueue(name));
  return `deleted and redeclared; its ${messageCount} notifications are published again`;
}

async function unbind(
  channel: Channel,
  { source, destination, destination_type: type, routing_key: key, arguments: args }: BindingInfo,
): Promise<void> {
  if (type === 'queue') await channel.unbindQueue(destination, source, key, { ...args });
  else await channel.unbindExchange(destination, source, key, { ...args });
}

/** Runs each step on its own channel: the broker closes the channel of a refused one. */
function step<T>(connection: ChannelModel, use: (channel: Channel) => Promise<T>): Promise<T> {
  return withChannel(connection.createChannel(), (channel) => withDeadline(use(channel), STEP_DEADLINE_MS, 'RabbitMQ'));
}
