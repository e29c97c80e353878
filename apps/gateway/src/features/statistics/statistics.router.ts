import { readActivity, readCaptureRates, readPresence, readStudySummary, readTimeline } from '@pugmark/db';
import { unprocessable } from '../../http/http-problem';
import { jsonOf, operation, type Operation } from '../../http/operation';
import type { DtoClass } from '../../http/schema';
import type { StatisticsDependencies } from './statistics.dependencies';
import {
  ActivityQuery,
  ActivityResponse,
  CaptureRatesResponse,
  CapturesQuery,
  PresenceResponse,
  StatisticsQuery,
  SummaryResponse,
  TimelineQuery,
  TimelineResponse,
  presenceResponse,
} from './statistics.dto';
import { formEvents } from '../events/form-events';
import { requireFilterScope } from '../events/require-observed';

/** Eleven years of days. */
const MAX_STEPS = 4_000;
/** Maximum number of deployments or locations per response. */
const MAX_PLACES = 5_000;

export function statisticsRouter(deps: StatisticsDependencies): Operation[] {
  const { counts } = deps;
  return [
    statistic(deps, 'summary', 'getSummary', 'Summary of a study', StatisticsQuery, SummaryResponse, (query) =>
      readStudySummary(counts, query, query),
    ),
    statistic(
      deps,
      'captures',
      'getCaptures',
      'Events, and capture rates per 100 trap-nights',
      CapturesQuery,
      CaptureRatesResponse,
      async (query) => {
        const rates = await readCaptureRates(counts, query, query, query.by ?? null);
        assertFewPlaces(rates.groups.length);
        return rates;
      },
    ),
    statistic(
      deps,
      'activity',
      'getActivity',
      'Events by hour of the day of their start',
      ActivityQuery,
      ActivityResponse,
      (query) => readActivity(counts, query, query, query.clock),
    ),
    statistic(
      deps,
      'timeline',
      'getTimeline',
      'Events by day, week or month of their start',
      TimelineQuery,
      TimelineResponse,
      async (query) => {
        const timeline = await readTimeline(counts, query, query, query.by, MAX_STEPS);
        if ('steps' in timeline) return timeline;
        const { first, last } = timeline;
        throw unprocessable(
          'too_long',
          'by',
          `from ${first} to ${last} there are more than ${MAX_STEPS} ${query.by}s: give capturedFrom and capturedTo, or longer steps`,
        );
      },
    ),
    statistic(
      deps,
      'presence',
      'getPresence',
      'Presence by location',
      StatisticsQuery,
      PresenceResponse,
      async (query) => {
        const presence = await readPresence(counts, query, query);
        assertFewPlaces(presence.places.length);
        return presenceResponse(presence);
      },
    ),
  ];
}

/** The common part of all statistics: they cover one project and are read after its stale events were formed. */
function statistic<Query extends StatisticsQuery, Value extends object>(
  deps: StatisticsDependencies,
  path: string,
  name: string,
  summary: string,
  query: DtoClass<Query>,
  value: DtoClass<Value>,
  compute: (query: Query) => Promise<Value>,
): Operation {
  return operation<Query, undefined, Value>({
    method: 'get',
    path: `/statistics/${path}`,
    name,
    summary,
    scope: 'read',
    query,
    answer: { status: 200, json: jsonOf(value) },
    problems: [422],
    heavy: true,
    handle: async ({ query: filter }) => {
      await requireFilterScope(deps, filter);
      await formEvents(deps, filter.projectId);
      return compute(filter);
    },
  });
}

function assertFewPlaces(places: number): void {
  if (places > MAX_PLACES)
    throw unprocessable(
      'too_many_places',
      'projectId',
      `there would be ${places} of them, more than ${MAX_PLACES}: filter by locationId or deploymentId`,
    );
}
