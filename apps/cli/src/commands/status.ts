import type { Schemas } from '@pugmark/client';
import { API_OPTIONS, API_USAGE, openApi } from '../api-options';
import { columns } from '../columns';
import { EXIT, UsageError, type Command } from '../command';
import { parseCommandLine } from '../parse-args';
import { findProblems } from './find-problems';

const USAGE = `pugmark status [--json] ${API_USAGE}`;

/** Shows the state of a running Pugmark system: its services, waiting work, and problems. */
export const statusCommand: Command = {
  summary: 'show services, waiting work and problems',
  usage: `${USAGE}
  Shows services, queues and work as reported by the API, then the problems that need attention.
  The gateway is that of --url or PUGMARK_URL, with the key in --key-file or PUGMARK_KEY, which needs the scope read;
  else the running instance (--instance, default main).
  Exit code 0: no problems; 1: problems found; 2: wrong usage, or the key lacks the scope; 3: the gateway does not
  answer.`,

  run: async (args, context) => {
    const { values, positionals } = parseCommandLine(USAGE, args, {
      ...API_OPTIONS,
      json: { type: 'boolean', default: false },
    });
    if (positionals.length > 0) throw new UsageError(`usage: ${USAGE}`);
    const { url, client } = openApi(values, context);
    const system = await client.get('/api/v1/system');
    // Without the database there is no work status; the system status reports that already.
    const work = system.dependencies.postgres === 'up' ? await client.get('/api/v1/processing/status') : null;
    const open = findProblems(system, work);
    context.print(
      values.json ? JSON.stringify({ system, work, needsAttention: open }, null, 2) : text(url, system, work, open),
    );
    return open.length === 0 ? EXIT.ok : EXIT.differs;
  },
};

function text(
  url: string,
  system: Schemas['SystemResponse'],
  work: Schemas['ProcessingResponse'] | null,
  open: readonly string[],
): string {
  const { version, uptimeSeconds, dependencies, routes, engines } = system;
  return [
    `Pugmark ${version} at ${url}, up ${duration(uptimeSeconds)}`,
    columns(
      ['Postgres', dependencies.postgres],
      [
        ['RabbitMQ', `${dependencies.broker.ready ? 'ready' : 'not ready'}, topology ${dependencies.broker.topology}`],
        ['Redis', dependencies.redis],
        ['images', work === null ? 'unknown' : workText(work)],
      ],
    ),
    '',
    'Queues',
    columns(
      ['queue', 'state', 'answered by', 'round trip'],
      routes.map(({ queue, state, responder, roundTripMs }) => [
        queue,
        state.replace('_', ' '),
        responder ?? '–',
        roundTripMs === null ? '–' : `${roundTripMs.toFixed(1)} ms`,
      ]),
    ),
    '',
    'Engines',
    ...(engines === null || engines.length === 0
      ? [engines === null ? '  unknown' : '  none']
      : [
          columns(
            ['worker', 'engine', 'device', 'processes'],
            engines.map(({ worker, name, version: of, device, processes, processesReady }) => [
              worker,
              `${name} ${of}`,
              device,
              `${processesReady} of ${processes}`,
            ]),
          ),
        ]),
    '',
    ...(open.length === 0 ? ['No problems found.'] : ['Problems:', ...open.map((line) => `  ${line}`)]),
  ].join('\n');
}

function workText({
  processing,
  pending,
  completed,
  failed,
  ratePerMinute,
  etaSeconds,
}: Schemas['ProcessingResponse']): string {
  const counts = `${pending} waiting, ${processing} in progress, ${completed} done, ${failed} failed`;
  if (pending + processing === 0) return counts;
  return `${counts}; ${ratePerMinute} a minute${etaSeconds === null ? '' : `, ${duration(etaSeconds)} remaining`}`;
}

/** Formats a duration in its two largest units, such as `3 h 5 min`. */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}
