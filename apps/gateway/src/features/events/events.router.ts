import { findListedEvent, listEvents, readDeploymentImages } from '@pugmark/db';
import { cutSequences } from '@pugmark/domain';
import { notFound } from '../../http/http-problem';
import { jsonOf, operation, type Operation } from '../../http/operation';
import type { EventsDependencies } from './events.dependencies';
import { EventResponse, EventsQuery, SequenceResponse, eventResponse, sequenceResponse } from './events.dto';
import { PageQuery, afterTime, pageOf, pageTypeOf, timePosition } from '../../http/dto/paging';
import { formEvents, formEventsBeside } from './form-events';
import { requireObserved } from './require-observed';
import { requireProject } from '../projects/require-project';

/** Images of one part of a sequence, at most. */
const LONGEST_PART = 1_000;
/** A sequence has about so many images; with shorter ones a page is shorter than it could be. */
const USUAL_SEQUENCE = 10;

export function eventsRouter(deps: EventsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/events',
      name: 'listEvents',
      summary: 'Events of a project: independent visits',
      scope: 'read',
      query: EventsQuery,
      answer: { status: 200, json: pageTypeOf(EventResponse) },
      problems: [422],
      handle: async ({ query: { limit, cursor, groupBy: kind, sort: order, ...filter } }) => {
        const after = afterTime(`events ${order}`, cursor);
        await formEvents(deps, filter.projectId);
        const events = await listEvents(deps.db, filter, { kind, order, after, limit: limit + 1 });
        // Whatever has events is there.
        if (events.length === 0) await requireObserved(deps, filter);
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
        await formEventsBeside(deps, id);
        const event = await findListedEvent(deps.db, id);
        if (event === null) throw notFound(`event ${id}`);
        return eventResponse(event);
      },
    }),
    operation({
      method: 'get',
      path: '/deployments/:id/sequences',
      name: 'listSequences',
      summary: 'The images of a deployment that have a time, by sequence, in order of time',
      scope: 'read',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(SequenceResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor } }) => {
        const after = afterTime('sequences', cursor);
        const deployment = await deps.deployments.find(deps.db, id);
        if (deployment === null) throw notFound(`deployment ${id}`);
        const { sequence_gap_seconds: gap } = await requireProject(deps, deployment.project_id);
        const cut = async (most: number) => {
          const images = await readDeploymentImages(deps.db, id, after, most);
          const sequences = cutSequences(images, {
            gap: gap * 1_000_000,
            longest: LONGEST_PART,
            previous: after?.at ?? null,
          });
          // Where there are more images the last sequence may go on: it stands on the next page, whole.
          return { sequences, whole: sequences.length - (images.length < most ? 0 : 1), isAll: images.length < most };
        };
        const few = await cut(limit * USUAL_SEQUENCE);
        // Of more images than a part may have one is whole.
        const { sequences, whole } = few.whole > 0 || few.isAll ? few : await cut(LONGEST_PART + 1);
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
