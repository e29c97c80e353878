import { TOPOLOGY } from '@pugmark/contracts';
import type { BindingInfo, ExchangeInfo, ManagementApi, QueueInfo } from '../management-api';
import { BINDINGS, QUEUES, QUEUE_ARGUMENTS } from './bindings';
import { canonicalJson } from './canonical-json';
import { comparePolicies } from './compare-policies';
import type { TopologyDifference } from './topology-difference';

/** Compares the broker with the declared topology. Changes nothing; returns an empty list when they agree. */
export async function compareTopology(management: ManagementApi): Promise<readonly TopologyDifference[]> {
  const [exchanges, queues, bindings, policies] = await Promise.all([
    management.exchanges(),
    management.queues(),
    management.bindings(),
    management.policies(),
  ]);
  return [
    ...compareExchanges(exchanges),
    ...compareQueues(queues),
    ...compareBindings(bindings),
    ...comparePolicies(policies),
  ];
}

/** Names of exchanges and queues that exist with other properties: declaring them would only close the channel. */
export function conflictingNames(differences: readonly TopologyDifference[]): ReadonlySet<string> {
  return new Set(
    differences.flatMap((each) =>
      each.code === 'exchange_differs' || each.code === 'queue_differs' ? [each.name] : [],
    ),
  );
}

function compareExchanges(found: readonly ExchangeInfo[]): TopologyDifference[] {
  return TOPOLOGY.exchanges.flatMap(({ name, type }): TopologyDifference[] => {
    const exchange = found.find((each) => each.name === name);
    if (exchange === undefined) return [{ code: 'exchange_missing', name, line: `exchange ${name} is missing` }];
    const other = describeDifference({
      type: [exchange.type, type],
      durable: [exchange.durable, true],
      'auto-delete': [exchange.auto_delete, false],
      internal: [exchange.internal, false],
      arguments: [exchange.arguments, {}],
    });
    return other === null ? [] : [{ code: 'exchange_differs', name, line: `exchange ${name} ${other}` }];
  });
}

function compareQueues(found: readonly QueueInfo[]): TopologyDifference[] {
  return QUEUES.flatMap((name): TopologyDifference[] => {
    const queue = found.find((each) => each.name === name);
    if (queue === undefined) return [{ code: 'queue_missing', name, line: `queue ${name} is missing` }];
    const other = describeDifference({
      type: [queue.type, 'quorum'],
      durable: [queue.durable, true],
      'auto-delete': [queue.auto_delete, false],
      // The listing omits it for most queues.
      exclusive: [queue.exclusive ?? false, false],
      arguments: [queue.arguments, QUEUE_ARGUMENTS],
    });
    return other === null ? [] : [{ code: 'queue_differs', name, line: `queue ${name} ${other}` }];
  });
}

/**
 * Describes properties that differ, such as 'is of type fanout, not direct; has durable false, not true'; null when
 * none does.
 */
function describeDifference(
  properties: Readonly<Record<string, readonly [found: unknown, expected: unknown]>>,
): string | null {
  const text = (value: unknown): string => (typeof value === 'string' ? value : canonicalJson(value));
  const parts = Object.entries(properties).flatMap(([name, [found, expected]]) => {
    if (canonicalJson(found) === canonicalJson(expected)) return [];
    return [
      name === 'type'
        ? `is of type ${text(found)}, not ${text(expected)}`
        : `has ${name} ${text(found)}, not ${text(expected)}`,
    ];
  });
  return parts.length === 0 ? null : parts.join('; ');
}

/**
 * Missing bindings, and foreign ones: from our exchanges to other destinations, or from other exchanges to our queues.
 */
function compareBindings(found: readonly BindingInfo[]): TopologyDifference[] {
  const exchanges = new Set<string>(TOPOLOGY.exchanges.map((exchange) => exchange.name));
  const queues = new Set(QUEUES);
  const keyOf = (source: string, destination: string, routingKey: string): string =>
    `${source} ${routingKey === '' ? '-->' : `--${routingKey}-->`} ${destination}`;
  const expected = new Set(BINDINGS.map(({ source, queue, routingKey }) => keyOf(source, queue, routingKey)));
  const present = new Set<string>();
  const differences: TopologyDifference[] = [];
  for (const binding of found) {
    const { source, destination, destination_type: type, routing_key: routingKey } = binding;
    const isQueue = type === 'queue';
    // The default exchange ('') binds every queue by its name; that cannot be changed.
    const isRelevant =
      exchanges.has(source) ||
      (source !== '' && isQueue && queues.has(destination)) ||
      (!isQueue && exchanges.has(destination));
    if (!isRelevant) continue;
    const key = keyOf(source, destination, routingKey);
    const plain = Object.keys(binding.arguments).length === 0;
    if (isQueue && plain && expected.has(key)) present.add(key);
    else
      differences.push({
        code: 'binding_foreign',
        binding,
        line: `foreign binding ${key} (${type}${plain ? '' : ` ${JSON.stringify(binding.arguments)}`})`,
      });
  }
  for (const key of expected)
    if (!present.has(key)) differences.push({ code: 'binding_missing', line: `missing binding ${key}` });
  return differences;
}
