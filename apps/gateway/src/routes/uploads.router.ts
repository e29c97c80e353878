import { isDatabaseAway } from '@pugmark/db';
import { unprocessable } from '../api/http-problem';
import { FORM_BODY, jsonOf, operation, type Call, type Operation } from '../api/operation';
import type { GatewayDependencies } from '../dependencies';
import { IngestAccepted, UploadQuery } from '../dto/ingests.dto';
import { acceptedIngest, createIngest } from '../services/create-ingest';
import { createOnce } from '../services/create-once';
import { receiveUpload } from '../services/receive-upload';
import { modelsOfNewRun, requirePlace } from '../services/require';

type Parts = Pick<GatewayDependencies, 'stores' | 'uploads' | 'settings'>;

export function uploadsRouter(parts: Parts): Operation[] {
  const { stores } = parts;
  return [
    operation({
      method: 'post',
      path: '/uploads',
      name: 'uploadPictures',
      summary: 'Takes in the pictures of a form',
      scope: 'ingest',
      query: UploadQuery,
      body: FORM_BODY,
      answer: { status: 202, json: jsonOf(IngestAccepted), location: ({ id }) => `/ingests/${id}` },
      problems: [507],
      once: true,
      handle: async (call) => {
        const { query } = call;
        // Before the body: nobody should send a gigabyte to learn that the project does not exist.
        await requirePlace(stores, query.projectId, query.deploymentId ?? null);
        if (query.detect) await modelsOfNewRun(stores, stores.db, query.projectId);
        return acceptedIngest(stores, await acceptUpload(call, parts));
      },
    }),
  ];
}

async function acceptUpload(call: Call<UploadQuery, undefined>, { stores, uploads, settings }: Parts): Promise<number> {
  const { query, request, traceparent } = call;
  const upload = await uploads.begin();
  let committing = false;
  try {
    const files = await receiveUpload(request, upload, { maxBytes: settings.uploadMaxBytes, maxFiles: settings.uploadMaxFiles });
    if (files.length === 0) throw unprocessable('no_files', 'form', 'the form holds no file');
    // In its place before the row that points to it: a row without its files would be an ingest of nothing.
    const folder = await upload.finish();
    committing = true;
    const { id, repeated } = await createOnce(stores, call, files, (tx) =>
      createIngest(tx, stores, {
        projectId: query.projectId,
        deploymentId: query.deploymentId ?? null,
        source: 'upload',
        mode: 'copy',
        folder,
        detect: query.detect,
        traceparent,
      }),
    );
    if (repeated) await upload.discard();
    return id;
  } catch (error) {
    // Cut off while it committed, the database may hold the ingest: its files stay until the sweep has asked.
    if (!committing || !isDatabaseAway(error)) await upload.discard();
    throw error;
  }
}
