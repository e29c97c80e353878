import { TopologyAdmin, type Repair } from '@pugmark/broker';
import { ROUTES, TASK_KINDS, TOPOLOGY } from '@pugmark/contracts';
import { columns } from '../columns';
import { EXIT, UsageError, type Command, type CommandContext } from '../command';
import { findBroker } from '../connections';
import { parseCommandLine } from '../parse-args';

const USAGE = 'pugmark topology [--offline | --repair] [--json] [--instance NAME]';

/** Prints the topology table, compares a running broker with it, and repairs what is safe to repair if requested. */
export const topologyCommand: Command = {
  summary: 'print the topology, compare a broker with it, --repair what is safe',
  usage: `${USAGE}
  Prints exchanges, routes and policies, then compares the broker with them: one line for each difference.
  --repair repairs what loses no message and reports what it did; --offline prints only the table.
  The broker is that of RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL, else of the running instance (--instance, default
  main).
  Exit code 0: the broker has the declared topology; 1: it differs; 2: wrong usage; 3: it cannot be reached.`,

  run: async (args, context) => {
    const { values } = parseCommandLine(USAGE, args, {
      offline: { type: 'boolean', default: false },
      repair: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      instance: { type: 'string', default: 'main' },
    });
    if (values.offline && values.repair)
      throw new UsageError(`--offline and --repair exclude one another\nusage: ${USAGE}`);
    if (!values.json) context.print(table());
    if (values.offline) {
      if (values.json) context.print(json({ topology: TOPOLOGY }));
      return EXIT.ok;
    }
    return compare(values, context);
  },
};

async function compare(
  { repair, json: asJson, instance }: { repair: boolean; json: boolean; instance: string },
  { config, folder, print }: CommandContext,
): Promise<number> {
  const broker = findBroker(config, instance, folder);
  if (broker.managementUrl === undefined) {
    print(`The broker ${broker.name} cannot be compared: set RABBITMQ_MANAGEMENT_URL to its management API.`);
    return EXIT.unreachable;
  }
  const admin = new TopologyAdmin(broker.rabbitmqUrl, broker.managementUrl);
  const repairs = repair ? await admin.repair() : null;
  const differences = await admin.differences();
  if (asJson) print(json({ topology: TOPOLOGY, broker: broker.name, repairs, differences }));
  else print(report(broker.name, repairs, differences));
  return differences.length === 0 ? EXIT.ok : EXIT.differs;
}

function report(name: string, repairs: readonly Repair[] | null, differences: readonly string[]): string {
  const lines: string[] = [];
  for (const { line, outcome, description } of repairs ?? [])
    lines.push(`${outcome.padEnd(10)}  ${line}: ${description}`);
  if (repairs?.length === 0) lines.push('Nothing had to be repaired.');
  if (differences.length === 0) lines.push(`The broker ${name} has exactly the declared topology.`);
  else {
    const many = differences.length === 1 ? 'one difference' : `${differences.length} differences`;
    lines.push(
      `The broker ${name} has ${many}${repairs === null ? ' (--repair repairs what is safe)' : ' left'}:`,
      ...differences.map((line) => `  ${line}`),
    );
  }
  return lines.join('\n');
}

function table(): string {
  const routes = TASK_KINDS.map((kind) => {
    const { exchange, routingKey, queue, wireName, version, consumer, depth } = ROUTES[kind];
    return [exchange.name, routingKey, queue.name, `${wireName} v${version}`, consumer, String(depth)];
  });
  const { deadLetters, exchanges, policies } = TOPOLOGY;
  return [
    'Exchanges',
    columns(
      ['name', 'type'],
      exchanges.map(({ name, type }) => [name, type]),
    ),
    '',
    'Routes (queues are durable quorum queues)',
    columns(
      ['exchange', 'key', 'queue', 'message', 'consumer', 'max ready'],
      [...routes, [deadLetters.exchange.name, '', deadLetters.queue.name, 'any', 'pugmark dead-letters', '–']],
    ),
    '',
    'Policies',
    columns(
      ['name', 'queues', 'definition'],
      policies.map(({ name, pattern, definition }) => [name, pattern, JSON.stringify(definition)]),
    ),
    '',
  ].join('\n');
}

function json(document: unknown): string {
  return JSON.stringify(document, null, 2);
}
