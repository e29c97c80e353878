import { FORM_BODY, ZIP_BODY, jsonOf, operation, type BodySpec, type Operation } from '../../http/operation';
import { IngestAccepted, UploadQuery } from '../ingests/ingests.dto';
import { acceptUpload, type Receive, type UploadParts } from './accept-upload';
import { acceptedIngest } from '../ingests/create-ingest';
import { receiveForm } from './receive-form';
import { receiveZip } from './receive-zip';
import { modelsOfNewRun, requirePlace } from '../../services/require';
import { requireRoom } from '../../http/require-capacity';

export function uploadsRouter(parts: UploadParts): Operation[] {
  return [
    uploadOperation(
      parts,
      '/uploads',
      'uploadPictures',
      'Takes in the pictures of a form, all of them or none',
      FORM_BODY,
      receiveForm,
    ),
    uploadOperation(
      parts,
      '/uploads/zip',
      'uploadZip',
      'Takes in the pictures of a ZIP archive with their folders, all of them or none',
      ZIP_BODY,
      receiveZip,
    ),
  ];
}

function uploadOperation(
  parts: UploadParts,
  path: string,
  name: string,
  summary: string,
  body: BodySpec<undefined>,
  receive: Receive,
): Operation {
  const { stores, settings } = parts;
  return operation({
    method: 'post',
    path,
    name,
    summary,
    scope: 'ingest',
    query: UploadQuery,
    body,
    answer: { status: 202, json: jsonOf(IngestAccepted), location: ({ id }) => `/ingests/${id}` },
    problems: [507],
    once: true,
    admit: (call) => requireRoom(stores, settings, 'scans', call),
    handle: async (call) => {
      const { query } = call;
      // Before the body: nobody should send a gigabyte to learn that the project does not exist.
      await requirePlace(stores, query.projectId, query.deploymentId ?? null);
      if (query.detect) await modelsOfNewRun(stores, stores.db, query.projectId);
      return acceptedIngest(stores, await acceptUpload(call, parts, receive));
    },
  });
}
