import { CSV_BODY, body, jsonOf, operation, type Operation } from '../../http/operation';
import type { DeploymentsDependencies } from './deployments.dependencies';
import {
  CreateDeploymentBody,
  DeploymentDetailsResponse,
  DeploymentResponse,
  UpdateDeploymentBody,
  deploymentDetails,
  deploymentResponse,
} from './deployments.dto';
import { ImportQuery, ImportReport } from '../csv-import/imports.dto';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import { importDeployments } from './import-deployments';
import { requireDeployment } from './require-deployment';
import { requireProject } from '../projects/require-project';
import { createDeployment, updateDeployment } from './save-deployment';

export function deploymentsRouter(deps: DeploymentsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/projects/:id/deployments',
      name: 'listDeployments',
      summary: 'The deployments of a project, oldest first',
      scope: 'read',
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(DeploymentResponse) },
      problems: [422],
      handle: async ({ id, query: { limit, cursor } }) => {
        const after = afterId('deployments', cursor);
        await requireProject(deps, id);
        const rows = await deps.deployments.page(deps.db, id, after, limit + 1);
        return pageOf('deployments', rows, limit, (row) => row.id, deploymentResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/projects/:id/deployments',
      name: 'createDeployment',
      summary: 'Creates a deployment, and its location if needed',
      scope: 'ingest',
      body: body(CreateDeploymentBody),
      answer: { status: 201, json: jsonOf(DeploymentResponse), location: ({ id }) => `/deployments/${id}` },
      problems: [409],
      idempotent: true,
      handle: async (call) => {
        await requireProject(deps, call.id);
        return deploymentResponse(await createDeployment(deps, call));
      },
    }),
    operation({
      method: 'post',
      path: '/projects/:id/deployments/import',
      name: 'importDeployments',
      summary: 'Creates and updates deployments from a CSV file; all of its lines, or none',
      scope: 'ingest',
      query: ImportQuery,
      body: CSV_BODY,
      answer: { status: 200, json: jsonOf(ImportReport) },
      problems: [409, 422],
      handle: async (call) => {
        await requireProject(deps, call.id);
        return importDeployments(deps, call);
      },
    }),
    operation({
      method: 'get',
      path: '/deployments/:id',
      name: 'getDeployment',
      summary: 'A deployment, and how many of its images have which kind of time',
      scope: 'read',
      answer: { status: 200, json: jsonOf(DeploymentDetailsResponse) },
      handle: async ({ id }) => {
        const deployment = await requireDeployment(deps, id);
        return deploymentDetails(
          deployment,
          await deps.deployments.readCachedTimes(deps.counts, deployment.project_id, id),
          await deps.bulkChanges.findUnfinished(deps.db, 'deployment_times', id),
        );
      },
    }),
    operation({
      method: 'patch',
      path: '/deployments/:id',
      name: 'updateDeployment',
      summary: 'Updates a deployment and the times of its images',
      scope: 'ingest',
      body: body(UpdateDeploymentBody),
      answer: { status: 200, json: jsonOf(DeploymentDetailsResponse) },
      problems: [409, 422],
      ifMatch: true,
      handle: (call) => updateDeployment(deps, call),
    }),
  ];
}
