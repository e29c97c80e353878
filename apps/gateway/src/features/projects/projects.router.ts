import { inTransaction } from '@pugmark/db';
import { body, jsonOf, operation, type Call, type Operation } from '../../http/operation';
import { conflict, notFound } from '../../http/http-problem';
import type { ProjectsDependencies } from './projects.dependencies';
import { classifySettings } from '../models/models.dto';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import { CreateProjectBody, ProjectResponse, UpdateProjectBody, projectResponse } from './projects.dto';
import { createOnce } from '../../http/idempotency/create-once';
import { requireModelOfStage } from '../models/require-model';
import { requireProject } from './require-project';

export function projectsRouter(deps: ProjectsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/projects',
      name: 'listProjects',
      summary: 'The projects, oldest first',
      scope: 'read',
      anyProject: true,
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(ProjectResponse) },
      problems: [422],
      handle: async ({ query: { limit, cursor }, caller }) => {
        const rows = await deps.projects.page(deps.db, caller.projectIds, afterId('projects', cursor), limit + 1);
        return pageOf('projects', rows, limit, (row) => row.id, projectResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/projects',
      name: 'createProject',
      summary: 'Creates a project',
      scope: 'admin',
      body: body(CreateProjectBody),
      answer: { status: 201, json: jsonOf(ProjectResponse), location: ({ id }) => `/projects/${id}` },
      problems: [409],
      idempotent: true,
      handle: async (call) => {
        const { name } = call.body;
        const { id } = await createOnce(deps, call, name, async (tx) => {
          const row = await deps.projects.create(tx, name);
          if (row === null) throw conflict('name_taken', 'name', 'a project of this name exists already');
          return row.id;
        });
        return projectResponse(await requireProject(deps, id));
      },
    }),
    operation({
      method: 'get',
      path: '/projects/:id',
      name: 'getProject',
      summary: 'A project',
      scope: 'read',
      answer: { status: 200, json: jsonOf(ProjectResponse) },
      handle: async ({ id }) => projectResponse(await requireProject(deps, id)),
    }),
    operation({
      method: 'patch',
      path: '/projects/:id',
      name: 'updateProject',
      summary: 'Sets the models of new runs of a project, and the gaps of sequences and events',
      scope: 'admin',
      body: body(UpdateProjectBody),
      answer: { status: 200, json: jsonOf(ProjectResponse) },
      problems: [422],
      ifMatch: true,
      handle: (call) => updateProject(deps, call),
    }),
  ];
}

async function updateProject(
  deps: ProjectsDependencies,
  { id, body, assertMatches }: Call<object, UpdateProjectBody>,
): Promise<ProjectResponse> {
  const { classify, ...others } = body;
  return inTransaction(deps.db, async (tx) => {
    const before = await deps.projects.lock(tx, id);
    if (before === null) throw notFound(`project ${id}`);
    assertMatches(projectResponse(before));
    if (typeof body.modelId === 'number') await requireModelOfStage(deps, tx, body.modelId, 'detect', 'modelId');
    if (classify) await requireModelOfStage(deps, tx, classify.modelId, 'classify', 'classify.modelId');
    await deps.projects.update(tx, before, {
      ...others,
      ...(classify === undefined ? {} : { classify: classify && classifySettings(classify) }),
    });
    return projectResponse((await deps.projects.find(tx, id))!);
  });
}
