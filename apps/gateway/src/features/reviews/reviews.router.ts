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

/** What people say is on images. It never overwrites what models found; it stands beside it and wins. */
export function reviewsRouter(deps: ReviewsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/images/:id/review',
      name: 'getReview',
      summary: 'What counts for an image and whose word it is, with what the machine proposes beside it',
      scope: 'read',
      answer: { status: 200, json: jsonOf(ImageReviewResponse) },
      handle: ({ id }) => imageReview(deps.db, id),
    }),
    operation({
      method: 'put',
      path: '/images/:id/review',
      name: 'setReview',
      summary: 'Says all that is on an image',
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
      summary: 'Takes the human’s word back: the machine counts again; the history stays',
      scope: 'review',
      answer: { status: 200, json: jsonOf(ImageReviewResponse) },
      ifMatch: true,
      handle: (call) => withdrawReview(deps, call),
    }),
    operation({
      method: 'get',
      path: '/images/:id/history',
      name: 'listHistory',
      summary: 'What was ever said of an image, by whom and when, newest first',
      scope: 'read',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(HistoryEntryResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor } }) => {
        const before = afterId('reviews', cursor) || null;
        if ((await findProjectOf(deps.db, 'images', id)) === null) throw notFound(`image ${id}`);
        const rows = await deps.reviews.history(deps.db, id, before, limit + 1);
        return pageOf('reviews', rows, limit, (row) => row.id, historyEntryResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/reviews',
      name: 'reviewImages',
      summary: 'Does one action to images, or to those of an event; says what became of each',
      scope: 'review',
      body: body(ReviewImagesBody),
      answer: { status: 200, json: jsonOf(ReviewBatchResponse) },
      once: true,
      handle: (call) => reviewImages(deps, call),
    }),
    operation({
      method: 'post',
      path: '/reviews/undo',
      name: 'undoBatch',
      summary: 'Undoes a request about many images, where nothing else was said since',
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
      summary: 'Undoes the review that counts for its image: what was said before counts again',
      scope: 'review',
      answer: { status: 200, json: jsonOf(ImageReviewResponse) },
      problems: [409],
      handle: (call) => undoReview(deps, call),
    }),
    operation({
      method: 'post',
      path: '/reviews/:id/redo',
      name: 'redoReview',
      summary: 'Says again what was undone',
      scope: 'review',
      answer: { status: 200, json: jsonOf(ImageReviewResponse) },
      problems: [409],
      handle: (call) => redoReview(deps, call),
    }),
  ];
}
