import { FORM_BODY, ZIP_BODY, jsonOf, operation, type BodySpec, type Operation } from '../../http/operation';
import { IngestAccepted, UploadQuery } from '../ingests/ingests.dto';
import { acceptUpload, type Receive } from './accept-upload';
import type { UploadsDependencies } from './uploads.dependencies';
import { acceptedIngest } from '../ingests/create-ingest';
import { receiveForm } from './receive-form';
import { receiveZip } from './receive-zip';
import { requireProjectAndDeployment } from '../deployments/require-deployment';
import { modelsOfNewRun } from '../runs/models-of-new-run';
import { requireCapacity } from '../../http/require-capacity';
import { scanCapacity } from '../ingests/scan-capacity';

export function uploadsRouter(deps: UploadsDependencies): Operation[] {
  return [
    uploadOperation(
      deps,
      '/uploads',
      'uploadImages',
      'Uploads the images of a form, all of them or none',
      FORM_BODY,
      receiveForm,
    ),
    uploadOperation(
      deps,
      '/uploads/zip',
      'uploadZip',
      'Uploads the images of a ZIP archive with their folders, all of them or none',
      ZIP_BODY,
      receiveZip,
    ),
  ];
}

function uploadOperation(
  deps: UploadsDependencies,
  path: string,
  name: string,
  summary: string,
  body: BodySpec<undefined>,
  receive: Receive,
): Operation {
  return operation({
    method: 'post',
    path,
    name,
    summary,
    scope: 'ingest',
    query: UploadQuery,
    body,
    answer: { status: 202, json: jsonOf(IngestAccepted), location: ({ id }) => `/ingests/${id}` },
    problems: [409, 507],
    idempotent: true,
    admit: (call) => requireCapacity(deps, scanCapacity(deps.settings), call),
    handle: async (call) => {
      const { query } = call;
      // Checked before the body: a client should not send a gigabyte to learn that the project does not exist.
      await requireProjectAndDeployment(deps, query.projectId, query.deploymentId ?? null);
      if (query.detect) await modelsOfNewRun(deps, deps.db, query.projectId);
      return acceptedIngest(deps, await acceptUpload(call, deps, receive));
    },
  });
}
