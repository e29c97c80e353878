import { TOPOLOGY } from '@pugmark/contracts';
import type { PolicyInfo } from '../management-api';
import { QUEUES } from './bindings';
import { canonicalJson } from './canonical-json';
import type { TopologyDifference } from './topology-difference';

type DeclaredPolicy = (typeof TOPOLOGY.policies)[number];

export function isSamePolicy(found: PolicyInfo, { name, pattern, applyTo, definition }: DeclaredPolicy): boolean {
  return (
    found.name === name &&
    found.pattern === pattern &&
    found['apply-to'] === applyTo &&
    canonicalJson(found.definition) === canonicalJson(definition)
  );
}

/**
 * Compares the declared policies with those of the broker. Of all policies that match a queue, RabbitMQ applies only
 * the one with the highest priority: a foreign policy can disable the delivery limit and dead-lettering, although the
 * declared one is unchanged.
 */
export function comparePolicies(found: readonly PolicyInfo[]): TopologyDifference[] {
  const differences: TopologyDifference[] = [];
  for (const policy of TOPOLOGY.policies) {
    const same = found.find(({ name }) => name === policy.name);
    if (same === undefined)
      differences.push({ code: 'policy_missing', name: policy.name, line: `policy ${policy.name} is missing` });
    else if (!isSamePolicy(same, policy)) {
      const { pattern, 'apply-to': applyTo, definition } = same;
      differences.push({
        code: 'policy_differs',
        name: policy.name,
        line: `policy ${policy.name} is ${JSON.stringify({ pattern, applyTo, definition })}, not ${JSON.stringify({ pattern: policy.pattern, applyTo: policy.applyTo, definition: policy.definition })}`,
      });
    }
  }
  for (const queue of QUEUES) {
    const declared = TOPOLOGY.policies.find(({ pattern }) => new RegExp(pattern).test(queue));
    const winner = found.filter((policy) => matches(policy, queue)).sort((a, b) => b.priority - a.priority)[0];
    if (declared === undefined || winner === undefined || TOPOLOGY.policies.some(({ name }) => name === winner.name))
      continue;
    differences.push({
      code: 'policy_shadowed',
      name: winner.name,
      line: `queue ${queue} is under the foreign policy ${winner.name} (priority ${winner.priority}), which keeps ${declared.name} from it`,
    });
  }
  return differences;
}

function matches(policy: PolicyInfo, queue: string): boolean {
  if (!['queues', 'all', 'quorum_queues'].includes(policy['apply-to'])) return false;
  try {
    return new RegExp(policy.pattern).test(queue);
  } catch {
    // An Erlang expression that JavaScript cannot parse.
    return false;
  }
}
