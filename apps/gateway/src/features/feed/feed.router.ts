import type { Request } from 'express';
import type { FeedTopic } from '@pugmark/db';
import type { Caller } from '../../http/access/caller';
import { badFields } from '../../http/http-problem';
import { operation, type Operation } from '../../http/operation';
import type { EventStreams } from './event-streams';
import type { FeedDependencies } from './feed.dependencies';
import { FeedQuery, ResetEvent, topicsOf } from './feed.dto';
import { BulkChangeResponse } from '../bulk-changes/bulk-changes.dto';
import { ExportResponse } from '../exports/exports.dto';
import { IncidentResponse } from '../incidents/incidents.dto';
import { RunProgress } from '../runs/runs.dto';
import { requireNamedProject } from '../projects/require-project';

export interface FeedRouterDependencies extends Pick<FeedDependencies, 'db' | 'projects'> {
  readonly eventStreams: EventStreams;
}

export function feedRouter(deps: FeedRouterDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/feed',
      name: 'listenToFeed',
      summary:
        'Progress of runs, exports and bulk changes and, for keys that are not bound to projects, incidents: as server-sent events',
      scope: 'read',
      ownProjects: true,
      query: FeedQuery,
      answer: {
        status: 200,
        events: {
          run: RunProgress,
          export: ExportResponse,
          bulk_change: BulkChangeResponse,
          incident: IncidentResponse,
          reset: ResetEvent,
        },
      },
      problems: [422],
      handle: async (call) => {
        const { query, caller, request } = call;
        if (query.projectId !== undefined) await requireNamedProject(deps, query.projectId);
        const projectIds = query.projectId === undefined ? caller.projectIds : [query.projectId];
        await deps.eventStreams.serve(
          call,
          { topics: visibleTopics(caller, query), projectIds },
          lastEventId(request, query),
        );
      },
    }),
  ];
}

/** Incidents belong to no project. */
function visibleTopics({ projectIds }: Caller, query: FeedQuery): readonly FeedTopic[] {
  return topicsOf(query).filter((topic) => topic !== 'incident' || projectIds === null);
}

function lastEventId(request: Request, query: FeedQuery): number | null {
  // A client without a known event may send an empty header.
  const given = request.get('last-event-id') || undefined;
  if (given === undefined) return query.lastEventId ?? null;
  const id = /^\d{1,16}$/.test(given) ? Number(given) : NaN;
  if (!Number.isSafeInteger(id)) throw badFields([{ field: 'Last-Event-ID', message: 'must be the id of an event' }]);
  return id;
}
