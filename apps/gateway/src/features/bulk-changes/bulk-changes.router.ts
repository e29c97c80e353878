import { inTransaction, type BulkChangeRow, type Executor } from '@pugmark/db';
import type { Caller } from '../../http/access/caller';
import { requireScope } from '../../http/access/guard';
import { HttpProblem, notFound } from '../../http/http-problem';
import { body, jsonOf, operation, type Operation } from '../../http/operation';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import { requireProject } from '../projects/require-project';
import type { BulkChangesDependencies } from './bulk-changes.dependencies';
import { BulkChangeResponse, bulkChangeResponse } from './bulk-changes.dto';
import { ConfirmedDeletionBody, DeletionBody, DeletionPreview } from './deletions.dto';
import { MoveImagesBody } from './move-images.dto';
import { moveImages } from './move-images';
import { previewDeletion, requestDeletion } from './request-deletion';

export function bulkChangesRouter(deps: BulkChangesDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/projects/:id/bulk-changes',
      name: 'listBulkChanges',
      summary: 'Corrections and deletions of many images, oldest first',
      scope: 'read',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(BulkChangeResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor } }) => {
        const after = afterId('bulk_changes', cursor);
        await requireProject(deps, id);
        const rows = await deps.bulkChanges.page(deps.db, id, after, limit + 1);
        return pageOf('bulk_changes', rows, limit, (row) => row.id, bulkChangeResponse);
      },
    }),
    operation({
      method: 'get',
      path: '/bulk-changes/:id',
      name: 'getBulkChange',
      summary: 'State and progress of a correction or deletion of many images',
      scope: 'read',
      answer: { status: 200, json: jsonOf(BulkChangeResponse) },
      handle: async ({ id }) => bulkChangeResponse(await requireBulkChange(deps, deps.db, id)),
    }),
    operation({
      method: 'post',
      path: '/projects/:id/images/move',
      name: 'moveImages',
      summary: 'Assigns images to another deployment, in a bulk change',
      scope: 'ingest',
      body: body(MoveImagesBody),
      answer: { status: 202, json: jsonOf(BulkChangeResponse), location: ({ id }) => `/bulk-changes/${id}` },
      problems: [409, 422],
      handle: async (call) => {
        await requireProject(deps, call.id);
        return bulkChangeResponse(await moveImages(deps, call));
      },
    }),
    operation({
      method: 'post',
      path: '/projects/:id/deletions/preview',
      name: 'previewDeletion',
      summary: 'What would be deleted, and the text that confirms it',
      scope: 'admin',
      readOnly: true,
      body: body(DeletionBody),
      answer: { status: 200, json: jsonOf(DeletionPreview) },
      problems: [422],
      handle: (call) => previewDeletion(deps, call),
    }),
    operation({
      method: 'post',
      path: '/projects/:id/deletions',
      name: 'requestDeletion',
      summary: 'Deletes images, a deployment or the project for good, in a bulk change',
      scope: 'admin',
      body: body(ConfirmedDeletionBody),
      answer: { status: 202, json: jsonOf(BulkChangeResponse), location: ({ id }) => `/bulk-changes/${id}` },
      problems: [409, 422],
      handle: async (call) => bulkChangeResponse(await requestDeletion(deps, call)),
    }),
    operation({
      method: 'post',
      path: '/bulk-changes/:id/cancel',
      name: 'cancelBulkChange',
      summary: 'Stops an unfinished change: images that it has not reached keep their old values',
      scope: 'ingest',
      answer: { status: 202, json: jsonOf(BulkChangeResponse) },
      problems: [409],
      handle: async ({ id, caller }) => {
        requireScopeOf(caller, await requireBulkChange(deps, deps.db, id));
        const cancelled = (await deps.tasks.cancel(deps.db, 'derive', id)) > 0;
        const response = bulkChangeResponse(await requireBulkChange(deps, deps.db, id));
        // Cancelling twice is allowed.
        if (!cancelled && response.status !== 'cancelled')
          throw new HttpProblem(409, 'already_ended', `the change is already ${response.status}`);
        return response;
      },
    }),
    operation({
      method: 'post',
      path: '/bulk-changes/:id/retry',
      name: 'retryBulkChange',
      summary: 'Continues a change that failed or was cancelled, with the images that it has not reached',
      scope: 'ingest',
      answer: { status: 202, json: jsonOf(BulkChangeResponse) },
      problems: [409],
      handle: ({ id, caller }) =>
        inTransaction(deps.db, async (tx) => {
          const change = await requireBulkChange(deps, tx, id);
          requireScopeOf(caller, change);
          if (change.superseded)
            throw new HttpProblem(409, 'superseded', 'a later change of the same subject replaces this one');
          const restarted = (await deps.tasks.restart(tx, 'derive', id)) > 0;
          if (restarted) await deps.bulkChanges.setFeedPending(tx, id);
          const response = bulkChangeResponse(await requireBulkChange(deps, tx, id));
          if (!restarted && response.status === 'completed')
            throw new HttpProblem(409, 'already_ended', 'the change is already completed');
          return response;
        }),
    }),
  ];
}

/** Whoever may not delete may not continue a deletion either, nor stop it. */
function requireScopeOf(caller: Caller, { kind }: BulkChangeRow): void {
  if (kind.startsWith('delete_')) requireScope(caller, 'admin');
}

async function requireBulkChange(
  { bulkChanges }: BulkChangesDependencies,
  db: Executor,
  id: number,
): Promise<BulkChangeRow> {
  const row = await bulkChanges.find(db, id);
  if (row === null) throw notFound(`bulk change ${id}`);
  return row;
}
