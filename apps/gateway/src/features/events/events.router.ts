import { findListedEvent, listEvents, readDeploymentImages } from '@pugmark/db';
import { cutSequences } from '@pugmark/domain';
import { notFound } from '../../http/http-problem';
import { jsonOf, operation, type Operation } from '../../http/operation';
import type { EventsDependencies } from './events.dependencies';
import { EventResponse, EventsQuery, SequenceResponse, eventResponse, sequenceResponse } from './events.dto';
import { PageQuery, afterTime, pageOf, pageTypeOf, timePosition } from '../../http/dto/paging';
import { formEvents, formEventsAround } from './form-events';
import { requireFilterScope } from './require-observed';
import { requireProject } from '../projects/require-project';

/** Maximum number of images in one part of a sequence. */
const MAX_PART_IMAGES = 1_000;
/** Typical number of images in a sequence, used to size the read; shorter sequences give a shorter page. */
const TYPICAL_SEQUENCE_IMAGES = 10;

export function eventsRouter(deps: EventsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/events',
      name: 'listEvents',
      summary: 'Events (independent visits) of a project',
      scope: 'read',
      query: EventsQuery,
      answer: { status: 200, json: pageTypeOf(EventResponse) },
      problems: [422],
      heavy: true,
      handle: async ({ query: { limit, cursor, groupBy: kind, sort: order, ...filter } }) => {
        const after = afterTime(`events ${order}`, cursor);
        await formEvents(deps, filter.projectId);
        const events = await listEvents(deps.db, filter, { kind, order, after, limit: limit + 1 });
        // Events exist only where the filter's project, deployment and location do.
        if (events.length === 0) await requireFilterScope(deps, filter);
        return pageOf(`events ${order}`, events, limit, timePosition, eventResponse);
      },
    }),
    operation({
      method: 'get',
      path: '/events/:id',
      name: 'getEvent',
      summary: 'An event',
      scope: 'read',
      answer: { status: 200, json: jsonOf(EventResponse) },
      handle: async ({ id }) => {
        await formEventsAround(deps, id);
        const event = await findListedEvent(deps.db, id);
        if (event === null) throw notFound(`event ${id}`);
        return eventResponse(event);
      },
    }),
    operation({
      method: 'get',
      path: '/deployments/:id/sequences',
      name: 'listSequences',
      summary: 'Images of a deployment with a known time, grouped by sequence and ordered by time',
      scope: 'read',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(SequenceResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor } }) => {
        const after = afterTime('sequences', cursor);
        const deployment = await deps.deployments.find(deps.db, id);
        if (deployment === null) throw notFound(`deployment ${id}`);
        const { sequence_gap_seconds: gap } = await requireProject(deps, deployment.project_id);
        const cut = async (maxImages: number) => {
          const images = await readDeploymentImages(deps.db, id, after, maxImages);
          const sequences = cutSequences(images, {
            gap: gap * 1_000_000,
            longest: MAX_PART_IMAGES,
            previous: after?.at ?? null,
          });
          // When more images follow, the last sequence may continue: it goes to the next page as a whole.
          return {
            sequences,
            whole: sequences.length - (images.length < maxImages ? 0 : 1),
            isAll: images.length < maxImages,
          };
        };
        const few = await cut(limit * TYPICAL_SEQUENCE_IMAGES);
        // A sequence longer than the maximum part counts as whole.
        const { sequences, whole } = few.whole > 0 || few.isAll ? few : await cut(MAX_PART_IMAGES + 1);
        return pageOf(
          'sequences',
          sequences,
          Math.min(limit, whole),
          (one) => timePosition(one.images.at(-1)!),
          sequenceResponse,
        );
      },
    }),
  ];
}
