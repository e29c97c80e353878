import {
  DeadLetters,
  type DeadLetter,
  type DeadLetterDetails,
  type DeadLetterOutcome,
  type Selection,
} from '@pugmark/broker';
import { columns } from '../columns';
import { EXIT, UsageError, type Command, type CommandContext } from '../command';
import { findBroker } from '../connections';
import { parseCommandLine } from '../parse-args';
import { printable } from '../printable';

const USAGE =
  'pugmark dead-letters list [--limit N] | show ID | requeue (ID… | --all) | drop (ID… | --all) ' +
  '[--json] [--instance NAME]';
/** Maximum characters of a body that `show` prints. */
const MAX_BODY_LENGTH = 4_096;

interface Options {
  readonly all: boolean;
  readonly limit: string;
  readonly json: boolean;
}

/** Lists, shows, requeues or drops dead letters. */
export const deadLettersCommand: Command = {
  summary: 'list, show, requeue or drop dead letters',
  usage: `${USAGE}
  list     shows each letter with its reason; removes none
  show     shows one letter completely
  requeue  returns letters to the route that they came from, e.g. after an upgrade that can parse them
  drop     removes letters; the dispatcher publishes a dropped notification again if its task still waits
  Exit code 0: done; 1: some were kept; 2: wrong usage or no such letter; 3: the broker cannot be reached.`,

  run: async (args, context) => {
    const { values, positionals } = parseCommandLine(USAGE, args, {
      all: { type: 'boolean', default: false },
      limit: { type: 'string', default: '100' },
      json: { type: 'boolean', default: false },
      instance: { type: 'string', default: 'main' },
    });
    const [action = '', ...ids] = positionals;
    const act = ACTIONS[action];
    if (act === undefined)
      throw new UsageError(
        `${action === '' ? 'the action is missing' : `there is no action '${action}'`}\nusage: ${USAGE}`,
      );
    const broker = findBroker(context.config, values.instance, context.folder);
    const letters = await DeadLetters.open(broker.rabbitmqUrl);
    try {
      return await act(letters, ids, values, context);
    } finally {
      await letters.close();
    }
  },
};

const ACTIONS: Readonly<
  Partial<
    Record<
      string,
      (letters: DeadLetters, ids: readonly string[], options: Options, context: CommandContext) => Promise<number>
    >
  >
> = {
  list: async (letters, ids, { limit, json }, { print }) => {
    const max = Number(limit);
    if (ids.length > 0 || !Number.isInteger(max) || max < 1)
      throw new UsageError(`list takes --limit with a whole number from 1, and no ids\nusage: ${USAGE}`);
    const list = await letters.list(max);
    print(json ? JSON.stringify(list, null, 2) : listText(list.letters, list.total));
    return EXIT.ok;
  },
  show: async (letters, ids, { json }, { print }) => {
    const [id] = ids;
    if (id === undefined || ids.length > 1) throw new UsageError(`show takes one id\nusage: ${USAGE}`);
    const letter = await letters.show(id);
    print(json ? JSON.stringify(letter, null, 2) : detailsText(letter));
    return EXIT.ok;
  },
  requeue: async (letters, ids, options, { print }) =>
    reportOutcomes(await letters.requeue(selection(ids, options)), options, print),
  drop: async (letters, ids, options, { print }) =>
    reportOutcomes(await letters.drop(selection(ids, options)), options, print),
};

function selection(ids: readonly string[], { all }: Options): Selection {
  if (all === ids.length > 0) throw new UsageError(`give ids, or --all\nusage: ${USAGE}`);
  return all ? 'all' : ids;
}

function reportOutcomes(
  outcomes: readonly DeadLetterOutcome[],
  { json }: Options,
  print: (text: string) => void,
): number {
  if (json) print(JSON.stringify(outcomes, null, 2));
  else if (outcomes.length === 0) print('no dead letters');
  else
    print(
      outcomes
        .map(({ letter, outcome, reason }) => `${outcome}  ${letter.id}${reason === null ? '' : `  ${reason}`}`)
        .join('\n'),
    );
  return outcomes.some(({ outcome }) => outcome === 'kept') ? EXIT.differs : EXIT.ok;
}

function listText(letters: readonly DeadLetter[], total: number): string {
  if (letters.length === 0) return 'no dead letters';
  const rows = letters.map(({ id, publishedAt, queue, type, bytes, reason }) => [
    id,
    (publishedAt ?? '–').replace('.000Z', 'Z'),
    queue ?? '–',
    type ?? '–',
    String(bytes),
    printable(reason),
  ]);
  const more = total > letters.length ? `\n${letters.length} of ${total}; --limit shows more` : '';
  return `${columns(['id', 'published', 'queue', 'type', 'bytes', 'reason'], rows)}${more}`;
}

function detailsText({
  id,
  reason,
  queue,
  type,
  version,
  bytes,
  publishedAt,
  headers,
  body,
  encoding,
}: DeadLetterDetails): string {
  const details = columns(
    ['id', id],
    [
      ['reason', printable(reason)],
      ['queue', queue ?? 'unknown'],
      ['type', type ?? 'none'],
      ['version', version === null ? 'none' : String(version)],
      ['published', publishedAt ?? 'unknown'],
      ['headers', printable(JSON.stringify(headers))],
      [
        'body',
        `${bytes} bytes${encoding === 'hex' ? ', not text; in hexadecimal' : ''}${body.length > MAX_BODY_LENGTH ? `, the first ${MAX_BODY_LENGTH} characters` : ''}:`,
      ],
    ],
  );
  return `${details}\n\n${printable(body.slice(0, MAX_BODY_LENGTH))}`;
}
