import { countReviewQueue, listReviewQueue } from '@pugmark/db';
import { contradictingFields } from '../../http/http-problem';
import { operation, type Operation } from '../../http/operation';
import type { ReviewsDependencies } from './reviews.dependencies';
import { afterPosition, pageOf } from '../../http/dto/paging';
import { QUEUE_PAGE, ReviewQueueQuery, queueEntryResponse } from './review-queue.dto';
import { formEvents } from '../events/form-events';
import { requireNamedProject } from '../projects/require-project';

export function reviewQueueRouter(deps: ReviewsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/review-queue',
      name: 'listReviewQueue',
      summary: 'What to review next: one image per event, the most useful first',
      scope: 'read',
      query: ReviewQueueQuery,
      answer: { status: 200, json: QUEUE_PAGE },
      problems: [422],
      heavy: true,
      handle: async ({ query: { limit, cursor, kind, ...filter } }) => {
        const list = `review_queue ${kind}` as const;
        const place = afterPosition(list, 'number', cursor);
        if (kind === 'blanks' && filter.label !== undefined)
          throw contradictingFields([{ field: 'label', message: 'does not apply to blanks, which have no label' }]);
        await requireNamedProject(deps, filter.projectId);
        if (kind === 'events') await formEvents(deps, filter.projectId);
        // Confidences lie within [0, 1]; Postgres would reject numbers that it cannot hold.
        const after =
          place === null ? null : { confidence: Math.min(1, Math.max(0, Number(place.value))), id: place.id };
        const rows = await listReviewQueue(deps.db, kind, filter, after, limit + 1);
        const page = pageOf(
          list,
          rows,
          limit,
          ({ confidence, id }) => [confidence, id] as const,
          (row) => queueEntryResponse(kind, row),
        );
        return { ...page, left: await countReviewQueue(deps.counts, kind, filter) };
      },
    }),
  ];
}
