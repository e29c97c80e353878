import { findProjectOf } from '@pugmark/db';
import { notFound } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import type { ReviewsDependencies } from './reviews.dependencies';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import { ReviewImagesBody, SetReviewBody, UndoBatchBody } from './review-bodies.dto';
import { HistoryEntryResponse, ImageReviewResponse, ReviewBatchResponse, historyEntryResponse } from './reviews.dto';
import { imageReview, setReview, withdrawReview } from './image-review';
import { reviewImages } from './review-images';
import { redoReview, undoBatch, undoReview } from './undo-review';

/**
 * People's annotations of images. They never overwrite the results of models; they are stored next to them and take
 * precedence.
 */
export function reviewsRouter(deps: ReviewsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/images/:id/review',
      name: 'getReview',
      summary: 'The effective observations of an image and their source, with the model’s proposal',
      scope: 'read',
      answer: { status: 200, json: jsonOf(ImageReviewResponse) },
      handle: ({ id }) => imageReview(deps.db, id),
    }),
    operation({
      method: 'put',
      path: '/images/:id/review',
      name: 'setReview',
      summary: 'Annotates everything that is on an image',
      scope: 'review',
      body: body(SetReviewBody),
      answer: { status: 200, json: jsonOf(ImageReviewResponse) },
      problems: [422],
      ifMatch: true,
      handle: (call) => setReview(deps, call),
    }),
    operation({
      method: 'delete',
      path: '/images/:id/review',
      name: 'withdrawReview',
      summary: 'Withdraws the annotation: the latest inference becomes effective again; the history is kept',
      scope: 'review',
      answer: { status: 200, json: jsonOf(ImageReviewResponse) },
      ifMatch: true,
      handle: (call) => withdrawReview(deps, call),
    }),
    operation({
      method: 'get',
      path: '/images/:id/history',
      name: 'listHistory',
      summary: 'All reviews of an image, newest first',
      scope: 'read',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(HistoryEntryResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor } }) => {
        const before = afterId('reviews', cursor) || null;
        if ((await findProjectOf(deps.db, 'images', id)) === null) throw notFound(`image ${id}`);
        const rows = await deps.reviews.listHistory(deps.db, id, before, limit + 1);
        return pageOf('reviews', rows, limit, (row) => row.id, historyEntryResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/reviews',
      name: 'reviewImages',
      summary: 'Applies one action to images, or to those of an event; returns the outcome per image',
      scope: 'review',
      body: body(ReviewImagesBody),
      answer: { status: 200, json: jsonOf(ReviewBatchResponse) },
      idempotent: true,
      handle: (call) => reviewImages(deps, call),
    }),
    operation({
      method: 'post',
      path: '/reviews/undo',
      name: 'undoBatch',
      summary: 'Undoes a request about many images, where no later review exists',
      scope: 'review',
      body: body(UndoBatchBody),
      answer: { status: 200, json: jsonOf(ReviewBatchResponse) },
      problems: [422],
      handle: (call) => undoBatch(deps, call),
    }),
    operation({
      method: 'post',
      path: '/reviews/:id/undo',
      name: 'undoReview',
      summary: 'Undoes the effective review of an image: the one before it becomes effective again',
      scope: 'review',
      answer: { status: 200, json: jsonOf(ImageReviewResponse) },
      problems: [409],
      handle: (call) => undoReview(deps, call),
    }),
    operation({
      method: 'post',
      path: '/reviews/:id/redo',
      name: 'redoReview',
      summary: 'Repeats an undone review',
      scope: 'review',
      answer: { status: 200, json: jsonOf(ImageReviewResponse) },
      problems: [409],
      handle: (call) => redoReview(deps, call),
    }),
  ];
}
