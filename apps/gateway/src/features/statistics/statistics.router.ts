import { activityByHour, captureRates, presenceByPlace, summariseStudy, timelineOf } from '@pugmark/db';
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
import { requireObserved } from '../events/require-observed';

/** Days of eleven years. */
const MOST_STEPS = 4_000;
/** Deployments or locations of one answer. */
const MOST_PLACES = 5_000;

export function statisticsRouter(deps: StatisticsDependencies): Operation[] {
  const { counts } = deps;
  return [
    statistic(deps, 'summary', 'getSummary', 'A study in a few numbers', StatisticsQuery, SummaryResponse, (query) =>
      summariseStudy(counts, query, query),
    ),
    statistic(
      deps,
      'captures',
      'getCaptures',
      'Events, and how many to 100 trap-nights',
      CapturesQuery,
      CaptureRatesResponse,
      async (query) => {
        const rates = await captureRates(counts, query, query, query.by ?? null);
        assertFew(rates.groups.length);
        return rates;
      },
    ),
    statistic(
      deps,
      'activity',
      'getActivity',
      'Events by the hour of the day in which they began',
      ActivityQuery,
      ActivityResponse,
      (query) => activityByHour(counts, query, query, query.clock),
    ),
    statistic(
      deps,
      'timeline',
      'getTimeline',
      'Events by the day, week or month in which they began',
      TimelineQuery,
      TimelineResponse,
      async (query) => {
        const timeline = await timelineOf(counts, query, query, query.by, MOST_STEPS);
        if ('steps' in timeline) return timeline;
        const { first, last } = timeline;
        throw unprocessable(
          'too_long',
          'by',
          `from ${first} to ${last} there are more than ${MOST_STEPS} ${query.by}s: give capturedFrom and capturedTo, or longer steps`,
        );
      },
    ),
    statistic(
      deps,
      'presence',
      'getPresence',
      'Where events were, by location',
      StatisticsQuery,
      PresenceResponse,
      async (query) => {
        const presence = await presenceByPlace(counts, query, query);
        assertFew(presence.places.length);
        return presenceResponse(presence);
      },
    ),
  ];
}

/** What all of them have in common: they are read of one project, after what is stale of it was formed. */
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
    handle: async ({ query: asked }) => {
      await requireObserved(deps, asked);
      await formEvents(deps, asked.projectId);
      return compute(asked);
    },
  });
}

function assertFew(places: number): void {
  if (places > MOST_PLACES)
    throw unprocessable(
      'too_many_places',
      'projectId',
      `there would be ${places} of them, more than ${MOST_PLACES}: ask for fewer by locationId or deploymentId`,
    );
}
